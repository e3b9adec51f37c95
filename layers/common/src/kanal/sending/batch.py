"""Sends a batch from the queue: channels at their pace, contacts side by side, each contact's messages in
order.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from kanal.ids import ChannelRef
from kanal.observability import log_failure
from kanal.sending.deliver import ATTEMPT_LASTS, Again, Done, Sending, deliver
from kanal.sending.pace import Busy, Lease, is_void
from kanal.sending.pacestore import PaceStore
from kanal.sending.queue import Job, SendQueue
from kanal.times import epoch_microseconds

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
    slots = _leased(batch, _by_turn(groups.values()))
    with ThreadPoolExecutor(max_workers=len(groups) or 1) as pool:
        left = pool.map(lambda group: _deliver_group(batch, group, slots), groups.values())
        return [queue_id for part in left for queue_id in part]


def _by_turn(groups: Iterable[Sequence[Job]]) -> list[Job]:
    """First the first message of each contact, then the second of each: the order in which slots are used."""
    numbered = [(turn, job) for group in groups for turn, job in enumerate(group)]
    return [job for _, job in sorted(numbered, key=lambda pair: pair[0])]


def _leased(batch: Batch, jobs: Sequence[Job]) -> dict[str, int | Busy]:
    """A slot for each job by queue id, with one lease for each channel."""
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
        waiting = group[number:]
        try:
            ending = _deliver_at(batch, job, slots[job.queue_id])
        except Exception as error:  # noqa: BLE001  # one contact's trouble is not another's
            log_failure("A message could not be handled", error, message_id=job.message_id)
            return [left.queue_id for left in waiting]
        if isinstance(ending, Again):
            for left in waiting:
                batch.queue.show_again(left.receipt_handle, math.ceil(ending.after_seconds))
            return [left.queue_id for left in waiting]
    return []


def _deliver_at(batch: Batch, job: Job, slot: int | Busy) -> Done | Again:
    turn = _Turn(batch, job.ref, slot)
    if again := turn.wait():
        return again
    return deliver(batch.sending, job, batch.sending.recent_channels.find(job.ref), turn.wait)


class _Turn:
    """The moment at which one message may leave."""

    def __init__(self, batch: Batch, ref: ChannelRef, slot: int | Busy) -> None:
        self._batch = batch
        self._ref = ref
        self._slot = slot

    def wait(self) -> Again | None:
        """Returns in time for the slot, leasing another if it was missed; or says that it takes too long."""
        clock = self._batch.sending.clock
        while True:
            if isinstance(self._slot, Busy):
                return Again(self._slot.wait.total_seconds())
            now = epoch_microseconds(clock())
            wait = timedelta(microseconds=max(0, self._slot - now))
            if clock() + wait + ATTEMPT_LASTS > self._batch.deadline:
                return Again(0)
            if is_void(self._slot, now):
                lease = _lease(self._batch, self._ref, 1)
                self._slot = lease.slots[0] if isinstance(lease, Lease) else lease
            elif wait:
                self._batch.sending.sleep(wait.total_seconds())
            else:
                return None
