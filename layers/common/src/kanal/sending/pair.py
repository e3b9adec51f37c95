"""The pace towards one contact: WhatsApp takes a message in six seconds, and lends more for a moment.

Within six seconds of a first message up to 45 may go, each borrowed from the time after; then nothing more
until all of it is paid back (`131056`). This is a generic cell rate algorithm whose burst is given only when
nothing is owed. What WhatsApp counts is when a message arrives there, up to LATE after it was counted here:
so a burst is over earlier here, and the debt is paid later. Each LATE is silence that nobody asked for.
"""

from dataclasses import dataclass
from datetime import timedelta

from kanal.sending.pace import SECOND

SPACING = 6 * SECOND
LEAVES_WITHIN = timedelta(milliseconds=400)
"""A message is counted when its slot is near; it is claimed then, and counted anew if that took longer."""
LATE = SECOND
"""What is left of it is for the way: a connection, and the provider's own queue."""
BURST_LASTS = SPACING - LATE
_LONGEST_DELAY = 45 * SPACING
"""The largest debt that WhatsApp lets anybody have: after so long it is paid, whoever made it."""
_FORGOTTEN_AFTER = 120 * SECOND
"""A refusal so long after the wait for the last one is the first of its row again."""


@dataclass(frozen=True)
class Pair:
    """What is owed. Times are microseconds since 1970."""

    quiet_until: int = 0
    burst_ends: int = 0
    sent: int = 0
    """In the burst."""
    refusals: int = 0
    """In a row."""
    refused_until: int = 0
    """End of the wait for the last refusal."""


def owes(pair: Pair, burst: int, now: int) -> bool:
    """Whether nothing may go before `quiet_until`."""
    may_join_burst = now < pair.burst_ends and pair.sent < burst
    return now < pair.quiet_until and not may_join_burst


def refused(pair: Pair, now: int) -> Pair:
    """WhatsApp asks for a wait of 4^x seconds, x from 0, one more for each refusal in a row.

    Refusals of messages that were under way together are one.
    """
    if now < pair.refused_until:
        return pair
    in_a_row = pair.refusals if now < pair.refused_until + _FORGOTTEN_AFTER else 0
    until = now + min(4**in_a_row * SECOND, _LONGEST_DELAY)
    return Pair(max(pair.quiet_until, until), now, pair.sent, in_a_row + 1, until)
