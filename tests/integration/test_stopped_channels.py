"""How a channel that stopped sending gets going again, and how changes at once end."""

from dataclasses import replace

import pytest

from kanal.channels.model import Channel, State
from kanal.errors import ChannelCannotSend, Contended, ProviderRefused
from kanal.templates.sync import sync_templates
from tests.integration.inbound import stored
from tests.integration.numbers import connect, second_number
from tests.integration.outbound import ready
from tests.integration.world import API_KEY, PHONE, World


@pytest.mark.parametrize("state", ["credentials_invalid", "payment_required", "restricted"])
def test_a_sync_lets_a_stopped_channel_send_again_when_all_is_well(world: World, state: State) -> None:
    """One wrong 401, or an invoice that is paid by now, does not cost the channel."""
    channel = ready(world)
    world.channels.set_state(channel.ref, state)
    with pytest.raises(ChannelCannotSend):
        world.send_text(channel, "key-1")
    sync_templates(world.syncing, channel.ref)
    assert world.send_text(channel, "key-1").state == "queued"


def test_a_number_that_is_still_blocked_stays_stopped(world: World) -> None:
    """The provider's health decides, not our hope."""
    channel = ready(world)
    world.channels.set_state(channel.ref, "restricted")
    world.control("numbers", {"phone_number": PHONE, "api_key": API_KEY, "health": "BLOCKED"})
    sync_templates(world.syncing, channel.ref)
    assert world.channels.get(channel.ref).state == "restricted"


def test_a_sync_with_a_rejected_key_stops_the_channel(world: World) -> None:
    """Better known from the schedule than from a customer's message."""
    channel = ready(world)
    world.control("faults", {"on": "templates", "kind": "status", "status": 401, "times": 1})
    with pytest.raises(ProviderRefused, match="no longer sends"):
        sync_templates(world.syncing, channel.ref)
    assert world.channels.get(channel.ref).state == "credentials_invalid"


def test_of_two_renames_at_once_one_is_told_so_and_no_name_is_lost(world: World) -> None:
    """Both read the same channel; the second must not free a name that is somebody else's by then."""
    channel = connect(world, name="A")
    world.channels.change(channel, replace(channel, name="B"), world.clock())
    other = connect(world, name="A", api_key=second_number(world))
    with pytest.raises(Contended):
        world.channels.change(channel, replace(channel, name="C"), world.clock())
    assert _free_names(world, "B", "C", "A") == ["C"]
    assert world.channels.get(other.ref).name == "A"


def test_a_disconnect_that_meets_a_rename_is_told_so(world: World) -> None:
    """Otherwise the new name would stay taken for ever."""
    channel = connect(world, name="A")
    world.channels.change(channel, replace(channel, name="B"), world.clock())
    with pytest.raises(Contended):
        world.channels.disconnect(channel, webhook_cleared=True)
    assert world.channels.get(channel.ref).state == "active"


def test_two_changes_of_different_fields_keep_both(world: World) -> None:
    """A pace and a country that are set at once are both set."""
    channel = connect(world)
    world.channels.change(channel, replace(channel, messages_per_second=20), world.clock())
    world.channels.change(channel, replace(channel, default_country="DE"), world.clock())
    found: Channel = world.channels.get(channel.ref)
    assert (found.messages_per_second, found.default_country) == (20, "DE")


def _free_names(world: World, *names: str) -> list[str]:
    taken = {item["sk"] for item in stored(world.aws.channels)}
    return [name for name in names if f"name#{name.lower()}" not in taken]
