"""Which items are kept raw, whose they are, and what they do to windows and messages."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from kanal.channels.connect import Connecting, connect_channel
from kanal.channels.model import Channel
from kanal.channels.requests import ConnectChannel
from kanal.ids import Wamid, WorkspaceId, inbound_message_id
from tests.integration.inbound import (
    contacts_stored,
    dead_letters,
    kinds_stored,
    message,
    messages,
    process_next,
    put,
)
from tests.integration.world import BASE_URL, START, World, webhook_body

OTHER_NUMBER = {"phone_number": "+4930901821", "api_key": "key-of-another-number"}


@pytest.fixture
def channel(world: World) -> Channel:
    return world.connect()


def received(world: World) -> list[str]:
    """The wamids of the `message.received` events since the last look."""
    return [event["detail"]["message"]["wamid"] for event in world.aws.events()]


# --- kinds that are kept ---

KEPT: list[tuple[str, dict[str, Any]]] = [
    ("flows", {"field": "flows", "value": {"event": "FLOW_STATUS_CHANGE"}}),
    ("call", {"field": "calls", "value": {"calls": [{"id": "wacid.1", "event": "connect"}]}}),
    ("standby", {"field": "standby", "value": {"messages": [message("wamid.s")]}}),
    ("unknown", {"field": "next_years_field", "value": {}}),
    ("unknown", {"field": "messages", "value": {"user_actions": [{"kind": "click"}]}}),
    (
        "message",
        {"field": "messages", "value": {"messages": [{"id": "wamid.s", "type": "system", "system": {}}]}},
    ),
]


@pytest.mark.parametrize(("kind", "change"), KEPT)
def test_what_kanal_does_not_act_on_is_kept_raw_and_counted(
    world: World, channel: Channel, kind: str, change: dict[str, Any]
) -> None:
    """Kept once, however often it comes, as a body that holds it alone."""
    body = {"object": "whatsapp_business_account", "entry": [{"id": "2", "time": 7, "changes": [change]}]}
    for _ in range(2):
        put(world, channel, body)
        assert process_next(world) == {kind: 1}
    [kept] = kinds_stored(world)["raw"]
    assert json.loads(kept["raw"])["entry"][0]["changes"] == [change]
    assert kept["field"] == change["field"]
    assert (dead_letters(world), world.aws.events(), contacts_stored(world)) == ([], [], [])


def test_a_reaction_is_a_message_that_opens_no_window(world: World, channel: Channel) -> None:
    """It is stored with its content and announced under its own type."""
    tapped = {"message_id": "wamid.0", "emoji": "\U0001f44d"}
    put(world, channel, messages({**message("wamid.1"), "type": "reaction", "reaction": tapped}))
    process_next(world)
    [event] = world.aws.events()
    assert event["detail"]["message"]["reaction"] == tapped
    assert event["detail"]["contact"]["window"]["open"] is False


def test_a_raw_item_too_large_for_the_table_goes_to_the_bucket(world: World, channel: Channel) -> None:
    """DynamoDB takes 400 KB an item; nothing is cut off."""
    change = {"field": "history", "value": {"history": "\u00e9" * 300_000}}
    put(world, channel, {"entry": [{"changes": [change]}]})
    process_next(world)
    [kept] = kinds_stored(world)["raw"]
    assert json.loads(world.bucket.get(kept["s3_key"]))["entry"][0]["changes"] == [change]


# --- whose it is ---


def _named(phone_number_id: str) -> dict[str, Any]:
    return messages(message("wamid.1"), metadata={"phone_number_id": phone_number_id})


def test_an_item_of_another_number_of_the_workspace_goes_to_its_channel(
    world: World, channel: Channel
) -> None:
    """WhatsApp's overrides can bring one number's items to another's webhook."""
    world.control("numbers", OTHER_NUMBER)
    other = world.connect("Sales", api_key=OTHER_NUMBER["api_key"])
    put(world, channel, _named(other.phone_number_id))
    process_next(world)
    [event] = world.aws.events()
    assert event["detail"]["channel_id"] == other.ref.channel_id
    assert world.messages.get(other.ref, inbound_message_id(other.ref, Wamid("wamid.1")))


def test_an_item_of_another_workspaces_number_is_set_aside(world: World, channel: Channel) -> None:
    """A workspace can write nothing into another, not even through its own webhook."""
    world.control("numbers", OTHER_NUMBER)
    parts = Connecting(world.channels, world.providers, world.secrets, world.tokens, world.clock, BASE_URL)
    request = ConnectChannel(name="Theirs", api_key=OTHER_NUMBER["api_key"])
    theirs = connect_channel(parts, WorkspaceId("others"), request, None)
    put(world, channel, _named(theirs.phone_number_id))
    assert process_next(world)["dead_letter"] == 1
    [letter] = dead_letters(world)
    assert letter["workspace_id"] == "acme"
    assert "not connected in this workspace" in letter["reason"]
    assert kinds_stored(world)["message"] == contacts_stored(world) == []


@pytest.mark.parametrize("number", ["999999999999999", "", "x" * 3000])
def test_an_unknown_number_id_is_the_webhooks_own_number(world: World, channel: Channel, number: str) -> None:
    """A number gets another id when it moves to another business account; its webhook stays."""
    put(world, channel, _named(number))
    process_next(world)
    assert [event["detail"]["channel_id"] for event in world.aws.events()] == [channel.ref.channel_id]


