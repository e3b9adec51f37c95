"""Sends a batch from the queue: channels at their pace, contacts side by side, each contact's messages in
order.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from kanal.aws.queue import Again, Done, seconds_until_next_try
from kanal.ids import ChannelRef
from kanal.observability import log_failure
from kanal.sending.deliver import ATTEMPT_LASTS, Sending, deliver
from kanal.sending.pace import Busy, Lease, is_void
from kanal.sending.pacestore import PaceStore
from kanal.sending.queue import Job, SendQueue
from kanal.sending.uploads import misses_uploads, provider_ids
from kanal.times import epoch_microseconds

_CLAIM_TAKES = 100_000
"""Microseconds ahead of its slot that a message is claimed, so that a slow claim does not miss the slot."""
_PATIENCE_SECONDS = 0.2
"""More for each time that a message came in vain: it comes a thousand times, the queue's limit, in a day."""
_LONGEST_PATIENCE_SECONDS = 300.0
_UNREADABLE = Busy(timedelta(seconds=5))
_RATE_OF_GONE_CHANNEL = 80
"""Messages of a channel that is gone are ended without a call; they still go one after the other."""


@dataclass(frozen=True)
class Batch:
    """What sending a batch needs. Nothing is begun that might not end before `deadline`."""

    sending: Sending
    pace: PaceStore
    queue: SendQueue
    deadline: datetime


def deliver_batch(batch: Batch, jobs: Sequence[Job]) -> list[str]:
    """The queue ids of the messages that the queue has to show again; all others are done.

    A message that has to come again holds back the later ones to its contact.
    """
    groups: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        groups[job.group].append(job)
    slots = _leased(batch, [group[0] for group in groups.values()])
    with ThreadPoolExecutor(max_workers=len(groups) or 1) as pool:
        left = pool.map(lambda group: _deliver_group(batch, group, slots), groups.values())
        return [queue_id for part in left for queue_id in part]


def _leased(batch: Batch, jobs: Sequence[Job]) -> dict[str, int | Busy]:
    """A slot for each job by queue id, with one lease for each channel.

    For the first message of each contact: the later ones cannot know when they will leave.
    """
    channels: dict[ChannelRef, list[Job]] = defaultdict(list)
    for job in jobs:
        channels[job.ref].append(job)
    slots: dict[str, int | Busy] = {}
    for ref, own in channels.items():
        lease = _lease(batch, ref, len(own))
        for number, job in enumerate(own):
            slots[job.queue_id] = lease.slots[number] if isinstance(lease, Lease) else lease
    return slots


def _lease(batch: Batch, ref: ChannelRef, count: int) -> Lease | Busy:
    """A channel whose pace cannot be read waits; the others of the batch go on."""
    try:
        channel = batch.sending.recent_channels.find(ref)
        rate = channel.messages_per_second if channel else _RATE_OF_GONE_CHANNEL
        return batch.pace.lease(ref, count, rate)
    except (BotoCoreError, ClientError) as error:
        log_failure("The pace of a channel could not be leased", error, channel_id=ref.channel_id)
        return _UNREADABLE


def _deliver_group(batch: Batch, group: Sequence[Job], slots: Mapping[str, int | Busy]) -> list[str]:
    """Stops at the first message that has to come again."""
    for number, job in enumerate(group):
        try:
            ending = _deliver_at(batch, job, slots.get(job.queue_id))
        except Exception as error:  # noqa: BLE001  # one contact's trouble is not another's
            log_failure("A message could not be handled", error, message_id=job.message_id)
            ending = Again(seconds_until_next_try(job.receives))
        if isinstance(ending, Again):
            return _give_back(batch, group[number:], ending.after_seconds)
    return []


def _give_back(batch: Batch, jobs: Sequence[Job], after_seconds: float) -> list[str]:
    for job in jobs:
        batch.queue.give_back(job.receipt_handle, after_seconds, message_id=job.message_id)
    return [job.queue_id for job in jobs]


def _deliver_at(batch: Batch, job: Job, slot: int | Busy | None) -> Done | Again:
    channel = batch.sending.recent_channels.find(job.ref)
    media = provider_ids(batch.sending.uploading, job, channel, batch.deadline)
    if isinstance(media, Again):
        return media
    turn = _Turn(batch, job, slot)
    if again := turn.wait(ahead=_CLAIM_TAKES):
        return again
    channel = batch.sending.recent_channels.find(job.ref)
    if misses_uploads(job, channel, media):
        return Again(0)
    return deliver(batch.sending, job, channel, media, turn.wait)


class _Turn:
    """The moment at which one message may leave. Without a slot it leases its own."""

    def __init__(self, batch: Batch, job: Job, slot: int | Busy | None) -> None:
        self._batch = batch
        self._job = job
        self._slot = slot

    def wait(self, ahead: int = 0) -> Again | None:
        """Returns so many microseconds ahead of the slot, leasing another if it was missed.

        Or says that it takes too long.
        """
        clock = self._batch.sending.clock
        while True:
            now = epoch_microseconds(clock())
            if self._slot is None or (isinstance(self._slot, int) and is_void(self._slot, now)):
                self._slot = _one_slot(self._batch, self._job.ref)
                continue
            if isinstance(self._slot, Busy):
                return Again(self._slot.wait.total_seconds() + self._patience())
            wait = timedelta(microseconds=max(0, self._slot - ahead - now))
            if clock() + wait + ATTEMPT_LASTS > self._batch.deadline:
                return Again(0)
            if not wait:
                return None
            self._batch.sending.sleep(wait.total_seconds())

    def _patience(self) -> float:
        """The longer a message has waited, the less often it asks: thousands may wait for one channel.

        Slowly growing, so that a channel that gets room finds messages to send.
        """
        most = _PATIENCE_SECONDS * (self._job.receives - 1)
        return min(self._batch.sending.jitter() * most, _LONGEST_PATIENCE_SECONDS)


def _one_slot(batch: Batch, ref: ChannelRef) -> int | Busy:
    lease = _lease(batch, ref, 1)
    return lease.slots[0] if isinstance(lease, Lease) else lease
