"""What becomes of the items of a webhook: applied, kept, or set aside; once, in whatever order they come."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kanal.channels.model import Channel
from kanal.inbox.apply import Arrival
from kanal.inbox.process import process_body
from kanal.inbox.queued import read_delivery
from tests.integration.inbound import (
    Killed,
    client_of,
    contacts_stored,
    dead_letters,
    kinds_stored,
    message,
    messages,
    process_next,
    put,
    raise_on,
    redrive,
    throttled,
)
from tests.integration.world import CUSTOMER, START, World, webhook_body

FIRST = Arrival(START, may_be_repeated=False)


@pytest.fixture
def channel(world: World) -> Channel:
    return world.connect()


def received(world: World) -> list[str]:
    """The wamids of the `message.received` events since the last look."""
    return [event["detail"]["message"]["wamid"] for event in world.aws.events()]


# --- once ---


def test_a_webhook_that_comes_twice_is_one_message_one_contact_and_one_event(
    world: World, channel: Channel
) -> None:
    """The provider delivers at least once; the platform hears of it once."""
    for _ in range(2):
        put(world, channel, messages(message("wamid.1")))
        process_next(world)
    assert len(kinds_stored(world)["message"]) == 1
    assert len(contacts_stored(world)) == 1
    assert received(world) == ["wamid.1"]


def test_a_crash_before_publishing_is_made_good_by_the_next_try(world: World, channel: Channel) -> None:
    """The message was stored and nobody told: the redelivery tells."""
    put(world, channel, messages(message("wamid.1")))
    raise_on(client_of(world, "events"), "PutEvents", Killed)
    with pytest.raises(Killed):
        process_next(world)
    assert len(kinds_stored(world)["message"]) == 1
    assert received(world) == []
    process_next(world)
    assert received(world) == ["wamid.1"]


def test_an_event_that_is_published_again_has_the_same_id(world: World, channel: Channel) -> None:
    """A crash after publishing makes a second publication; the id tells that it is no second message."""
    put(world, channel, messages(message("wamid.1")))
    [record] = world.take_inbound()
    delivery = read_delivery(record, world.bucket)
    process_body(world.inbox, delivery.ref, delivery.body, delivery.arrival)
    world.aws.show_again("inbound", record)
    process_next(world)
    first, second = world.aws.events()
    assert first["detail"]["event_id"] == second["detail"]["event_id"]
    assert first["detail"] == second["detail"]


def test_a_person_whose_first_messages_are_processed_at_once_is_one_contact(
    world: World, channel: Channel
) -> None:
    """Both find nobody and want to make the contact; one wins and the other joins."""
    put(world, channel, messages(message("wamid.1")))
    put(world, channel, messages(message("wamid.2", at=START + timedelta(minutes=1))))
    mine, others = world.take_inbound()
    overtaken: list[bool] = []

    def overtake(**_: Any) -> None:
        if not overtaken:
            overtaken.append(True)
            process(others)

    def process(record: dict[str, Any]) -> None:
        delivery = read_delivery(record, world.bucket)
        process_body(world.inbox, delivery.ref, delivery.body, delivery.arrival)

    client_of(world, "dynamodb").meta.events.register(
        "provide-client-params.dynamodb.TransactWriteItems", overtake
    )
    process(mine)
    assert overtaken
    [contact] = contacts_stored(world)
    assert {item["contact_id"] for item in kinds_stored(world)["message"]} == {contact["id"]}
    assert contact["window_open_until"] == "2026-11-21T12:01:00.000Z"


# --- poisoned items ---

POISONED: list[tuple[Any, str]] = [
    (message("wamid.bad", timestamp="yesterday"), "timestamp"),
    (message("wamid.bad", timestamp="-5"), "timestamp"),
    ({name: part for name, part in message("x").items() if name != "id"}, "id"),
    (message(""), "id"),
    ({"id": "wamid.bad", "from": CUSTOMER, "timestamp": "1795176000"}, "type"),
    ("not an object", "not an object"),
    (None, "not an object"),
]


@pytest.mark.parametrize(("poisoned", "reason"), POISONED)
def test_a_poisoned_item_is_set_aside_and_its_neighbours_are_applied(
    world: World, channel: Channel, poisoned: Any, reason: str
) -> None:
    """The dead letter is a webhook of its own, with the reason and the raw JSON of that item alone."""
    put(world, channel, messages(message("wamid.1"), poisoned, message("wamid.2")))
    assert process_next(world)["dead_letter"] == 1
    assert received(world) == ["wamid.1", "wamid.2"]
    [letter] = dead_letters(world)
    assert reason in letter["reason"]
    assert (letter["workspace_id"], letter["channel_id"]) == tuple(vars(channel.ref).values())
    [entry] = json.loads(letter["text"])["entry"]
    assert entry["id"] == "200000000000001"
    assert entry["changes"][0]["value"]["messages"] == [poisoned]
    assert entry["changes"][0]["value"]["metadata"]["phone_number_id"] == "100000000000001"


def test_a_repaired_dead_letter_goes_through(world: World, channel: Channel) -> None:
    """It keeps its time of arrival and is announced like any other."""
    put(world, channel, messages(message("wamid.1", timestamp="yesterday")))
    process_next(world)
    [letter] = dead_letters(world)
    arrived = world.clock()
    world.clock.advance(days=3)
    repaired = json.loads(letter["text"])
    repaired["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"] = str(int(START.timestamp()))
    redrive(world, letter, repaired)
    assert process_next(world) == {"message": 1}
    [event] = world.aws.events()
    assert event["detail"]["message"]["created_at"] == f"{arrived:%Y-%m-%dT%H:%M:%S}.000Z"
    assert dead_letters(world) == []


def test_a_body_that_was_applied_and_is_redriven_is_announced_again(world: World, channel: Channel) -> None:
    """Nobody knows how far it came before it died, so its events are published again."""
    put(world, channel, messages(message("wamid.1")))
    process_next(world)
    assert received(world) == ["wamid.1"]
    letter = {"workspace_id": "acme", "channel_id": channel.ref.channel_id, "reason": "-"}
    world.clock.advance(hours=1)
    redrive(world, {**letter, "received_at": "2026-11-20T12:00:00.000Z"}, messages(message("wamid.1")))
    process_next(world)
    assert received(world) == ["wamid.1"]
    assert len(kinds_stored(world)["message"]) == 1


def test_a_large_poisoned_item_goes_over_the_bucket(world: World, channel: Channel) -> None:
    """A dead letter of any size keeps all of its raw JSON."""
    poisoned = message("wamid.1", text="x" * 300_000, timestamp="yesterday")
    put(world, channel, messages(poisoned))
    process_next(world)
    [letter] = dead_letters(world)
    assert json.loads(letter["text"])["entry"][0]["changes"][0]["value"]["messages"] == [poisoned]


@pytest.mark.parametrize("length", [600, 1024])
def test_an_absurdly_long_number_holds_up_nobody(world: World, channel: Channel, length: int) -> None:
    """It is applied or set aside, and its neighbour is applied."""
    odd, neighbour = {**message("wamid.odd"), "from": "4" * length}, message("wamid.1")
    process_body(world.inbox, channel.ref, json.dumps(webhook_body(messages=[odd, neighbour])), FIRST)
    assert sorted(item["wamid"] for item in kinds_stored(world)["message"]) == ["wamid.1", "wamid.odd"]


def test_nesting_as_deep_as_json_is_read_holds_up_nobody(world: World, channel: Channel) -> None:
    """Whatever the depth, the neighbour is applied and the item is kept or set aside."""
    arrival = Arrival(world.clock(), may_be_repeated=False)
    for depth in (50, 190, 250, *range(900, 1000, 20)):
        deep, neighbour = f"wamid.deep.{depth}", f"wamid.{depth}"
        body = json.dumps(messages(message(deep, text="DEEP"), message(neighbour)))
        body = body.replace('"DEEP"', "[" * depth + "]" * depth)
        process_body(world.inbox, channel.ref, body, arrival)
        stored = {item["wamid"] for item in kinds_stored(world)["message"]}
        set_aside = "".join(letter["text"] for letter in dead_letters(world))
        assert neighbour in stored or neighbour in set_aside, depth
        assert deep in stored or deep in set_aside, depth


# --- failures that pass ---


@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "TransactWriteItems"])
def test_a_throttle_fails_the_body_and_the_next_try_completes_it(
    world: World, channel: Channel, operation: str
) -> None:
    """Nothing is set aside for what passes, and every event is published in the end."""
    put(world, channel, messages(message("wamid.1"), message("wamid.2", at=START + timedelta(seconds=1))))
    raise_on(client_of(world, "dynamodb"), operation, throttled)
    with pytest.raises(ClientError):
        process_next(world)
    assert dead_letters(world) == []
    assert process_next(world) == {"message": 2}
    assert received(world) == ["wamid.1", "wamid.2"]
    assert dead_letters(world) == []


def test_a_body_whose_second_item_was_throttled_announces_the_first_as_well(
    world: World, channel: Channel
) -> None:
    """The first item was stored by the failed try; its event must not be lost for that."""
    put(world, channel, messages(message("wamid.1")))
    process_next(world)
    received(world)
    put(world, channel, messages(message("wamid.2"), {"id": "wamid.3", "type": "odd", "from": "493012345"}))
    raise_on(client_of(world, "dynamodb"), "TransactWriteItems", throttled)
    with pytest.raises(ClientError):
        process_next(world)
    assert len(kinds_stored(world)["message"]) == 2
    process_next(world)
    assert received(world) == ["wamid.2", "wamid.3"]


def test_a_dead_letter_queue_that_does_not_answer_fails_the_body(world: World, channel: Channel) -> None:
    """An item that could not be set aside is not forgotten."""
    put(world, channel, messages(message("wamid.1", timestamp="yesterday")))
    raise_on(client_of(world, "sqs"), "SendMessage", throttled)
    with pytest.raises(ClientError):
        process_next(world)
    assert process_next(world)["dead_letter"] == 1
    assert len(dead_letters(world)) == 1
