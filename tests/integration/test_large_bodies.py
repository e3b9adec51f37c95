"""A webhook of a thousand updates: taken at the door, split, and applied part by part."""

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from kanal.aws.outbox import Outbox, Outgoing
from kanal.channels.model import Channel
from kanal.errors import QueueUnavailable
from kanal.inbox.batch import Batch, process_batch
from kanal.inbox.split import MAX_ITEMS
from tests.integration.hooks import at_every_call
from tests.integration.inbound import Killed, dead_letters, kinds_stored, message, put
from tests.integration.test_inbound_batch import batch_of
from tests.integration.world import CUSTOMER, START, World, webhook_body

pytestmark = pytest.mark.slow

OTHER_NUMBER = {"phone_number": "+4930901821", "api_key": "key-of-another-number"}


def mixed(count: int, other: Channel, padding: int = 0) -> dict[str, Any]:
    """Of two numbers: messages, statuses, errors of the number, fields nobody knows, and broken items."""
    changes = [_change(number, other, "x" * padding) for number in range(count)]
    return {"object": "whatsapp_business_account", "entry": [{"id": "2", "changes": changes}]}


def _change(number: int, other: Channel, text: str) -> dict[str, Any]:
    wamid, stamp = f"wamid.{number}", str(int(START.timestamp()))
    kinds: list[dict[str, Any]] = [
        {"contacts": [{"wa_id": CUSTOMER}], "messages": [message(wamid, text)]},
        {"contacts": [{"wa_id": CUSTOMER}], "messages": [message(wamid, text)], **_number_of(other)},
        {"statuses": [{"id": wamid, "status": "read", "timestamp": stamp, "odd": text}]},
        {"errors": [{"code": number, "title": text}]},
        {"messages": [{"id": wamid, "text": text}]},
        {"somebody_acted": [number, text]},
    ]
    change: dict[str, Any] = webhook_body(**kinds[number % len(kinds)])["entry"][0]["changes"][0]
    return change


def _number_of(channel: Channel) -> dict[str, Any]:
    return {"metadata": {"phone_number_id": channel.phone_number_id}}


def run_to_end(world: World, batch: Batch) -> Counter[str]:
    """Batch after batch, as Lambda takes them, until the queue is empty."""
    seen: Counter[str] = Counter()
    while records := world.take_inbound():
        left, of_batch = process_batch(batch, records)
        assert left == []
        seen += of_batch
        for record in records:
            world.aws.delete("inbound", record)
    return seen


@pytest.fixture
def channel(world: World) -> Channel:
    return world.connect()


@pytest.fixture
def other(world: World, channel: Channel) -> Channel:
    world.control("numbers", OTHER_NUMBER)
    return world.connect("Sales", api_key=OTHER_NUMBER["api_key"])


