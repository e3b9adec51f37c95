"""The pace of a saturated channel in virtual time: many workers, the real lease in the emulated table.

Everything takes the time it takes in production but passes at once: leases, late wake-ups, the provider's
answers. What is measured is the rule, not a machine.
"""

import heapq
import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kanal.aws.table import Table
from kanal.ids import ChannelId, ChannelRef, WorkspaceId
from kanal.sending.pace import SECOND, Busy, is_void
from kanal.sending.pacestore import PaceStore
from kanal.times import epoch_microseconds
from tests.integration.aws import Aws, embedded_aws

pytestmark = pytest.mark.benchmark

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
REF = ChannelRef(WorkspaceId("acme"), ChannelId("chn_saturated"))
BATCH = 10
STALLS = 0.002
"""Of all messages: their thread is held up for so long that the slot is missed."""

Process = Iterator[int]
"""Yields until when it sleeps, in microseconds."""


class VirtualTime:
    """Runs processes in the order of their waking; the time is that of the one that runs."""

    def __init__(self) -> None:
        self.now = epoch_microseconds(START)
        self._waiting: list[tuple[int, int, Process]] = []
        self._tickets = itertools.count()

    def __call__(self) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.now)

    def start(self, process: Process, at: int) -> None:
        heapq.heappush(self._waiting, (at, next(self._tickets), process))

    def run(self, until: int) -> None:
        while self._waiting and self._waiting[0][0] <= until:
            self.now, _, process = heapq.heappop(self._waiting)
            for wakes_at in process:
                self.start(process, max(self.now, wakes_at))
                break


class Channel:
    """A channel with more to send than it may; `left` holds when each message left."""

    def __init__(self, aws: Aws, messages_per_second: int) -> None:
        self.time = VirtualTime()
        self.left: list[int] = []
        self._rate = messages_per_second
        self._aws = aws
        self._random = random.Random(20261120)

    def worker(self) -> Process:
        """Takes a batch, leases its slots, waits until all have been answered, takes the next."""
        store = PaceStore(Table(self._aws.channels, self._aws.client("dynamodb")), self.time)
        while True:
            yield self.time.now + self._milliseconds(3, 12)  # the lease takes that long
            lease = store.lease(REF, BATCH, self._rate)
            if isinstance(lease, Busy):
                yield self.time.now + lease.wait // timedelta(microseconds=1)
                continue
            answered: list[int] = []
            for slot in lease.slots:
                self.time.start(self._message(store, slot, answered), self.time.now)
            while len(answered) < BATCH:
                yield self.time.now + self._milliseconds(5, 10)

    def _message(self, store: PaceStore, slot: int, answered: list[int]) -> Process:
        while True:
            yield slot + self._late()
            if not is_void(slot, self.time.now):
                break
            lease = store.lease(REF, 1, self._rate)
            slot = self.time.now if isinstance(lease, Busy) else lease.slots[0]
            if isinstance(lease, Busy):
                yield self.time.now + lease.wait // timedelta(microseconds=1)
                slot = -1
        self.left.append(self.time.now)
        yield self.time.now + self._milliseconds(80, 400)  # the provider's answer
        answered.append(self.time.now)

    def _late(self) -> int:
        """How much later than wanted a thread wakes."""
        if self._random.random() < STALLS:
            return self._milliseconds(50, 500)
        return min(int(self._random.expovariate(1 / 2000)), 30_000)

    def _milliseconds(self, least: int, most: int) -> int:
        return self._random.randint(least * 1000, most * 1000)


def most_in_a_second(moments: list[int]) -> int:
    """The largest number in any sliding second, wherever it begins."""
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - SECOND:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize(("messages_per_second", "workers", "seconds"), [(80, 20, 60), (1000, 80, 12)])
def test_a_saturated_channel_uses_its_pace_and_never_exceeds_it(
    messages_per_second: int, workers: int, seconds: int
) -> None:
    """Promise 4: at least 95 % of the pace, and in no sliding second more than it.

    A batch of ten is answered after 0.4 seconds here, so that a worker carries 25 messages a second; there
    have to be enough of them.
    """
    with embedded_aws() as aws:
        channel = Channel(aws, messages_per_second)
        begin = channel.time.now
        for _ in range(workers):
            channel.time.start(channel.worker(), begin)
        channel.time.run(begin + seconds * SECOND)
        calls = len(aws.calls)
    settled = [moment for moment in channel.left if moment >= begin + SECOND]
    rate = len(settled) / (seconds - 1)
    most = most_in_a_second(sorted(channel.left))
    print(
        f"\npace {messages_per_second}/s, {workers} workers, {seconds} virtual seconds:"
        f" {rate:.1f}/s reached ({rate / messages_per_second:.1%}),"
        f" at most {most} in any second, {calls / len(channel.left):.3f} lease calls a message"
    )
    assert most <= messages_per_second
    assert rate >= 0.95 * messages_per_second
