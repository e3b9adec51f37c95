"""Who may send from a channel's lines: one worker at a time for each line, so that its order holds.

| pk | sk | holds |
|---|---|---|
| lines#workspace#channel | lease | for each line its holder and until when, and when it gets its next turn |
| | | for each line and lane whether to look at it again |

A lease that has ended is free for all. Nobody begins a message that might outlast its lease, so a worker that
was held up for longer than that does no harm. A holder that gives its lines back removes its name; where one
still stands, its worker died, and what it knew of the lines died with it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from kanal.aws.table import ConditionFailed, Item, Key, Table
from kanal.clock import Clock
from kanal.ids import ChannelRef
from kanal.messages.waiting import Lane
from kanal.sending.lines import LANES
from kanal.times import epoch_microseconds

LEASE_LASTS = timedelta(seconds=45)

Track = tuple[Lane, int]
"""One line of one lane."""


@dataclass(frozen=True)
class Taken:
    """What a new holder finds."""

    tracks: frozenset[Track]
    """To look at: what the holder before left, or all of its lines if it died."""
    turn_at: dict[int, int]
    """When the next turn about a line comes, if one is on its way: microseconds since 1970."""


class LineLeases:
    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def take(self, ref: ChannelRef, lines: Collection[int], holder: str) -> Taken | None:
        """None if not all of the lines were free."""
        names, values = _own(lines, holder, self._clock())
        free = " AND ".join(
            f"(attribute_not_exists(until_{line}) OR until_{line} < :now OR holder_{line} = :holder)"
            for line in lines
        )
        before = self._look(ref, lines, names, {**values, ":now": _now(self._clock)}, free)
        if before is None:
            return None
        deserted = [line for line in lines if f"holder_{line}" in before]
        turns = {line: before[f"turn_at_{line}"] for line in lines if f"turn_at_{line}" in before}
        return Taken(_woken(before, lines) | _tracks(deserted), turns)

    def renew(self, ref: ChannelRef, lines: Collection[int], holder: str) -> frozenset[Track] | None:
        """The lines to look at again since the last look; None if they are not ours any more."""
        names, values = _own(lines, holder, self._clock())
        before = self._look(ref, lines, names, values, _is_ours(lines))
        if before is None:
            return None
        is_repeated = any(before.get(f"until_{line}") == values[":until"] for line in lines)
        # The SDK repeated a request that had got through, and its answer is lost.
        return _tracks(lines) if is_repeated else _woken(before, lines)

    def _look(
        self,
        ref: ChannelRef,
        lines: Collection[int],
        names: str,
        values: dict[str, int | str],
        condition: str,
    ) -> Item | None:
        """Makes the lines ours and forgets what to look at, which is in the item as it was before."""
        try:
            return self._table.update(
                _key(ref),
                f"SET {names} {_forget_woken(lines)}",
                values=values,
                condition=condition,
                returning="ALL_OLD",
            )
        except ConditionFailed:
            return None

    def leave(
        self,
        ref: ChannelRef,
        lines: Collection[int],
        holder: str,
        left: Collection[Track] = (),
        turn_at: Mapping[int, int] | None = None,
    ) -> bool:
        """Whoever takes the lines next is told to look at `left`, and when the turns about lines come.

        False if something came meanwhile (the lines are still ours), or if they are not ours any more.
        """
        asleep = " AND ".join(f"attribute_not_exists({_woken_name(*track)})" for track in _tracks(lines))
        return self._give_up(ref, lines, holder, left, turn_at or {}, f"{_is_ours(lines)} AND {asleep}")

    def hand_over(
        self, ref: ChannelRef, lines: Collection[int], holder: str, left: Collection[Track]
    ) -> None:
        """As it must be when something went wrong: at once, and whatever came meanwhile."""
        self._give_up(ref, lines, holder, left, {}, _is_ours(lines))

    def _give_up(
        self,
        ref: ChannelRef,
        lines: Collection[int],
        holder: str,
        left: Collection[Track],
        turn_at: Mapping[int, int],
        condition: str,
    ) -> bool:
        turns = {f":turn_{line}": at for line, at in turn_at.items()}
        marks = [f"{_woken_name(*track)} = :yes" for track in left]
        sets = ", ".join(
            ["given_back = :yes", *marks, *(f"turn_at_{line} = :turn_{line}" for line in turn_at)]
        )
        try:
            self._table.update(
                _key(ref),
                f"SET {sets} REMOVE " + ", ".join(f"until_{line}, holder_{line}" for line in lines),
                values={":holder": holder, ":yes": True, **turns},
                condition=condition,
            )
        except ConditionFailed:
            return False
        return True

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


def _key(ref: ChannelRef) -> Key:
    return Key(f"lines#{ref.prefix}", "lease")


def _woken_name(lane: Lane, line: int) -> str:
    return f"woken_{lane}_{line}"


def _now(clock: Clock) -> int:
    return epoch_microseconds(clock())


def _own(lines: Collection[int], holder: str, now: datetime) -> tuple[str, dict[str, int | str]]:
    names = ", ".join(f"until_{line} = :until, holder_{line} = :holder" for line in lines)
    return names, {":until": epoch_microseconds(now + LEASE_LASTS), ":holder": holder}


def _is_ours(lines: Collection[int]) -> str:
    return " AND ".join(f"holder_{line} = :holder" for line in lines)


def _forget_woken(lines: Collection[int]) -> str:
    return "REMOVE " + ", ".join(_woken_name(*track) for track in _tracks(lines))


def _tracks(lines: Collection[int]) -> frozenset[Track]:
    return frozenset((lane, line) for lane in LANES for line in lines)


def _woken(item: Mapping[str, object], lines: Collection[int]) -> frozenset[Track]:
    return frozenset(track for track in _tracks(lines) if item.get(_woken_name(*track)))
