"""Sends what waits in the lines of a channel, at its pace, for as long as it is this worker's turn.

One thread looks and picks (`Picker`), a thread for each message waits for its slot and sends. A message that
is slow holds up its contact and nobody else. Nothing is begun that might outlast the lease of the lines or
the life of the worker.
"""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from botocore.exceptions import BotoCoreError, ClientError

from kanal.aws.queue import Again, Done
from kanal.channels.model import Channel
from kanal.ids import ChannelRef
from kanal.messages.waiting import Lane
from kanal.observability import log_failure
from kanal.sending.contactpace import ContactPace
from kanal.sending.deliver import ATTEMPT_LASTS, Sending, Stay, Wait, deliver
from kanal.sending.gatekeeping import at_gate
from kanal.sending.lineleases import LEASE_LASTS, LineLeases, Track
from kanal.sending.lines import LANES, LINES, Entry, Lines
from kanal.sending.picking import Picker
from kanal.sending.queue import SendQueue
from kanal.sending.slots import Slots, Turn
from kanal.sending.uploads import provider_ids

BREATH = timedelta(seconds=2)
"""After so long a worker asks whether turns of others wait, and makes way for them."""
LONGEST = timedelta(seconds=60)
_LOOK = timedelta(milliseconds=250)
"""How often a worker looks for what has come meanwhile; a reply waits for no bulk longer than that."""
_GLANCE_SECONDS = 0.01
_PAGE = 100
_THREADS = 128
"""Of PER_WORKER messages a second, with room for a provider that takes half a second to answer."""
_AHEAD_SECONDS = 0.25
"""So much of the pace is picked before its slots have come: what comes later and goes first waits for it."""
_CLAIM_TAKES = 100_000
"""Microseconds ahead of its slot that a message is claimed, so that a slow claim does not miss the slot."""
_BETWEEN_UPLOADS = timedelta(seconds=1)
_AFTER_TROUBLE = timedelta(seconds=10)
_RATE_OF_GONE_CHANNEL = 80
"""Messages of a channel that is gone are ended without a call; they still go one after the other."""


@dataclass(frozen=True)
class Draining:
    """What draining needs. Nothing is begun that might not end before `deadline`."""

    sending: Sending
    lines: Lines
    leases: LineLeases
    queue: SendQueue
    deadline: datetime


@dataclass(frozen=True)
class Share:
    """What one worker drains: some lines of a channel, held under this name."""

    ref: ChannelRef
    lines: frozenset[int]
    holder: str


