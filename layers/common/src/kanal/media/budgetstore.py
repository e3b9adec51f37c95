"""Error budgets of media endpoints: an item a channel in the channels table, two conditional updates a fetch.

| pk | sk | holds |
|---|---|---|
| media#workspace#channel | media | the budget, in microseconds since 1970, and its `version` |
"""

from collections.abc import Callable
from datetime import timedelta

from kanal.aws.table import ConditionFailed, Item, Key, Table
from kanal.clock import Clock
from kanal.errors import Contended
from kanal.ids import ChannelRef
from kanal.media import budget as rules
from kanal.media.budget import Budget, Wait
from kanal.times import epoch_microseconds

_ATTEMPTS = 10
_CONTENDED = Wait(timedelta(seconds=1))


class BudgetStore:
    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._known: dict[ChannelRef, Item] = {}
        """As last seen. Others may have changed it since: then the write fails and tells."""

    def begin(self, ref: ChannelRef, fetch_id: str) -> Wait | None:
        """None when the fetch may go on; it has to `end` then."""
        if ref not in self._known:
            self._read(ref)
        for attempt in range(_ATTEMPTS):
            begun = rules.begin(_budget(self._known[ref]), fetch_id, epoch_microseconds(self._clock()))
            if isinstance(begun, Wait):
                if attempt:
                    return begun
                self._read(ref)  # fetches that were under way may have ended
            elif self._write(ref, begun, lambda stored: fetch_id in stored.under_way):
                return None
        return _CONTENDED

    def end(self, ref: ChannelRef, fetch_id: str, errors: int, closed_for: timedelta = timedelta(0)) -> None:
        """Raises Contended; the errors then count as possible ones for a while longer."""
        for _ in range(_ATTEMPTS):
            now = epoch_microseconds(self._clock())
            closed_until = now + closed_for // timedelta(microseconds=1) if closed_for else 0
            ended = rules.end(_budget(self._known.get(ref, {})), fetch_id, errors, now, closed_until)
            if self._write(ref, ended, lambda stored: fetch_id not in stored.under_way):
                return
        raise Contended("The error budget of the channel's media changed more often than we try again.")

    def _write(self, ref: ChannelRef, budget: Budget, is_done: Callable[[Budget], bool]) -> bool:
        """False if the item was changed since it was read; it is known anew then."""
        version = self._known.get(ref, {}).get("version", 0)
        item = {**_item(budget), "version": version + 1}
        try:
            self._table.update(
                _key(ref),
                "SET #errors = :errors, under_way = :under_way, closed_until = :closed_until,"
                " version = :version",
                names={"#errors": "errors"},
                values={**{f":{name}": value for name, value in item.items()}, ":read": version},
                condition="attribute_not_exists(pk) OR version = :read",
            )
        except ConditionFailed as failure:
            self._known[ref] = failure.item or {}
            # Ours all the same if the answer to the first request was lost and the SDK repeated it.
            return self._known[ref].get("version") == version + 1 and is_done(_budget(self._known[ref]))
        self._known[ref] = item
        return True

    def _read(self, ref: ChannelRef) -> None:
        self._known[ref] = self._table.get(_key(ref)) or {}


def _budget(item: Item) -> Budget:
    return Budget(item.get("errors", ()), item.get("under_way", {}), item.get("closed_until", 0))


def _item(budget: Budget) -> Item:
    return {
        "errors": list(budget.errors),
        "under_way": dict(budget.under_way),
        "closed_until": budget.closed_until,
    }


def _key(ref: ChannelRef) -> Key:
    return Key(f"media#{ref.prefix}", "media")
