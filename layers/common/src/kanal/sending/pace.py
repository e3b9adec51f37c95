"""The pace of a channel: when each of its messages may leave.

The rule is a generic cell rate algorithm without burst, in whole microseconds. A lease gives slots
`interval` apart; a message may leave at its slot or up to TOLERANCE later, after that the slot is void and
another is leased. The way to the provider takes one message up to SPREAD longer than the next. So what
arrives in any second belongs to slots of a second, TOLERANCE and SPREAD, and `interval` is chosen such that
these are never more than the rate: floor((1 s + TOLERANCE + SPREAD) / interval) + 1 <= rate. It costs 4 %.

When the rate rises, slots come closer together, and a second that has both kinds holds less than the new
rate. When it falls, slots that are leased stay leased; those of the new rate begin GAP after them, so that no
second has both kinds.

A worker that dies with leased slots costs slowness, never excess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

SECOND = 1_000_000
TOLERANCE = 20_000
"""Microseconds that a message may leave after its slot."""
SPREAD = 20_000
"""Microseconds by which the ways of two messages may differ without the provider counting one too many."""
HORIZON = 2 * SECOND
"""Slots are leased at most this far ahead; a worker that would wait longer gives its messages back."""
LONGEST_LEASE = SECOND // 2
"""Of a lease that may be shorter than asked for: no message is bound to a slot far away then."""
GAP = SECOND + TOLERANCE + SPREAD
"""Between the last slot of a higher configured rate and the first of a lower one."""

MOST_INBOUND = SECOND * 9 // 10
"""What comes in leaves a tenth of each second for the answers; the provider may refuse some of them then."""


@dataclass(frozen=True)
class Lease:
    """When each message may leave: microseconds since 1970, ascending."""

    slots: Sequence[int]


@dataclass(frozen=True)
class Busy:
    """The next slots are too far ahead; asking again before `wait` is over is of no use."""

    wait: timedelta


def interval(messages_per_second: float) -> int:
    """Microseconds between two slots."""
    return int((SECOND + TOLERANCE + SPREAD) / messages_per_second) + 1


def fitting(count: int, least: int, step: int) -> int:
    """How many slots so far apart are leased when `count` are wanted, but not for long."""
    return max(least, min(count, LONGEST_LEASE // step))


def inbound_length(count: int, messages_per_second: int) -> int:
    """The part of the pace, in microseconds, that inbound messages of one second take."""
    return min(count * interval(messages_per_second), MOST_INBOUND)


def slots(first: int, count: int, step: int) -> list[int]:
    return [first + number * step for number in range(count)]


def is_void(slot: int, now: int) -> bool:
    return now > slot + TOLERANCE
