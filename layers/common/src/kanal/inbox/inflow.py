"""Tells the pace of a channel what comes in: WhatsApp counts both directions of a number.

Counted in each container, and told once a second at most, when there are several: a text that comes in alone
costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from kanal.channels.cached import RecentChannels
from kanal.clock import Clock
from kanal.ids import ChannelRef
from kanal.observability import log_failure
from kanal.sending.pacestore import PaceStore

SEVERAL = 3
"""In a second. Fewer are a few hundredths of a pace, and are not told."""
_PERIOD = timedelta(seconds=1)
_OLD = timedelta(seconds=5)
"""What WhatsApp delivered so long ago was counted then, and is no part of its present second."""


@dataclass(frozen=True)
class Tally:
    """What came in since `since` and has not been told."""

    number: int
    since: datetime
    told_at: datetime | None = None


def counted(tally: Tally, number: int, now: datetime) -> tuple[Tally, int]:
    """The tally with the messages of this moment, and how many messages to tell of (0: not yet)."""
    age = now - tally.since
    if age >= 2 * _PERIOD or (age >= _PERIOD and tally.number < SEVERAL):
        tally = Tally(0, now, tally.told_at)
    total = tally.number + number
    if total >= SEVERAL and (tally.told_at is None or now - tally.told_at >= _PERIOD):
        return Tally(0, now, now), total
    return Tally(total, tally.since, tally.told_at), 0


class Inflow:
    def __init__(self, pace: PaceStore, recent_channels: RecentChannels, clock: Clock) -> None:
        self._pace = pace
        self._recent_channels = recent_channels
        self._clock = clock
        self._tallies: dict[ChannelRef, Tally] = {}

    def note(self, came_in: Mapping[ChannelRef, int], received_at: datetime) -> None:
        """Messages of a webhook, by channel. A pace that cannot be reached is not told: what came in is
        worth more.
        """
        now = self._clock()
        if now - received_at > _OLD:
            return
        for ref, number in came_in.items():
            tally = self._tallies.get(ref, Tally(0, now))
            self._tallies[ref], told = counted(tally, number, now)
            if told:
                self._tell(ref, told)

    def _tell(self, ref: ChannelRef, number: int) -> None:
        try:
            channel = self._recent_channels.find(ref)
            if channel:
                self._pace.note_inbound(ref, number, channel.messages_per_second)
        except (BotoCoreError, ClientError) as error:
            log_failure("The pace could not be told of what came in", error, channel_id=ref.channel_id)
