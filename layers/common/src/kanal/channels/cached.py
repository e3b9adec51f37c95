"""Channels as read a moment ago, for code that handles many messages of one channel."""

from datetime import datetime, timedelta

from kanal.channels.model import Channel
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.ids import ChannelRef


class RecentChannels:
    """A change of a channel is seen after `believed_for` at the latest."""

    def __init__(self, store: ChannelStore, clock: Clock, believed_for: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._believed_for = believed_for
        self._known: dict[ChannelRef, tuple[Channel | None, datetime]] = {}

    def find(self, ref: ChannelRef) -> Channel | None:
        channel, read_at = self._known.get(ref, (None, None))
        if read_at is None or self._clock() - read_at >= self._believed_for:
            channel = self._store.find(ref)
            self._known[ref] = (channel, self._clock())
        return channel

    def forget(self, ref: ChannelRef) -> None:
        self._known.pop(ref, None)
