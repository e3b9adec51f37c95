"""The recipients of a broadcast, and who of them is whose: one row has a person, all others are duplicates.

A row is an item of its part's partition, in the order of the file. Whom a row has is a second item, with a
partition of its own: the first row that takes a person keeps it, whichever part is imported first, and none
of the million needs memory.
"""

from collections.abc import Sequence

from kanal.aws.table import ConditionFailed, Table
from kanal.broadcasts import records
from kanal.broadcasts.model import Broadcast, Recipient


class Rows:
    def __init__(self, table: Table) -> None:
        self._table = table

    def put_all(self, broadcast: Broadcast, part: int, recipients: Sequence[Recipient]) -> None:
        """Over what is there."""
        self._table.put_all([records.recipient_to_item(broadcast, part, each) for each in recipients])

    def page(self, broadcast: Broadcast, part: int, after: int, limit: int) -> tuple[list[Recipient], bool]:
        """Behind a row (0 is before all), in the order of the file; and whether more follow in the part."""
        pk = records.rows_pk(broadcast, part)
        start = {"pk": pk, "sk": records.row_sk(after)} if after else None
        items, last = self._table.query(pk, after=start, limit=limit, consistent=True)
        return [records.recipient_of(item) for item in items], last is not None

    def take_person(self, broadcast: Broadcast, person: str, row: int) -> int:
        """The row that has the person: this one, or an earlier taker. Idempotent."""
        key = records.person_key(broadcast, person)
        try:
            self._table.put(
                {"pk": key.pk, "sk": key.sk, "row": row},
                condition="attribute_not_exists(pk)",
            )
        except ConditionFailed as failure:
            return int(failure.item["row"]) if failure.item else row
        return row