class Drain:
    """One worker's turn. `is_alone`: no other channel waits for this worker itself."""

    def __init__(self, parts: Draining, share: Share, *, is_alone: bool) -> None:
        self._parts = parts
        self._share = share
        self._is_alone = is_alone
        self._clock = parts.sending.clock
        self._began = self._clock()
        self._breath_ends = self._began + BREATH
        self._held_until = self._began + LEASE_LASTS
        self._next_look = self._began + _LOOK
        self._picker = Picker((lane, line) for lane in LANES for line in sorted(share.lines))
        self._slots = Slots(parts.sending.pace, share.ref, self._rate, self._clock)
        self._endings: SimpleQueue[tuple[Entry, Future[Done | Wait | Stay]]] = SimpleQueue()
        self._on_their_way = 0
        self._stops = False
        self._waits_until: datetime | None = None

    def run(self, tracks: Iterable[Track]) -> None:
        """Ends with nothing on its way: what is left waits, or it is another's turn."""
        self._picker.wake(tracks)
        with ThreadPoolExecutor(_THREADS) as pool:
            while True:
                self._look()
                entry = self._picker.pick(self._clock()) if self._has_room else None
                if entry:
                    self._begin(pool, entry)
                elif self._on_their_way:
                    self._await_ending()
                else:
                    break
        self._ask_what_stands_still()

    def _ask_what_stands_still(self) -> None:
        """Turns come when it goes on again, and what they find must not be older than they are."""
        if stands_still(self._channel()) or standing_lanes(self._channel(), self._clock()):
            self._parts.sending.recent_channels.forget(self._share.ref)
        self._picker.shut(standing_lanes(self._channel(), self._clock()))

    @property
    def left(self) -> frozenset[Track]:
        return self._picker.left()

    @property
    def next_at(self) -> datetime | None:
        """When to go on; None if nothing is left, or if the channel stands still."""
        if stands_still(self._channel()):
            return None
        return self._waits_until or self._picker.next_at(self._clock())

    # --- looking ---

    def _look(self) -> None:
        while not self._endings.empty():
            self._end(*self._endings.get())
        now = self._clock()
        self._stops = self._stops or now >= self._ends_at or stands_still(self._channel())
        if now >= self._next_look:
            self._next_look = now + _LOOK
            self._renew(now)
        if now >= self._breath_ends and not self._stops:
            self._stops = not self._is_alone or self._others_wait()
            self._breath_ends = now + BREATH
        if not self._stops:
            self._picker.shut(standing_lanes(self._channel(), now))
            self._read()

    @property
    def _ends_at(self) -> datetime:
        return min(self._began + LONGEST, self._latest_start)

    @property
    def _latest_start(self) -> datetime:
        return min(self._held_until, self._parts.deadline) - ATTEMPT_LASTS

    def _renew(self, now: datetime) -> None:
        """A renewal that does not get through is tried again; the lease is good for some while."""
        try:
            woken = self._parts.leases.renew(self._share.ref, self._share.lines, self._share.holder)
        except (BotoCoreError, ClientError) as error:
            log_failure("The lease of lines was not renewed", error, channel_id=self._share.ref.channel_id)
            return
        if woken is None:
            self._stops = True
            return
        self._held_until = now + LEASE_LASTS
        self._picker.wake(woken)

    def _others_wait(self) -> bool:
        """Who cannot tell goes on; it is asked again."""
        try:
            return self._parts.queue.others_wait()
        except (BotoCoreError, ClientError) as error:
            log_failure("The queue was not looked at", error, channel_id=self._share.ref.channel_id)
            return False

    def _read(self) -> None:
        for track, after in list(self._picker.unread()):
            entries, has_more = self._parts.lines.page(self._share.ref, *track, after, _PAGE)
            self._picker.add(track, entries, has_more=has_more)

    # --- sending ---

    @property
    def _has_room(self) -> bool:
        ahead = max(2, int(self._rate() * _AHEAD_SECONDS * len(self._share.lines) / LINES))
        return not self._stops and self._on_their_way < _THREADS and self._slots.waiting < ahead

    def _begin(self, pool: ThreadPoolExecutor, entry: Entry) -> None:
        turn = Turn(self._slots)
        if not entry.media_ids:
            turn.joins()
        self._on_their_way += 1
        future = pool.submit(self._send, entry, turn)
        future.add_done_callback(lambda ended: self._endings.put((entry, ended)))

    def _send(self, entry: Entry, turn: Turn) -> Done | Wait | Stay:
        """In a thread of its own."""
        try:
            ending = self._deliver(entry, turn)
            match ending:
                case Done():
                    self._parts.lines.remove(entry.ref, entry.place)
                case Wait(until, reason, scope) if scope == "contact" or reason == "provider_busy":
                    self._parts.lines.put_off(entry, until, reason)
        except Exception as error:  # noqa: BLE001  # one contact's trouble is not another's
            log_failure("A message could not be handled", error, message_id=entry.message_id)
            return Wait(self._clock() + _AFTER_TROUBLE)
        finally:
            turn.leaves()
        return ending

    def _deliver(self, entry: Entry, turn: Turn) -> Done | Wait | Stay:
        if entry.broadcast_id and (ending := at_gate(self._parts.sending, entry, entry.broadcast_id)):
            return ending
        channel = self._channel()
        media = provider_ids(self._parts.sending.uploading, entry, channel, self._parts.deadline)
        if isinstance(media, Again):
            pause = max(timedelta(seconds=media.after_seconds), _BETWEEN_UPLOADS)
            return Wait(self._clock() + pause, "provider_busy")
        contact = ContactPace(self._parts.sending.pairs, entry, self._clock)
        if owes := contact.is_known_to_owe(channel):
            return owes
        turn.joins()
        if too_long := self._wait(turn, ahead=_CLAIM_TAKES):
            return too_long
        channel = self._channel()
        if stands_still(channel):
            return Wait(self._clock(), scope="channel")
        if owes := contact.counts(channel):
            turn.gives_back()
            return owes
        return deliver(
            self._parts.sending,
            entry,
            channel,
            media,
            lambda: self._wait(turn) or contact.still_counts(channel),
        )

    def _wait(self, turn: Turn, ahead: int = 0) -> Wait | None:
        until = turn.wait(self._clock, self._parts.sending.sleep, self._latest_start, ahead)
        return Wait(until, "channel_pace", "channel") if until else None

    # --- ending ---

    def _await_ending(self) -> None:
        """Not for long: a slot may become free, or something may come, before a message ends."""
        try:
            self._end(*self._endings.get(timeout=_GLANCE_SECONDS))
        except Empty:
            return

    def _end(self, entry: Entry, ended: "Future[Done | Wait | Stay]") -> None:
        self._on_their_way -= 1
        ending = ended.result()
        if not isinstance(ending, Wait):
            self._picker.done(entry)
            return
        put_off = replace(entry, not_before=ending.until, waits_for=ending.reason, tries=entry.tries + 1)
        self._picker.put_off(put_off, ending.until)
        if ending.scope == "channel":
            self._stops = True
            self._waits_until = max(self._waits_until or ending.until, ending.until)

    # --- the channel ---

    def _channel(self) -> Channel | None:
        return self._parts.sending.recent_channels.find(self._share.ref)

    def _rate(self) -> int:
        channel = self._channel()
        return channel.messages_per_second if channel else _RATE_OF_GONE_CHANNEL


def standing_lanes(channel: Channel | None, now: datetime) -> Iterable[Lane]:
    """WhatsApp holds the number's bulk responsible; people who wait for a reply are not."""
    paused_until = channel.bulk_paused_until if channel else None
    return ["bulk"] if paused_until and now < paused_until else []


def stands_still(channel: Channel | None) -> bool:
    """What waits goes on waiting. The messages of a channel that is gone are ended instead."""
    return channel is not None and channel.state not in ("active", "disconnected")
