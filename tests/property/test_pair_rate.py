"""The pace towards one contact, against WhatsApp's own rule: bursts are lent, and paid back first."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanal.aws.table import Table
from kanal.ids import ChannelId, ChannelRef, ContactId, WorkspaceId, new_token
from kanal.sending.pace import SECOND
from kanal.sending.pair import LATE, SPACING, Pair, refused
from kanal.sending.pairstore import PairStore
from local.simulator.limits import Traffic
from local.simulator.refusals import RefusalError
from tests.integration.aws import Aws, boto, embedded_aws

_START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_REF = ChannelRef(WorkspaceId("acme"), ChannelId("chn_one"))
_BURSTS = st.integers(1, 45)


class _Time:
    def __init__(self) -> None:
        self.now = _START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with embedded_aws() as aws:
        yield aws


def _somebody() -> ContactId:
    return ContactId(f"cnt_{new_token()}")


def _stored(aws: Aws, contact: ContactId) -> Any:
    key = {"pk": {"S": f"pace#acme#chn_one#pair#{contact}"}, "sk": {"S": "pair"}}
    return boto("dynamodb").get_item(TableName=aws.channels, Key=key)["Item"]


@settings(max_examples=settings().max_examples // 5)
@given(burst=_BURSTS, workers=st.integers(1, 3), seed=st.integers(0, 2**32))
def test_whatsapp_never_refuses_what_the_pair_rate_lets_go(
    aws: Aws, burst: int, workers: int, seed: int
) -> None:
    """Messages wait for their slot and on the way; containers know nothing of each other; none is 131056."""
    chance, time, contact, traffic = random.Random(seed), _Time(), _somebody(), Traffic()
    stores = [PairStore(Table(aws.channels, boto("dynamodb")), time) for _ in range(workers)]
    arrivals: list[float] = []
    while time.now < _START + timedelta(minutes=5):
        until = chance.choice(stores).take(_REF, contact, burst)
        if until:
            assert until > time.now
            time.now = until
            continue
        arrivals.append((time.now - _START).total_seconds() + chance.random() * LATE / SECOND)
        time.advance(chance.choice([0, 0, 0, 0.01, 1, 4, 9]))
    for arrival in sorted(arrivals):
        try:
            traffic.check_pair(arrival, contact)
        except RefusalError:
            pytest.fail(f"refused at {arrival} of {arrivals}")
        traffic.count_pair(arrival, contact)


@settings(max_examples=settings().max_examples // 5)
@given(burst=_BURSTS)
def test_a_contact_gets_its_burst_at_once_and_one_message_in_six_seconds_in_the_long_run(
    aws: Aws, burst: int
) -> None:
    time, contact, taken = _Time(), _somebody(), list[datetime]()
    store = PairStore(Table(aws.channels, boto("dynamodb")), time)
    while time.now < _START + timedelta(minutes=12):
        until = store.take(_REF, contact, burst)
        if until:
            time.now = until
        else:
            taken.append(time.now)
    assert taken[:burst] == [_START] * burst
    for moment in taken:
        assert sum(moment <= other < moment + timedelta(seconds=6) for other in taken) <= burst
    round_trip = burst * SPACING + LATE
    assert len(taken) <= 120 + burst
    assert len(taken) >= burst * (720 * SECOND // round_trip)


def test_a_message_to_a_quiet_contact_is_one_write_and_each_further_one_of_a_burst_another(aws: Aws) -> None:
    contact = _somebody()
    store = PairStore(Table(aws.channels, aws.client("dynamodb")), _Time())
    before = len(aws.calls)
    for _ in range(10):
        assert store.take(_REF, contact, 10) is None
    assert [name for name, _ in aws.calls[before:]] == ["dynamodb.UpdateItem"] * 10


def test_contacts_do_not_wait_for_each_other(aws: Aws) -> None:
    """Promise 5: what one contact got is nothing to another, nor to itself on another channel."""
    store = PairStore(Table(aws.channels, boto("dynamodb")), _Time())
    busy = _somebody()
    assert store.take(_REF, busy, 1) is None
    assert store.take(_REF, busy, 1) is not None
    assert store.take(_REF, _somebody(), 1) is None
    assert store.take(ChannelRef(WorkspaceId("acme"), ChannelId("chn_two")), busy, 1) is None


def test_what_is_owed_vanishes_by_itself_after_it_is_over(aws: Aws) -> None:
    """The largest debt is 45 messages, four and a half minutes: `expires_at` lies far behind it."""
    time, contact = _Time(), _somebody()
    store = PairStore(Table(aws.channels, boto("dynamodb")), time)
    for _ in range(45):
        assert store.take(_REF, contact, 45) is None
    stored = _stored(aws, contact)
    paid = int(stored["quiet_until"]["N"]) / SECOND
    assert paid < int(stored["expires_at"]["N"]) < paid + 3600
    assert int(stored["expires_at"]["N"]) > _START.timestamp() + 45 * 6


def test_a_refused_contact_waits_four_times_as_long_each_time(aws: Aws) -> None:
    """WhatsApp's own words for 131056: 4^x seconds, x from 0."""
    time, contact = _Time(), _somebody()
    store = PairStore(Table(aws.channels, boto("dynamodb")), time)
    waits = []
    for _ in range(6):
        until = store.delay(_REF, contact)
        waits.append((until - time.now).total_seconds())
        assert store.take(_REF, contact, 10) == until
        time.now = until
    assert waits == [1, 4, 16, 64, 256, 270]
    assert store.take(_REF, contact, 10) is None


def test_several_refusals_of_one_burst_are_one(aws: Aws) -> None:
    time, contact = _Time(), _somebody()
    stores = [PairStore(Table(aws.channels, boto("dynamodb")), time) for _ in range(2)]
    assert stores[0].delay(_REF, contact) == stores[1].delay(_REF, contact) == _START + timedelta(seconds=1)


def test_a_refusal_ends_the_burst(aws: Aws) -> None:
    """What the provider refused would be refused again: the rest of the burst is not tried."""
    time, contact = _Time(), _somebody()
    store = PairStore(Table(aws.channels, boto("dynamodb")), time)
    assert store.take(_REF, contact, 10) is None
    until = store.delay(_REF, contact)
    assert store.take(_REF, contact, 10) == until


def test_a_row_of_refusals_is_forgotten_when_none_follows_for_two_minutes() -> None:
    """Nobody has to write down that a message was taken."""
    first = refused(Pair(), 0)
    second = refused(first, first.refused_until)
    assert second.refused_until - first.refused_until == 4 * SECOND
    assert refused(second, second.refused_until + 119 * SECOND).refusals == 3
    assert refused(second, second.refused_until + 120 * SECOND).refusals == 1
