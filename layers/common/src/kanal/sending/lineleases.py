"""Who may send from a channel's lines: one worker at a time for each line, so that its order holds.

| pk | sk | holds |
|---|---|---|
| lines#workspace#channel | lease | for each line its holder and until when; which lines to look at again |

A lease that has ended is free for all. Nobody begins a message that might outlast its lease, so a worker that
was held up for longer than that does no harm.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal

from kanal.aws.table import ConditionFailed, Key, Table
from kanal.clock import Clock
from kanal.ids import ChannelRef
from kanal.messages.waiting import Lane
from kanal.sending.lines import LANES
from kanal.times import epoch_microseconds

LEASE_LASTS = timedelta(seconds=45)

Track = tuple[Lane, int]
"""One line of one lane."""


class LineLeases:
    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def take(self, ref: ChannelRef, lines: Collection[int], holder: str) -> frozenset[Track] | None:
        """What an earlier holder left to look at, if all the lines were free; None if they were not."""
        now = self._clock()
        names, values = _own(lines, holder, now)
        free = " AND ".join(
            f"(attribute_not_exists(until_{line}) OR until_{line} < :now OR holder_{line} = :holder)"
            for line in lines
        )
        try:
            before = self._table.update(
                _key(ref),
                f"SET {names} {_forget_woken(lines)}",
                values=values,
                condition=free,
                returning="ALL_OLD",
            )
        except ConditionFailed:
            return None
        return _woken(before, lines)

    def renew(self, ref: ChannelRef, lines: Collection[int], holder: str) -> frozenset[Track] | None:
        """The lines to look at again since the last look; None if they are not ours any more."""
        names, values = _own(lines, holder, self._clock())
        del values[":now"]
        try:
            before = self._table.update(
                _key(ref),
                f"SET {names} {_forget_woken(lines)}",
                values=values,
                condition=_is_ours(lines),
                returning="ALL_OLD",
            )
        except ConditionFailed:
            return None
        return _woken(before, lines)

    def leave(self, ref: ChannelRef, lines: Collection[int], holder: str) -> bool:
        """False if something came meanwhile (the lines are still ours), or if they are not ours any more."""
        asleep = " AND ".join(
            f"attribute_not_exists({_woken_name(lane, line)})" for lane in LANES for line in lines
        )
        try:
            self._table.update(
                _key(ref),
                _give_up(lines),
                values={":holder": holder},
                condition=f"{_is_ours(lines)} AND {asleep}",
            )
        except ConditionFailed:
            return False
        return True

    def hand_over(
        self, ref: ChannelRef, lines: Collection[int], holder: str, left: Collection[Track]
    ) -> None:
        """Whoever takes them next is told to look at `left`."""
        marks = "".join(f", {_woken_name(lane, line)} = :yes" for lane, line in left)
        try:
            self._table.update(
                _key(ref),
                f"SET handed_over = :yes{marks} {_give_up(lines)}",
                values={":holder": holder, ":yes": True},
                condition=_is_ours(lines),
            )
        except ConditionFailed:
            return

    def wake(self, ref: ChannelRef, track: Track) -> Literal["free", "told", "watch"]:
        """Tells the holder of a line to look at it again, unless it is free.

        `watch`: whoever asked should come back when the lease is over, in case its holder has died. That is
        asked of one while a lease lasts.
        """
        now = epoch_microseconds(self._clock())
        name, line = _woken_name(*track), track[1]
        values = {":now": now, ":yes": True}
        watched = f"watched_until_{line}"
        try:
            self._table.update(
                _key(ref),
                f"SET {name} = :yes, {watched} = :until",
                values={**values, ":until": now + LEASE_LASTS // timedelta(microseconds=1)},
                condition=f"until_{line} >= :now AND (attribute_not_exists({watched}) OR {watched} < :now)",
            )
        except ConditionFailed as failure:
            item = failure.item or {}
            if item.get(f"until_{line}", 0) < now:
                return "free"
            return "told" if item.get(name) else self._tell(ref, track, now)
        return "watch"

    def _tell(self, ref: ChannelRef, track: Track, now: int) -> Literal["free", "told"]:
        try:
            self._table.update(
                _key(ref),
                f"SET {_woken_name(*track)} = :yes",
                values={":now": now, ":yes": True},
                condition=f"until_{track[1]} >= :now",
            )
        except ConditionFailed:
            return "free"
        return "told"

    # --- the next turn ---

    def plan(self, ref: ChannelRef, line: int, at: datetime, fulfilled: Collection[int]) -> bool:
        """Whether a turn for that time has to be sent: False if one for that time or earlier is on its way.

        `fulfilled` are the times, in microseconds since 1970, of turns that have come.
        """
        planned = f"turn_at_{line}"
        times = {":at": epoch_microseconds(at), ":now": epoch_microseconds(self._clock())}
        came = {f":came{number}": time for number, time in enumerate(fulfilled)}
        conditions = [
            f"attribute_not_exists({planned})",
            f"{planned} <= :now",
            f"{planned} > :at",
            *(f"{planned} = {name}" for name in came),
        ]
        try:
            self._table.update(
                _key(ref),
                f"SET {planned} = :at",
                values={**times, **came},
                condition=" OR ".join(conditions),
            )
        except ConditionFailed:
            return False
        return True


def _key(ref: ChannelRef) -> Key:
    return Key(f"lines#{ref.prefix}", "lease")


def _woken_name(lane: Lane, line: int) -> str:
    return f"woken_{lane}_{line}"


def _own(lines: Collection[int], holder: str, now: datetime) -> tuple[str, dict[str, int | str]]:
    names = ", ".join(f"until_{line} = :until, holder_{line} = :holder" for line in lines)
    return names, {
        ":until": epoch_microseconds(now + LEASE_LASTS),
        ":holder": holder,
        ":now": epoch_microseconds(now),
    }


def _is_ours(lines: Collection[int]) -> str:
    return " AND ".join(f"holder_{line} = :holder" for line in lines)


def _forget_woken(lines: Collection[int]) -> str:
    return "REMOVE " + ", ".join(_woken_name(lane, line) for lane in LANES for line in lines)


def _give_up(lines: Collection[int]) -> str:
    return "REMOVE " + ", ".join(f"until_{line}, holder_{line}" for line in lines)


def _woken(item: Mapping[str, object], lines: Collection[int]) -> frozenset[Track]:
    return frozenset((lane, line) for lane in LANES for line in lines if item.get(_woken_name(lane, line)))
