"""What can be done with a connected channel, and what it gives back when it is disconnected."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kanal.channels.configure import change_channel, disconnect_channel
from kanal.channels.model import Channel
from kanal.channels.requests import ChangeChannel
from kanal.channels.store import CONNECTING_FOR
from kanal.errors import (
    ChannelDisconnected,
    ChannelNameTaken,
    NotFound,
)
from kanal.ids import ChannelId, ChannelRef, WebhookId
from tests.integration.inbound import stored
from tests.integration.numbers import (
    EARLIER,
    OTHERS,
    connect,
    listed,
    second_number,
    webhook_at_provider,
)
from tests.integration.world import API_KEY, WORKSPACE, World

# --- changing ---


def change(world: World, channel: Channel, **fields: Any) -> Channel:
    wanted = ChangeChannel.model_validate(fields)
    return change_channel(world.channels, channel.ref, wanted, world.clock(), world.send_queue.put_turns)


def test_a_change_touches_what_it_names_and_nothing_else(world: World) -> None:
    """Pace, country and name; a country can be taken away again."""
    channel = connect(world, default_country="DE")
    assert change(world, channel, messages_per_second=7) == replace(channel, messages_per_second=7)
    assert change(world, channel, contact_burst=45).contact_burst == 45
    assert change(world, channel, default_country="AT").default_country == "AT"
    assert change(world, channel, default_country=None).default_country is None
    assert change(world, channel, name="Sales") == world.channels.get(channel.ref)
    assert world.channels.get(channel.ref) == replace(
        channel, name="Sales", messages_per_second=7, contact_burst=45, default_country=None
    )


def test_a_name_is_free_after_renaming_and_taken_before(world: World) -> None:
    """The claim moves with the name; a change of case needs none."""
    first = connect(world, name="Support")
    second = connect(world, name="Sales", api_key=second_number(world))
    with pytest.raises(ChannelNameTaken):
        change(world, second, name="SUPPORT")
    assert change(world, first, name="support").name == "support"
    change(world, first, name="Care")
    assert change(world, second, name="Support").name == "Support"
    assert change(world, first, name="Sales").name == "Sales"


def test_a_change_of_nothing_writes_nothing(world: World) -> None:
    """Saving a form unchanged costs no write."""
    channel = connect(world)
    world.aws.calls.clear()
    assert change(world, channel, name="Support") == channel
    assert [operation for operation, _ in world.aws.calls] == ["dynamodb.GetItem"]


def test_a_name_left_by_a_connection_that_died_can_be_taken_once_it_is_over(world: World) -> None:
    """Nobody waits for the database to sweep up."""
    channel = connect(world)
    half = replace(
        channel, name="Sales", phone_number_id="9", ref=ChannelRef(WORKSPACE, ChannelId("chn_dead"))
    )
    world.channels.reserve(replace(half, webhook_id=WebhookId("w")), "digest", world.clock())
    with pytest.raises(ChannelNameTaken):
        change(world, channel, name="Sales")
    world.clock.sleep((CONNECTING_FOR + timedelta(seconds=1)).total_seconds())
    assert change(world, channel, name="Sales").name == "Sales"


# --- disconnecting ---


def test_disconnecting_gives_back_name_and_number_and_destroys_the_key(world: World) -> None:
    """The channel stays readable; it is in no one's way."""
    channel = connect(world)
    disconnect_channel(world.channels, world.providers, channel.ref)
    gone = world.channels.get(channel.ref)
    assert (gone.state, gone.encrypted_api_key, gone.webhook_cleared) == ("disconnected", b"", True)
    assert [item["sk"] for item in stored(world.aws.channels)] == [f"channel#{channel.ref.channel_id}"]
    assert connect(world).ref != channel.ref


def test_disconnecting_twice_is_the_same_as_once(world: World) -> None:
    """And does not disturb the number's new channel."""
    channel = connect(world)
    disconnect_channel(world.channels, world.providers, channel.ref)
    again = connect(world)
    disconnect_channel(world.channels, world.providers, channel.ref)
    assert world.channels.get(again.ref) == again
    assert webhook_at_provider(world).url.endswith(again.webhook_id)


@pytest.mark.parametrize("status", [500, 401])
def test_a_channel_is_disconnected_even_when_the_provider_does_not_help(world: World, status: int) -> None:
    """It is told that the webhook may still stand there."""
    channel = connect(world)
    world.control("faults", {"on": "webhook_config", "kind": "status", "status": status})
    disconnect_channel(world.channels, world.providers, channel.ref)
    gone = world.channels.get(channel.ref)
    assert (gone.state, gone.webhook_cleared) == ("disconnected", False)


def test_a_webhook_that_is_somebody_elses_by_now_is_left_alone(world: World) -> None:
    """The number was taken over in the provider's hub; we clear only what is ours."""
    channel = connect(world)
    world.providers.with_key(API_KEY).set_webhook(EARLIER)
    disconnect_channel(world.channels, world.providers, channel.ref)
    assert webhook_at_provider(world) == EARLIER
    assert world.channels.get(channel.ref).webhook_cleared is False


def test_a_disconnected_channel_cannot_be_changed(world: World) -> None:
    """It can be read, and nothing else."""
    channel = connect(world)
    disconnect_channel(world.channels, world.providers, channel.ref)
    with pytest.raises(ChannelDisconnected):
        change(world, channel, name="Sales")


# --- listing ---


def test_the_list_comes_in_pages_and_shows_one_workspace(world: World) -> None:
    """Every channel once, and none of anybody else's."""
    mine = {connect(world, name="0").ref.channel_id}
    for number in range(1, 5):
        mine.add(connect(world, name=str(number), api_key=second_number(world, number)).ref.channel_id)
    theirs = connect(world, workspace=OTHERS, api_key=second_number(world, 9))
    seen: list[str] = []
    after = None
    while True:
        page, after = world.channels.page(WORKSPACE, after, 2)
        assert len(page) <= 2
        seen += [channel.ref.channel_id for channel in page]
        if after is None:
            break
    assert sorted(seen) == sorted(mine)
    assert listed(world, OTHERS) == [theirs]
    for use in (world.channels.get, lambda ref: disconnect_channel(world.channels, world.providers, ref)):
        with pytest.raises(NotFound):
            use(ChannelRef(WORKSPACE, theirs.ref.channel_id))
