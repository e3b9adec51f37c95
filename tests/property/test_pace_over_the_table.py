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
