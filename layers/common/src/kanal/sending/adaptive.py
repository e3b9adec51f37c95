"""How fast a channel may send after the provider said that it was too fast: cut at once, raise slowly.

The provider counts what Kanal cannot see (other software on the number, inbound messages, a limit that it
changed), so a channel's rate is what was configured only until the provider refuses. From then on it follows
from that refusal and the time since: cut; back within seconds to just below the rate that was refused, as
that one is nearly right; slowly past it, to find the limit with few refusals; and if nothing was refused up
to there, the limit is another one now, so in steps of the configured rate up to that.
"""

from dataclasses import dataclass

from kanal.sending.pace import SECOND

CUTS = (0.96, 0.85, 0.6)
"""What is left of the rate: by the first refusal, by a second soon after, by each further one."""
FRESH = 5 * SECOND
"""A refusal so soon after the last cut says that it was not enough."""
ANSWERED = SECOND // 2
"""So long after the last old slot a refusal may still tell of what left before the cut."""
LEAST_SHARE = 0.005
"""Of the configured rate. A provider that refuses everything for an hour does not end a channel."""

_RISES = ((0.985, 0.03), (1.015, 0.0003))
"""Up to which share of the refused rate it rises by which share of it a second."""
_CLIMB = 0.01
"""Beyond that: share of the configured rate a second."""


@dataclass(frozen=True)
class SlowDown:
    """The last cut. Rates are messages a second."""

    at: int
    """Microseconds since 1970: when what was leased before has left, and the lower rate begins."""
    refused: float
    """The rate that was too high."""
    rate: float
    """The rate from which it rises again."""
    cuts: int
    """How many in a row, each soon after the one before."""


def rate_at(slowed: SlowDown | None, ceiling: float, now: int) -> float:
    """Messages a second, never more than the ceiling."""
    if slowed is None:
        return ceiling
    seconds = max(0, now - slowed.at) / SECOND
    rate = slowed.rate
    for share, speed in _RISES:
        missing = max(0.0, share * slowed.refused - rate)
        needed = missing / (speed * slowed.refused)
        if seconds < needed:
            return min(ceiling, rate + seconds * speed * slowed.refused)
        rate, seconds = rate + missing, seconds - needed
    return min(ceiling, rate + seconds * _CLIMB * ceiling)


def is_answered(slowed: SlowDown | None, now: int) -> bool:
    """Whether what left before the last cut has been answered, so that a refusal tells of the lower rate."""
    return slowed is None or now > slowed.at + ANSWERED


def slower(slowed: SlowDown | None, ceiling: float, now: int, leased_until: int) -> SlowDown:
    """The cut that follows from a refusal. It takes effect when what is leased has left."""
    cuts = slowed.cuts if slowed and now < slowed.at + FRESH else 0
    refused = rate_at(slowed, ceiling, now)
    rate = max(refused * CUTS[min(cuts, len(CUTS) - 1)], LEAST_SHARE * ceiling)
    return SlowDown(max(now, leased_until), refused, rate, cuts + 1)
