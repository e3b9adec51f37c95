"""Leases slots of a channel's pace: one item a channel in the channels table, one conditional update a lease.

| pk | sk | holds |
|---|---|---|
| pace#workspace#channel | pace | `next_free`: when the first free slot begins, microseconds since 1970 |
"""

from datetime import timedelta

from kanal.aws.table import ConditionFailed, Key, Table
from kanal.clock import Clock
from kanal.ids import ChannelRef
from kanal.sending.pace import HORIZON, Busy, Lease, interval, slots
from kanal.times import epoch_microseconds

_ATTEMPTS = 10
_CONTENDED = Busy(timedelta(milliseconds=200))
"""So many workers lease at once that none of the tries got through."""


class PaceStore:
    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._last_seen: dict[ChannelRef, int] = {}

    def lease(self, ref: ChannelRef, count: int, messages_per_second: int) -> Lease | Busy:
        """`count` slots in a row, from now or from the end of what is leased."""
        length = count * interval(messages_per_second)
        for _ in range(_ATTEMPTS):
            now = epoch_microseconds(self._clock())
            next_free = self._last_seen.get(ref, 0)
            if next_free > now + HORIZON:
                next_free = self._read(ref)
            if next_free > now + HORIZON:
                return Busy(timedelta(microseconds=next_free - now - HORIZON))
            end = self._extend(ref, now, length) if next_free >= now else self._restart(ref, now, length)
            if end is not None:
                return Lease(slots(end - length, count, messages_per_second))
        return _CONTENDED

    def _extend(self, ref: ChannelRef, now: int, length: int) -> int | None:
        """Leases what follows the last lease; None if that has ended, or reaches too far ahead."""
        return self._update(
            ref,
            "SET next_free = next_free + :length",
            "next_free BETWEEN :now AND :horizon",
            {":length": length, ":now": now, ":horizon": now + HORIZON},
        )

    def _restart(self, ref: ChannelRef, now: int, length: int) -> int | None:
        """Leases from now on; None if there is a lease that has not ended."""
        return self._update(
            ref,
            "SET next_free = :end",
            "attribute_not_exists(next_free) OR next_free < :now",
            {":end": now + length, ":now": now},
        )

    def _update(self, ref: ChannelRef, expression: str, condition: str, values: dict[str, int]) -> int | None:
        try:
            item = self._table.update(
                _key(ref), expression, values=values, condition=condition, returning="ALL_NEW"
            )
        except ConditionFailed as failure:
            self._last_seen[ref] = int((failure.item or {}).get("next_free", 0))
            return None
        self._last_seen[ref] = int(item["next_free"])
        return int(item["next_free"])

    def _read(self, ref: ChannelRef) -> int:
        """What is really leased: others' memory of a far horizon may be older than theirs."""
        self._last_seen[ref] = int((self._table.get(_key(ref)) or {}).get("next_free", 0))
        return self._last_seen[ref]


def _key(ref: ChannelRef) -> Key:
    return Key(f"pace#{ref.prefix}", "pace")
