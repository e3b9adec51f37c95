"""Leases slots of a channel's pace: one item a channel in the channels table, one conditional update a lease.

| pk | sk | holds |
|---|---|---|
| pace#workspace#channel | pace | `next_free`: when the first free slot begins, microseconds since 1970 |
| | | `ceiling`: the configured rate that the slots keep |
| | | `slowed_at`, `slowed_refused`, `slowed_rate`, `slowed_cuts`: the last cut, rates in thousandths |

A container remembers what it saw last. A lease is written on the condition that this is still so, but for
`next_free`, which DynamoDB itself adds to: workers that lease side by side do not stand in each other's way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kanal.aws.table import ConditionFailed, Item, Key, Table
from kanal.clock import Clock
from kanal.ids import ChannelRef
from kanal.observability import logger
from kanal.sending.adaptive import SlowDown, is_answered, rate_at, slower
from kanal.sending.pace import GAP, HORIZON, SECOND, Busy, Lease, fitting, inbound_length, interval, slots
from kanal.times import epoch_microseconds

_ATTEMPTS = 10
_CONTENDED = Busy(timedelta(milliseconds=200))
"""So many workers lease at once that none of the tries got through."""
_LONGEST_PAUSE_SECONDS = 600.0
"""Whatever the provider asks for: after that it is asked again."""
_THOUSANDTHS = 1000
_AS_SEEN = "ceiling = :ceiling AND slowed_at = :slowed_at"


@dataclass(frozen=True)
class _Seen:
    next_free: int = 0
    ceiling: int | None = None
    slowed: SlowDown | None = None

    @property
    def slowed_at(self) -> int:
        return self.slowed.at if self.slowed else 0


class PaceStore:
    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._last_seen: dict[ChannelRef, _Seen] = {}
        self._paused_at: dict[ChannelRef, int] = {}

    def lease(self, ref: ChannelRef, count: int, ceiling: int, least: int | None = None) -> Lease | Busy:
        """`count` slots in a row, from now or from the end of what is leased; as few as `least`, if that is
        given and `count` would take long.

        `ceiling` is the configured rate, messages a second; the slots are further apart while the provider
        takes less.
        """
        for _ in range(_ATTEMPTS):
            now = epoch_microseconds(self._clock())
            seen = self._last_seen.get(ref, _Seen())
            if seen.next_free > now + HORIZON:
                seen = self._read(ref)
            if seen.next_free > now + HORIZON:
                return Busy(timedelta(microseconds=seen.next_free - now - HORIZON))
            if seen.ceiling not in (None, ceiling):
                self._change_ceiling(ref, seen, ceiling)
                continue
            step = interval(rate_at(seen.slowed, ceiling, now))
            length = step * fitting(count, count if least is None else least, step)
            lease_after = self._extend if seen.next_free >= now else self._restart
            end = lease_after(ref, now, length, {":ceiling": ceiling, ":slowed_at": seen.slowed_at})
            if end is not None:
                return Lease(slots(end - length, length // step, step))
        return _CONTENDED

    def slow_down(self, ref: ChannelRef, ceiling: int, pause_seconds: float = 0.0) -> None:
        """The provider refused for the channel's rate: cuts it, and leases nothing before the pause is over.

        Many workers hear of one excess. It is cut once; what they tell of messages that were leased before
        the cut changes nothing.
        """
        now = epoch_microseconds(self._clock())
        if pause_seconds > 0:
            self._pause(ref, ceiling, now, now + int(min(pause_seconds, _LONGEST_PAUSE_SECONDS) * SECOND))
        if not is_answered(self._last_seen.get(ref, _Seen()).slowed, now):
            return
        seen = self._read(ref)
        if is_answered(seen.slowed, now):
            self._cut(ref, seen, ceiling, slower(seen.slowed, ceiling, now, seen.next_free))

    def slowed_at(self, ref: ChannelRef) -> int:
        """When the provider last refused for the channel's rate, as far as is known here. Slots that were
        leased before are too many.
        """
        return max(self._paused_at.get(ref, 0), self._last_seen.get(ref, _Seen()).slowed_at)

    def note_inbound(self, ref: ChannelRef, count: int, ceiling: int) -> None:
        """Inbound messages take slots, as WhatsApp counts both ways. None are taken while nothing is sent:
        there is room then.

        `count` is of a second at most, and a part of the rate stays for answers however much comes in.
        """
        now = epoch_microseconds(self._clock())
        length = inbound_length(count, ceiling)
        self._update(
            ref, "SET next_free = next_free + :length", "next_free >= :now", {":length": length, ":now": now}
        )

    def _extend(self, ref: ChannelRef, now: int, length: int, seen: Mapping[str, int]) -> int | None:
        """Leases what follows the last lease; None if that has ended, or reaches too far ahead."""
        return self._update(
            ref,
            "SET next_free = next_free + :length",
            f"next_free BETWEEN :now AND :horizon AND {_AS_SEEN}",
            {":length": length, ":now": now, ":horizon": now + HORIZON, **seen},
        )

    def _restart(self, ref: ChannelRef, now: int, length: int, seen: Mapping[str, int]) -> int | None:
        """Leases from now on; None if there is a lease that has not ended."""
        return self._update(
            ref,
            "SET next_free = :end, ceiling = :ceiling, slowed_at = :slowed_at",
            f"attribute_not_exists(ceiling) OR (next_free < :now AND {_AS_SEEN})",
            {":end": now + length, ":now": now, **seen},
        )

    def _change_ceiling(self, ref: ChannelRef, seen: _Seen, ceiling: int) -> None:
        """A lower rate begins a second after the last slot of the higher one."""
        gap = GAP if seen.ceiling and ceiling < seen.ceiling else 0
        self._update(
            ref,
            "SET ceiling = :ceiling, next_free = next_free + :gap",
            "ceiling = :seen",
            {":ceiling": ceiling, ":seen": seen.ceiling, ":gap": gap},
        )

    def _pause(self, ref: ChannelRef, ceiling: int, now: int, until: int) -> None:
        end = self._update(
            ref,
            "SET next_free = :until, ceiling = if_not_exists(ceiling, :ceiling),"
            " slowed_at = if_not_exists(slowed_at, :never)",
            "attribute_not_exists(next_free) OR next_free < :until",
            {":until": until, ":ceiling": ceiling, ":never": 0},
        )
        if end is not None:
            self._paused_at[ref] = now

    def _cut(self, ref: ChannelRef, seen: _Seen, ceiling: int, slowed: SlowDown) -> None:
        """Or somebody else has cut since `seen`, and once is enough."""
        end = self._update(
            ref,
            "SET slowed_at = :at, slowed_refused = :refused, slowed_rate = :rate, slowed_cuts = :cuts,"
            " ceiling = if_not_exists(ceiling, :ceiling), next_free = if_not_exists(next_free, :at)",
            "attribute_not_exists(slowed_at) OR slowed_at = :seen",
            {**_as_values(slowed), ":seen": seen.slowed_at, ":ceiling": ceiling},
        )
        if end is not None:
            rates = {"refused": round(slowed.refused, 2), "rate": round(slowed.rate, 2)}
            logger.info("A channel sends more slowly", extra={"channel_id": ref.channel_id, **rates})

    def _update(
        self, ref: ChannelRef, expression: str, condition: str, values: Mapping[str, Any]
    ) -> int | None:
        """`next_free` after it; None if the condition was not met."""
        try:
            item = self._table.update(
                _key(ref), expression, values=values, condition=condition, returning="ALL_NEW"
            )
        except ConditionFailed as failure:
            self._last_seen[ref] = _seen(failure.item)
            return None
        self._last_seen[ref] = seen = _seen(item)
        return seen.next_free

    def _read(self, ref: ChannelRef) -> _Seen:
        """What is really leased: others' memory of a far horizon may be older than theirs."""
        self._last_seen[ref] = seen = _seen(self._table.get(_key(ref)))
        return seen


def _key(ref: ChannelRef) -> Key:
    return Key(f"pace#{ref.prefix}", "pace")


def _seen(item: Item | None) -> _Seen:
    if not item:
        return _Seen()
    return _Seen(
        item.get("next_free", 0), item.get("ceiling"), _slowed(item) if item.get("slowed_at") else None
    )


def _slowed(item: Item) -> SlowDown:
    return SlowDown(
        at=item["slowed_at"],
        refused=item["slowed_refused"] / _THOUSANDTHS,
        rate=item["slowed_rate"] / _THOUSANDTHS,
        cuts=item["slowed_cuts"],
    )


def _as_values(slowed: SlowDown) -> dict[str, int]:
    return {
        ":at": slowed.at,
        ":refused": max(1, round(slowed.refused * _THOUSANDTHS)),
        ":rate": max(1, round(slowed.rate * _THOUSANDTHS)),
        ":cuts": slowed.cuts,
    }
