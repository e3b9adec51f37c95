"""Ten thousand messages past a provider that fails in every way, with workers that are killed meanwhile.

Counted at the provider: what it took twice, what it took out of order, what it never got.
"""

import os
import random
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from kanal.messages.model import Message
from tests.benchmarks.loaded import Loaded, loaded_stack
from tests.e2e.world import Channel

pytestmark = pytest.mark.benchmark

MESSAGES = int(os.environ.get("KANAL_BENCH_MESSAGES", "10000"))
CONTACTS = MESSAGES // 4
LONGEST_SECONDS = 600
KILLS = 2
LEASE_SECONDS = 46
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500, "probability": 0.01},
    {"kind": "status", "status": 429, "probability": 0.001},  # each slows the channel down
    {"kind": "timeout_before", "probability": 0.01},
    {"kind": "timeout_after", "probability": 0.01},
    {"kind": "drop", "accepted": False, "probability": 0.01},
    {"kind": "drop", "accepted": True, "probability": 0.01},
)


@pytest.fixture
def loaded() -> Iterator[Loaded]:
    with loaded_stack() as loaded:
        yield loaded


def test_nothing_is_sent_twice_or_out_of_order_and_nothing_is_forgotten(loaded: Loaded) -> None:
    """Promises 2 and 3 with `hold`: no duplicate, no inversion, and each message has an honest end."""
    channel = loaded.connect(200)
    for fault in FAULTS:
        channel.provider_fails(times=None, **fault)
    loaded.fill(channel, MESSAGES, contacts=CONTACTS, in_a_row=2)
    loaded.start(channel)
    started, killed = time.monotonic(), _send_all_and_kill(loaded, channel)
    took = time.monotonic() - started
    messages = loaded.messages(channel, MESSAGES)
    stages = Counter(message.stage for message in messages)
    times_taken = Counter(sent["body"]["biz_opaque_callback_data"] for sent in channel.accepted_by_provider())
    in_doubt = [message.id for message in messages if message.stage == "unconfirmed"]
    print(
        f"\n{MESSAGES} messages in {took:.0f} s, {killed} workers killed: {dict(stages)};"
        f" {sum(count > 1 for count in times_taken.values())} sent twice,"
        f" {_inversions(channel, messages)} out of order,"
        f" {sum(message.stage == 'sent' and not times_taken[message.id] for message in messages)} lost;"
        f" of those in doubt the provider has {sum(times_taken[one] for one in in_doubt)}"
    )
    assert killed == KILLS
    assert set(stages) == {"sent", "unconfirmed"}
    assert max(times_taken.values()) == 1
    assert all(times_taken[message.id] for message in messages if message.stage == "sent")
    assert _inversions(channel, messages) == 0
    assert len(in_doubt) < 0.1 * MESSAGES


def _send_all_and_kill(loaded: Loaded, channel: Channel) -> int:
    """How many workers were killed while they had messages on their way."""
    chance, killed, next_kill = random.Random(20261124), 0, time.monotonic() + 8
    ends = time.monotonic() + LONGEST_SECONDS
    while loaded.waiting(channel):
        assert time.monotonic() < ends, f"{loaded.waiting(channel)} still wait"
        if killed < KILLS and time.monotonic() > next_kill and (busy := _busiest(loaded)):
            os.kill(busy, signal.SIGKILL)
            killed, next_kill = killed + 1, time.monotonic() + LEASE_SECONDS + chance.uniform(5, 15)
        loaded.start(channel)  # as the next message to the channel would
        time.sleep(2)
    return killed


def _busiest(loaded: Loaded) -> int | None:
    """The worker that used the processor most lately."""
    before = loaded.workers()
    time.sleep(0.3)
    used = {pid: now - before.get(pid, now) for pid, now in loaded.workers().items()}
    return max(used, key=lambda pid: used[pid]) if any(used.values()) else None


def _inversions(channel: Channel, messages: list[Message]) -> int:
    """Messages that the provider took after a later one to the same contact."""
    turn = {message.id: number for number, message in enumerate(messages)}
    taken: defaultdict[str, list[int]] = defaultdict(list)
    for sent in channel.accepted_by_provider():
        taken[sent["to"]].append(turn[sent["body"]["biz_opaque_callback_data"]])
    return sum(later < earlier for turns in taken.values() for earlier, later in pairwise(turns))
