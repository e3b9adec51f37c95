"""The messages of one contact leave in the order in which they were accepted, whatever happens to them."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import nullcontext

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kanal.channels.model import Channel
from tests.integration.hooks import outage
from tests.integration.outbound import SendLine, fail, ready, taken_by_provider, write_in
from tests.integration.world import CUSTOMER, World

pytestmark = pytest.mark.slow

OTHER = "4917600000001"
FEW = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example has customers of its own
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # shrinking would run hundreds of conversations
)


def accept(world: World, channel: Channel, texts: Sequence[str], to: str = CUSTOMER) -> None:
    for text in texts:
        world.send_text(channel, f"{to}-{text}", text, to=f"+{to}")


def texts(world: World, customer: str = CUSTOMER) -> list[str]:
    """What the provider took for the customer, in its order."""
    return [sent["body"]["text"]["body"] for sent in taken_by_provider(world, customer)]


def test_messages_to_one_contact_leave_in_the_order_accepted(world: World) -> None:
    """More than a batch of them."""
    channel, line = ready(world), SendLine(world)
    wanted = [f"message {number}" for number in range(14)]
    accept(world, channel, wanted)
    line.run_to_end()
    assert texts(world) == wanted


def test_a_throttled_message_holds_back_the_later_ones(world: World) -> None:
    """The later ones wait for it, and cost no call meanwhile."""
    channel, line = ready(world), SendLine(world)
    fail(world, times=2, status=429)
    accept(world, channel, ["one", "two", "three"])
    assert len(line.run()) == 3
    assert texts(world) == []
    line.run_to_end()
    assert texts(world) == ["one", "two", "three"]


def test_a_message_given_back_for_the_pace_holds_back_the_later_ones(world: World) -> None:
    """Also those that are accepted while it waits."""
    channel, line = ready(world), SendLine(world)
    world.pace.lease(channel.ref, 400, 80)
    accept(world, channel, ["one", "two"])
    assert len(line.run()) == 2
    accept(world, channel, ["three"])
    line.run_to_end()
    assert texts(world) == ["one", "two", "three"]


def test_a_message_that_could_not_be_handled_holds_back_the_later_ones(world: World) -> None:
    """The worker stops at the first that it must leave."""
    channel, line = ready(world), SendLine(world)
    accept(world, channel, ["one", "two"])
    with outage(world, "dynamodb.UpdateItem", "attempt_started_at"):
        assert len(line.run()) == 2
    line.run_to_end()
    assert texts(world) == ["one", "two"]


def test_a_failed_message_does_not_hold_back_the_later_ones(world: World) -> None:
    """What ended, ended; the conversation goes on."""
    channel, line = ready(world), SendLine(world)
    fail(world, status=400)
    accept(world, channel, ["one", "two"])
    line.run_to_end()
    assert texts(world) == ["two"]


def test_one_contact_that_waits_does_not_hold_back_another(world: World) -> None:
    """Order is a contact's own."""
    channel, line = ready(world), SendLine(world)
    write_in(world, OTHER)
    fail(world, times=1, status=429, to=f"+{CUSTOMER}")
    accept(world, channel, ["one"])
    accept(world, channel, ["other one", "other two"], to=OTHER)
    assert len(line.run()) == 1
    assert texts(world, OTHER) == ["other one", "other two"]
    line.run_to_end()
    assert texts(world) == ["one"]


@pytest.fixture
def crowd(world: World) -> tuple[Channel, Iterator[list[str]]]:
    """A channel, and for each example three customers of its own."""
    people = ([f"4917{example:05d}{number:03d}" for number in range(3)] for example in itertools.count())
    return ready(world), people


@FEW
@given(
    recipients=st.lists(st.integers(0, 2), min_size=2, max_size=12),
    throttled=st.sets(st.integers(0, 2)),
    batches=st.lists(st.tuples(st.integers(1, 10), st.booleans()), min_size=1, max_size=4),
)
def test_any_mix_of_contacts_throttles_and_redeliveries_keeps_each_contacts_order(
    world: World,
    crowd: tuple[Channel, Iterator[list[str]]],
    recipients: list[int],
    throttled: set[int],
    batches: list[tuple[int, bool]],
) -> None:
    """Through the queue of turns: any batches, some workers fail, the first to some is throttled once."""
    channel, line = crowd[0], SendLine(world)
    people = next(crowd[1])
    for customer in people:
        write_in(world, customer)
    wanted: dict[str, list[str]] = {customer: [] for customer in people}
    for number, recipient in enumerate(recipients):
        wanted[people[recipient]].append(f"message {number}")
        accept(world, channel, [f"message {number}"], to=people[recipient])
    for recipient in throttled:
        fail(world, status=429, to=f"+{people[recipient]}")
    for size, fails in batches:
        with outage(world, "dynamodb.UpdateItem", "attempt_started_at") if fails else nullcontext():
            line.run(count=size)
        world.clock.advance(seconds=1)
    line.run_to_end()
    assert {customer: texts(world, customer) for customer in people} == wanted
