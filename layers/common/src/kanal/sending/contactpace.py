"""When one message may go to its contact, as its sender asks it: see `PairStore`.

The pace towards a contact and that of the channel have to agree. What is known of the contact without asking
is looked at before the message takes a slot, so that hardly any slot is taken in vain.
"""

from datetime import datetime

from kanal.channels.model import Channel
from kanal.clock import Clock
from kanal.sending.deliver import Wait
from kanal.sending.lines import Entry
from kanal.sending.pair import LEAVES_WITHIN
from kanal.sending.pairstore import PairStore


class ContactPace:
    """Of one message. It is counted when its slot of the channel's pace is near: as late as can be."""

    def __init__(self, pairs: PairStore, entry: Entry, clock: Clock) -> None:
        self._pairs = pairs
        self._entry = entry
        self._clock = clock
        self._counted_at: datetime | None = None

    def is_known_to_owe(self, channel: Channel | None) -> Wait | None:
        """Saves the message its slot of the channel's pace, if it would not be allowed to use it."""
        if channel is None or self._was_counted:
            return None
        return _as_wait(self._pairs.known(self._entry.ref, self._entry.contact_id, channel.contact_burst))

    def counts(self, channel: Channel | None) -> Wait | None:
        """Unless the message has to wait for its contact, it is counted, and should leave soon."""
        if channel is None or self._was_counted:
            return None
        wait = _as_wait(self._pairs.take(self._entry.ref, self._entry.contact_id, channel.contact_burst))
        self._counted_at = None if wait else self._clock()
        return wait

    def still_counts(self, channel: Channel | None) -> Wait | None:
        """A message that was held up between counting and leaving is counted anew."""
        if self._counted_at is None or self._clock() - self._counted_at <= LEAVES_WITHIN:
            return None
        return self.counts(channel)

    @property
    def _was_counted(self) -> bool:
        """When the provider put it off."""
        return self._entry.waits_for == "provider_busy"


def _as_wait(quiet_until: datetime | None) -> Wait | None:
    return Wait(quiet_until, "contact_pair_rate") if quiet_until else None
