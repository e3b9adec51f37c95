"""The pace of a channel: when each of its messages may leave.

The rule is a generic cell rate algorithm without burst, in whole microseconds. A lease gives slots
`interval` apart; a message may leave at its slot or up to TOLERANCE later, after that the slot is void and
another is leased. So the messages of any second belong to slots of a second and TOLERANCE, and `interval` is
chosen such that these are never more than the rate: floor((1 s + TOLERANCE) / interval) + 1 <= rate. It
costs TOLERANCE / 1 s of the rate (4 %).

A worker that dies with leased slots costs slowness, never excess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

SECOND = 1_000_000
TOLERANCE = 40_000
"""Microseconds that a message may leave after its slot."""
HORIZON = 2 * SECOND
"""Slots are leased at most this far ahead; a worker that would wait longer gives its messages back."""


@dataclass(frozen=True)
class Lease:
    """When each message may leave: microseconds since 1970, ascending."""

    slots: Sequence[int]


@dataclass(frozen=True)
class Busy:
    """The next slots are too far ahead; asking again before `wait` is over is of no use."""

    wait: timedelta


def interval(messages_per_second: int) -> int:
    """Microseconds between two slots."""
    return (SECOND + TOLERANCE) // messages_per_second + 1


def slots(first: int, count: int, messages_per_second: int) -> list[int]:
    step = interval(messages_per_second)
    return [first + number * step for number in range(count)]


def is_void(slot: int, now: int) -> bool:
    return now > slot + TOLERANCE
