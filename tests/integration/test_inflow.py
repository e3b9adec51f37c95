"""What comes in takes its part of the pace of its channel, and is applied whatever becomes of that."""

import pytest

from kanal.channels.model import Channel
from kanal.sending.pace import Busy, interval
from tests.integration.hooks import outage
from tests.integration.inbound import message, messages, process_next, put
from tests.integration.world import World


def _leased(world: World, channel: Channel) -> int:
    """The first of ten slots."""
    answer = world.pace.lease(channel.ref, 10, 80)
    assert not isinstance(answer, Busy)
    return answer.slots[0]


@pytest.mark.parametrize(("number", "taken"), [(1, 0), (2, 0), (3, 3), (9, 9)])
def test_several_messages_of_a_second_take_slots_of_a_channel_that_sends(
    world: World, number: int, taken: int
) -> None:
    """WhatsApp counts both ways. One or two are not worth a write."""
    channel = world.connect()
    first = _leased(world, channel)
    put(world, channel, messages(*(message(f"wamid.{each}", at=world.clock()) for each in range(number))))
    process_next(world)
    assert _leased(world, channel) - first == (10 + taken) * interval(80)


def test_what_lay_in_the_queue_takes_none(world: World) -> None:
    """WhatsApp counted it an hour ago."""
    channel = world.connect()
    put(world, channel, messages(*(message(f"wamid.{each}", at=world.clock()) for each in range(9))))
    world.clock.advance(hours=1)
    first = _leased(world, channel)
    process_next(world)
    assert _leased(world, channel) - first == 10 * interval(80)


def test_a_pace_that_cannot_be_reached_holds_up_nothing_that_came_in(world: World) -> None:
    """Promise 1: what a customer wrote is worth more than the pace of the answers."""
    channel = world.connect()
    put(world, channel, messages(*(message(f"wamid.{each}", at=world.clock()) for each in range(3))))
    with outage(world, "dynamodb.UpdateItem", containing=f"pace#{channel.ref.prefix}"):
        assert process_next(world) == {"message": 3}
