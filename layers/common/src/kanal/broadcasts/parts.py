"""The parts of a broadcast's file: where each lies, and what came of its rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kanal.aws.table import ConditionFailed, Item, Key, Table
from kanal.broadcasts import records
from kanal.broadcasts.model import Broadcast

_PAGE = 500


@dataclass(frozen=True)
class Part:
    """Bytes `start` up to `end` of the file, which begin with row `first_row`.

    `counted` is what the import found, None until then; `tally` how many recipients are in which state, and
    `is_settled` whether that is for good.
    """

    number: int
    start: int
    end: int
    first_row: int
    counted: Mapping[str, int] | None = None
    tally: Mapping[str, int] | None = None
    is_settled: bool = False
    failures: int = 0


class Parts:
    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, broadcast: Broadcast, part: Part) -> None:
        """Idempotent: what is there stays."""
        item = {
            "pk": broadcast.prefix,
            "sk": records.part_sk(part.number),
            "start_at": part.start,
            "end_at": part.end,
            "first_row": part.first_row,
        }
        try:
            self._table.put(item, condition="attribute_not_exists(pk)")
        except ConditionFailed:
            return

    def get(self, broadcast: Broadcast, number: int) -> Part | None:
        item = self._table.get(_key(broadcast, number))
        return _from_item(item) if item else None

    def all(self, broadcast: Broadcast) -> Iterator[Part]:
        """In their order, as they are now."""
        after: Mapping[str, Any] | None = None
        while True:
            items, after = self._table.query(
                broadcast.prefix, prefix="part#", after=after, limit=_PAGE, consistent=True
            )
            yield from map(_from_item, items)
            if after is None:
                return

    def record_imported(self, broadcast: Broadcast, number: int, counted: Mapping[str, int]) -> None:
        self._table.update(
            _key(broadcast, number), "SET counted = :counted", values={":counted": dict(counted)}
        )

    def record_tally(
        self, broadcast: Broadcast, number: int, tally: Mapping[str, int], failures: int, *, settled: bool
    ) -> None:
        self._table.update(
            _key(broadcast, number),
            "SET tally = :tally, failures = :failures, is_settled = :settled",
            values={":tally": dict(tally), ":failures": failures, ":settled": settled},
        )


def _key(broadcast: Broadcast, number: int) -> Key:
    return Key(broadcast.prefix, records.part_sk(number))


def _from_item(item: Item) -> Part:
    return Part(
        number=int(item["sk"].partition("#")[2]),
        start=item["start_at"],
        end=item["end_at"],
        first_row=item["first_row"],
        counted=item.get("counted"),
        tally=item.get("tally"),
        is_settled=item.get("is_settled", False),
        failures=item.get("failures", 0),
    )