def found(world: World, channels: list[Channel]) -> dict[str, Any]:
    """What the body left behind, by the channels whose it is."""
    kept = kinds_stored(world)
    owners = Counter(
        channel.name
        for item in kept["message"]
        for channel in channels
        if item["pk"].startswith(f"{channel.ref.prefix}#")
    )
    letters = dead_letters(world)
    return {
        "messages": owners,
        "statuses": len(kept["wamid"]),
        "raw": len(kept["raw"]),
        "letters": {
            json.loads(letter["text"])["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
            for letter in letters
        },
        "reasons": {letter["reason"] for letter in letters},
    }


def expected(count: int) -> dict[str, Any]:
    sixth = count // 6
    return {
        "messages": {"Support": sixth, "Sales": sixth},
        "statuses": sixth,
        "raw": 2 * sixth,
        "letters": {f"wamid.{number}" for number in range(4, count, 6)},
        "reasons": {"`type` of the message is missing"},
    }


def test_a_thousand_updates_in_three_megabytes_are_all_applied(
    world: World, channel: Channel, other: Channel
) -> None:
    """Promise 1, over the bucket and in parts: each update is there once, under the number it names."""
    body = json.dumps(mixed(1002, other, padding=2700)).encode()
    assert 2_900_000 < len(body) < 3 * 1024 * 1024
    put(world, channel, body)
    seen = run_to_end(world, batch_of(world))
    assert seen["split"] == 1
    assert sum(seen.values()) - seen["split"] - seen["dead_letter"] == 1002
    assert found(world, [channel, other]) == expected(1002)


def test_a_split_that_dies_after_any_call_is_repeated_without_harm(
    world: World, channel: Channel, other: Channel
) -> None:
    """The whole comes again, and its parts once more; what came before changes nothing."""
    put(world, channel, mixed(120, other, padding=9000))
    [whole] = world.take_inbound()
    batch = batch_of(world)
    for at in itertools.count(1):
        steps = itertools.count(1)

        def die(_call: str, steps: Iterator[int] = steps, at: int = at) -> None:
            if next(steps) == at:
                raise Killed

        try:
            with at_every_call(world, die):
                process_batch(batch, [whole])
            break
        except Killed:
            continue
    assert at > 10, "before and after the bucket and each of five calls of the queue"
    world.aws.delete("inbound", whole)
    run_to_end(world, batch)
    assert found(world, [channel, other]) == expected(120)


def test_parts_keep_the_time_at_which_the_whole_was_received(world: World, channel: Channel) -> None:
    """And whose they are: a part is a webhook of its own, in the channel's fair group."""
    put(world, channel, webhook_body(errors=[{"code": number} for number in range(MAX_ITEMS + 1)]))
    [whole] = world.take_inbound()
    world.clock.advance(hours=1)
    assert process_batch(batch_of(world), [whole]) == ([], {"split": 1})
    world.aws.delete("inbound", whole)
    parts = world.take_inbound()
    assert len(parts) == 2
    for part in parts:
        assert part["messageAttributes"] == whole["messageAttributes"]
        assert part["attributes"]["MessageGroupId"] == channel.ref.channel_id


@pytest.mark.parametrize("odd", ["x" * 300_000, "\ufffe"], ids=["too large", "not for SQS"])
def test_a_part_that_the_queue_does_not_take_goes_through_the_bucket(
    world: World, channel: Channel, odd: str
) -> None:
    many = [{"code": number} for number in range(MAX_ITEMS)]
    put(world, channel, webhook_body(errors=[{"code": "odd", "title": odd}, *many]))
    seen = run_to_end(world, batch_of(world))
    assert seen == {"split": 1, "error": MAX_ITEMS + 1}


# --- what the queue refuses ---


class _Refusing:
    """Stands for the client of SQS: takes only some entries of a call."""

    def __init__(self, refusals: list[set[str]]) -> None:
        self.refusals = refusals
        self.taken: list[str] = []
        self.sizes: list[int] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803  # as boto3 calls it
        refused = self.refusals.pop(0) if self.refusals else set()
        self.sizes.append(sum(len(entry["MessageBody"]) for entry in Entries))
        self.taken += [entry["MessageBody"] for entry in Entries if entry["MessageBody"] not in refused]
        failed = [entry for entry in Entries if entry["MessageBody"] in refused]
        return {"Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry in failed]}


def _outbox(client: Any) -> Outbox:
    return Outbox("url", client)


def test_entries_that_the_queue_refuses_are_sent_again_and_only_those() -> None:
    client = _Refusing([{"b", "c"}, {"c"}])
    _outbox(client).put([Outgoing(body, "group") for body in "abc"])
    assert client.taken == ["a", "b", "c"]


def test_a_queue_that_goes_on_refusing_is_said_to_be_unavailable() -> None:
    """Whoever puts then puts everything again."""
    with pytest.raises(QueueUnavailable, match="1 messages were not taken by the queue: InternalError"):
        _outbox(_Refusing([{"b"}] * 3)).put([Outgoing("a", "group"), Outgoing("b", "group")])


def test_a_call_holds_no_more_than_sqs_takes() -> None:
    """Ten messages, and 256 KB with their attributes."""
    client = _Refusing([])
    given = {"received_at": "x" * 1000}
    messages = [Outgoing(str(number % 10) * 100_000, "group", given) for number in range(5)]
    _outbox(client).put([*messages, *(Outgoing(letter, "group") for letter in "abcdefghijklmno")])
    assert client.sizes == [200_000, 200_000, 100_009, 6]
    assert replace(messages[0], body="").size == len("received_atString") + 1000
