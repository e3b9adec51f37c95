"""Promise 4 with the real store: containers that know nothing of each other share one pace."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanal.aws.table import Item, Key, Table
from kanal.ids import ChannelId, ChannelRef, WorkspaceId, new_token
from kanal.sending.pace import HORIZON, SECOND, TOLERANCE, Busy, interval
from kanal.sending.pacestore import PaceStore
from kanal.times import epoch_microseconds
from tests.integration.aws import Aws, boto, embedded_aws
from tests.property.test_pace_in_virtual_time import most_in_a_second

_START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class _Time:
    def __init__(self) -> None:
        self.now = _START

    def __call__(self) -> datetime:
        return self.now

    @property
    def microseconds(self) -> int:
        return epoch_microseconds(self.now)

    def advance(self, microseconds: int) -> None:
        self.now += timedelta(microseconds=microseconds)


class _OvertakenTable(Table):
    """Lets somebody else in right before each write that was decided already."""

    overtake: Callable[[], None] | None = None

    def update(self, key: Key, expression: str, **given: Any) -> Item:
        overtake, self.overtake = self.overtake, None
        if overtake:
            overtake()
        return super().update(key, expression, **given)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with embedded_aws() as aws:
        yield aws


def _new_channel() -> ChannelRef:
    return ChannelRef(WorkspaceId("acme"), ChannelId(f"chn_{new_token()}"))


_STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(1, 10),
        st.sampled_from([0, 1, 10_000, 50_000, 400_000, 3 * SECOND]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)
"""Which container leases how many, after how long, and whether the other one overtakes it."""


@settings(max_examples=settings().max_examples // 5)
@given(steps=_STEPS, rate=st.sampled_from([20, 80, 1000]))
def test_leases_of_two_containers_never_overlap(
    aws: Aws, steps: list[tuple[int, int, int, bool]], rate: int
) -> None:
    """Promise 4: whatever a container remembers of the channel, slots keep their distance."""
    ref, time, leased = _new_channel(), _Time(), list[int]()
    tables = [_OvertakenTable(aws.channels, boto("dynamodb")) for _ in range(2)]
    containers = [PaceStore(table, time) for table in tables]

    def lease(number: int, count: int) -> None:
        answer = containers[number].lease(ref, count, rate)
        if isinstance(answer, Busy):
            assert answer.wait > timedelta(0)
            return
        assert len(answer.slots) == count
        assert time.microseconds <= answer.slots[0] <= time.microseconds + HORIZON
        leased.extend(answer.slots)

    for number, count, pause, overtaken in steps:
        time.advance(pause)
        if overtaken:
            tables[number].overtake = lambda other=1 - number: lease(other, 1)
        lease(number, count)
    leased.sort()
    assert all(later - earlier >= interval(rate) for earlier, later in pairwise(leased))


@pytest.mark.parametrize("rate", [20, 80])
def test_two_busy_containers_together_keep_and_use_the_pace(aws: Aws, rate: int) -> None:
    """Promise 4: at most the rate in any second, at least 95 % of it, also through the real table."""
    ref, time, chance = _new_channel(), _Time(), random.Random(7)
    containers = [PaceStore(Table(aws.channels, boto("dynamodb")), time) for _ in range(2)]
    left: list[int] = []
    while time.now < _START + timedelta(seconds=4):
        answer = chance.choice(containers).lease(ref, 10, rate)
        if isinstance(answer, Busy):
            time.advance(answer.wait // timedelta(microseconds=1))
        else:
            left += [slot + chance.randint(0, TOLERANCE) for slot in answer.slots]
    begin = epoch_microseconds(_START) + SECOND
    counted = [moment for moment in left if begin <= moment < begin + 3 * SECOND]
    assert len(counted) >= 0.95 * rate * 3
    assert most_in_a_second(sorted(left)) <= rate


def test_a_container_that_remembers_a_far_horizon_looks_again(aws: Aws) -> None:
    """Promise 4: nobody waits for a lease that is over; what is stored counts, not what is remembered."""
    ref, time = _new_channel(), _Time()
    container = PaceStore(Table(aws.channels, boto("dynamodb")), time)
    busy = [container.lease(ref, 10, 1) for _ in range(2)][1]
    assert isinstance(busy, Busy)
    boto("dynamodb").delete_item(
        TableName=aws.channels, Key={"pk": {"S": f"pace#{ref.prefix}"}, "sk": {"S": "pace"}}
    )
    assert not isinstance(container.lease(ref, 1, 1), Busy)


def test_the_wait_of_a_busy_channel_is_long_enough(aws: Aws) -> None:
    """Asking again after the wait gets a lease, so that nobody asks in vain."""
    ref, time = _new_channel(), _Time()
    container = PaceStore(Table(aws.channels, boto("dynamodb")), time)
    while not isinstance(answer := container.lease(ref, 10, 20), Busy):
        assert len(answer.slots) == 10
    time.advance(answer.wait // timedelta(microseconds=1))
    assert not isinstance(container.lease(ref, 10, 20), Busy)


def test_channels_do_not_share_a_pace(aws: Aws) -> None:
    """Promise 5: a busy channel takes nothing from another one."""
    time = _Time()
    container = PaceStore(Table(aws.channels, boto("dynamodb")), time)
    busy = _new_channel()
    while not isinstance(container.lease(busy, 10, 20), Busy):
        pass
    answer = container.lease(_new_channel(), 1, 20)
    assert not isinstance(answer, Busy)
    assert answer.slots[0] == time.microseconds


# --- when the rate changes ---

_EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["lease", "lease", "lease", "slow down", "pause", "inbound", "lower", "raise"]),
        st.integers(0, 1),
        st.sampled_from([0, 1_000, 50_000, 400_000, 2 * SECOND]),
    ),
    min_size=5,
    max_size=25,
)
"""What happens, to which container, after how long."""
_CEILINGS = {"lower": 20, "raise": 80}
_ACTIONS: dict[str, Callable[[PaceStore, ChannelRef, int], None]] = {
    "slow down": lambda store, ref, ceiling: store.slow_down(ref, ceiling),
    "pause": lambda store, ref, ceiling: store.slow_down(ref, ceiling, pause_seconds=0.7),
    "inbound": lambda store, ref, ceiling: store.note_inbound(ref, 5, ceiling),
}


def _nothing(store: PaceStore, ref: ChannelRef, ceiling: int) -> None:
    """Leases are what happens in every step."""


@settings(max_examples=settings().max_examples // 3)
@given(events=_EVENTS, seed=st.integers(0, 2**32))
def test_no_second_exceeds_the_configured_rate_however_the_rate_changes(
    aws: Aws, events: list[tuple[str, int, int]], seed: int
) -> None:
    """Promise 4: refusals, pauses, inbound messages and a new configuration, in the midst of leases.

    A second that holds slots of a lower configured rate holds none of a higher one before it: what was leased
    counts.
    """
    ref, time, chance = _new_channel(), _Time(), random.Random(seed)
    containers = [PaceStore(Table(aws.channels, boto("dynamodb")), time) for _ in range(2)]
    ceiling, leased = 80, list[tuple[int, int]]()
    for kind, number, wait in events:
        time.advance(wait)
        ceiling = _CEILINGS.get(kind, ceiling)
        _ACTIONS.get(kind, _nothing)(containers[number], ref, ceiling)
        for _ in range(6):
            answer = containers[number].lease(ref, 10, ceiling, least=1)
            leased += [] if isinstance(answer, Busy) else [(slot, ceiling) for slot in answer.slots]
    left = sorted((slot + chance.randint(0, TOLERANCE), rate) for slot, rate in leased)
    for at, (moment, rate) in enumerate(left):
        second = [other for other in left[: at + 1] if moment - other[0] <= SECOND]
        assert len(second) <= max(other_rate for _, other_rate in second)
        assert rate >= max(other_rate for _, other_rate in second)


def _leased_after(store: PaceStore, ref: ChannelRef, ceiling: int) -> list[int]:
    answer = store.lease(ref, 10, ceiling)
    assert not isinstance(answer, Busy)
    return list(answer.slots)


def test_a_refusal_puts_slots_further_apart_for_every_container(aws: Aws) -> None:
    """The other container has not heard of it, and does not have to: its lease fails until it has."""
    ref, time = _new_channel(), _Time()
    first, second = (PaceStore(Table(aws.channels, boto("dynamodb")), time) for _ in range(2))
    assert _leased_after(second, ref, 80)[1] - epoch_microseconds(time()) == interval(80)
    first.slow_down(ref, 80)
    slots = _leased_after(second, ref, 80)
    assert slots[1] - slots[0] == interval(0.96 * 80)


def test_workers_that_hear_of_one_excess_cut_once(aws: Aws) -> None:
    """Ten workers, twenty answers, one second: the rate is not cut to nothing."""
    ref, time = _new_channel(), _Time()
    workers = [PaceStore(Table(aws.channels, boto("dynamodb")), time) for _ in range(10)]
    for worker in workers:
        worker.slow_down(ref, 80)
    time.advance(SECOND // 4)
    for worker in workers:
        worker.slow_down(ref, 80)
    slots = _leased_after(PaceStore(Table(aws.channels, boto("dynamodb")), time), ref, 80)
    assert interval(0.99 * 80) < slots[1] - slots[0] <= interval(0.96 * 80)


@pytest.mark.parametrize(("asked", "kept"), [(5.0, 5), (86_400.0, 600)])
def test_nothing_is_leased_before_the_pause_that_the_provider_asks_for_is_over(
    aws: Aws, asked: float, kept: int
) -> None:
    """`Retry-After`, but nobody stops a channel for a day. A second worker's does not make it longer."""
    ref, time = _new_channel(), _Time()
    first, second = (PaceStore(Table(aws.channels, boto("dynamodb")), time) for _ in range(2))
    _leased_after(first, ref, 80)
    first.slow_down(ref, 80, asked)
    second.slow_down(ref, 80, asked)
    busy = second.lease(ref, 1, 80)
    assert isinstance(busy, Busy)
    time.advance(busy.wait // timedelta(microseconds=1))
    assert _leased_after(second, ref, 80)[0] == epoch_microseconds(_START) + kept * SECOND


def test_a_pause_holds_for_a_channel_that_has_sent_nothing_yet(aws: Aws) -> None:
    ref, time = _new_channel(), _Time()
    store = PaceStore(Table(aws.channels, boto("dynamodb")), time)
    store.slow_down(ref, 80, 1.5)
    assert _leased_after(store, ref, 80)[0] >= epoch_microseconds(_START) + 3 * SECOND // 2


def test_what_comes_in_takes_the_slots_of_a_channel_that_is_sending(aws: Aws) -> None:
    """In and out together are the rate, but a tenth of a second is left for answers."""
    ref, time = _new_channel(), _Time()
    store = PaceStore(Table(aws.channels, boto("dynamodb")), time)
    first = _leased_after(store, ref, 80)
    store.note_inbound(ref, 20, 80)
    after = _leased_after(store, ref, 80)
    assert after[0] - first[-1] == 21 * interval(80)
    store.note_inbound(ref, 5_000, 80)
    assert _leased_after(store, ref, 80)[0] - after[-1] == SECOND * 9 // 10 + interval(80)


def test_what_comes_in_takes_nothing_while_nothing_is_sent(aws: Aws) -> None:
    ref, time = _new_channel(), _Time()
    store = PaceStore(Table(aws.channels, boto("dynamodb")), time)
    store.note_inbound(ref, 20, 80)
    assert _leased_after(store, ref, 80)[0] == epoch_microseconds(_START)
    time.advance(SECOND)
    store.note_inbound(ref, 20, 80)
    assert _leased_after(store, ref, 80)[0] == epoch_microseconds(_START) + SECOND


def test_a_lease_may_be_shorter_than_asked_for_so_that_it_does_not_reach_far(aws: Aws) -> None:
    """At two messages a second ten slots would bind messages for five seconds."""
    store = PaceStore(Table(aws.channels, boto("dynamodb")), _Time())
    short, whole = store.lease(_new_channel(), 10, 2, least=1), store.lease(_new_channel(), 10, 2)
    assert not isinstance(short, Busy)
    assert not isinstance(whole, Busy)
    assert (len(short.slots), len(whole.slots)) == (1, 10)


def test_a_lease_of_a_known_channel_is_one_write(aws: Aws) -> None:
    """The rate that follows from refusals costs nothing more."""
    ref, time = _new_channel(), _Time()
    store = PaceStore(Table(aws.channels, aws.client("dynamodb")), time)
    store.slow_down(ref, 80)
    _leased_after(store, ref, 80)
    before = len(aws.calls)
    for _ in range(3):
        time.advance(SECOND // 10)
        _leased_after(store, ref, 80)
    assert [name for name, _ in aws.calls[before:]] == ["dynamodb.UpdateItem"] * 3