# --- windows ---


def window_of(world: World, channel: Channel) -> Any:
    [item] = contacts_stored(world)
    contact = world.contacts.get(channel.ref, item["id"])
    assert contact
    return contact.window


def test_the_window_opens_by_whatsapps_clock(world: World, channel: Channel) -> None:
    """A webhook that comes an hour late opens an hour less."""
    put(world, channel, messages(message("wamid.1", at=START - timedelta(hours=1))))
    process_next(world)
    assert window_of(world, channel).open_until == START + timedelta(hours=23)


@pytest.mark.parametrize("kind", ["system", "unsupported", "a_new_kind"])
def test_what_nobody_said_opens_no_window(world: World, channel: Channel, kind: str) -> None:
    """Notices about a chat are no talk."""
    put(world, channel, messages({**message("wamid.1"), "type": kind, kind: {}}))
    process_next(world)
    assert window_of(world, channel).open_until is None


def test_an_older_message_does_not_shorten_the_window(world: World, channel: Channel) -> None:
    """Order of arrival says nothing."""
    for wamid, hours in (("wamid.2", 0), ("wamid.1", 5)):
        put(world, channel, messages(message(wamid, at=START - timedelta(hours=hours))))
        process_next(world)
    assert window_of(world, channel).open_until == START + timedelta(hours=24)


def test_whatsapps_refusal_closes_the_window_until_the_person_writes_again(
    world: World, channel: Channel
) -> None:
    """131047 overrules what we believed; a later message opens anew, and the refusal come late does not."""
    world.customer_writes()
    process_next(world)
    reply = world.send_text(channel, "key-1")
    world.work()
    refused_at = START + timedelta(minutes=10)
    error = {"code": 131047, "title": "Re-engagement message"}
    [sent] = world.accepted_by_provider()
    refused = world.status(sent["wamid"], "failed", refused_at, errors=[error])
    put(world, channel, refused)
    process_next(world)
    assert world.message(channel, reply.id).state == "failed"
    assert not window_of(world, channel).is_open(refused_at)
    put(world, channel, messages(message("wamid.2", at=refused_at + timedelta(minutes=1))))
    put(world, channel, refused)
    process_next(world)
    process_next(world)
    assert window_of(world, channel).is_open(refused_at + timedelta(minutes=1))


# --- statuses ---


@pytest.mark.parametrize("echoes_our_id", [True, False])
def test_a_status_that_overtakes_the_recording_of_its_send_is_applied(
    world: World, channel: Channel, echoes_our_id: bool
) -> None:
    """WhatsApp may report before our worker has written down what it was answered."""
    world.customer_writes()
    process_next(world)
    world.aws.events()
    reply = world.send_text(channel, "key-1")
    ours = {"biz_opaque_callback_data": reply.id} if echoes_our_id else {}

    def report(answer: httpx.Response) -> None:
        if answer.request.url.path == "/messages":
            answer.read()
            wamid = answer.json()["messages"][0]["id"]
            put(world, channel, world.status(wamid, "delivered", world.clock(), **ours))
            process_next(world)

    world.provider_http.event_hooks = {"response": [report]}
    world.work()
    world.provider_http.event_hooks = {}
    assert world.message(channel, reply.id).state == "delivered"
    statuses = [event["detail"]["status"] for event in world.aws.events()]
    assert statuses == ["delivered"]


def test_a_status_that_nobody_waits_for_is_kept_under_its_wamid(world: World, channel: Channel) -> None:
    """Other software may send through the same number; its statuses do no harm and make no event."""
    put(world, channel, world.status("wamid.foreign", "read", world.clock(), errors=[], pricing={"a": 1}))
    assert process_next(world) == {"status": 1}
    [parked] = kinds_stored(world)["wamid"]
    assert "fact_read" in parked
    assert (dead_letters(world), world.aws.events()) == ([], [])


@pytest.mark.parametrize("status", [None, 7, "", "x" * 101], ids=["none", "number", "empty", "long"])
def test_a_status_that_is_no_word_is_set_aside(world: World, channel: Channel, status: Any) -> None:
    """It could not be shown; its raw JSON stays."""
    body = webhook_body(statuses=[{"id": "wamid.1", "status": status, "timestamp": "1795176000"}])
    put(world, channel, body)
    assert process_next(world)["dead_letter"] == 1
    assert json.loads(dead_letters(world)[0]["text"]) == body


def test_a_disconnected_channels_waiting_webhooks_are_still_applied(world: World, channel: Channel) -> None:
    """A 200 was given for them."""
    put(world, channel, messages(message("wamid.1")))
    world.channels.disconnect(replace(channel), webhook_cleared=True)
    process_next(world)
    assert received(world) == ["wamid.1"]


def test_a_time_in_milliseconds_is_read_as_such(world: World, channel: Channel) -> None:
    """Seen in practice now and then."""
    at: datetime = START - timedelta(hours=2)
    put(world, channel, messages(message("wamid.1", timestamp=int(at.timestamp() * 1000))))
    process_next(world)
    assert window_of(world, channel).open_until == at + timedelta(hours=24)
