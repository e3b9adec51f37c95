"""What the tests of the inbound side share: messages as WhatsApp sends them, and the queue step by step."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from kanal.channels.model import Channel
from kanal.channels.webhook import SECRET_HEADER
from kanal.inbox.process import Inbox, process_body
from kanal.inbox.queued import read_delivery
from tests.integration.aws import boto
from tests.integration.world import CUSTOMER, START, World, webhook_body


@dataclass(frozen=True)
class Hook:
    """What the provider knows: where it delivers, and with which headers."""

    path: str
    headers: Mapping[str, str]


def hook_of(world: World, channel: Channel) -> Hook:
    registered = world.providers.of(channel).webhook()
    assert registered.headers
    path = "/" + registered.url.split("/", 3)[3]
    return Hook(path, {SECRET_HEADER: registered.headers[SECRET_HEADER]})


def message(wamid: str, text: str = "Hi", at: datetime = START, **fields: Any) -> dict[str, Any]:
    """A text from the customer; any key can be given another value."""
    written = {"id": wamid, "type": "text", "text": {"body": text}, "from": CUSTOMER}
    return {**written, "timestamp": str(int(at.timestamp())), **fields}


def messages(*written: Any, **value: Any) -> dict[str, Any]:
    """The webhook that carries them."""
    person = {"profile": {"name": "Mia"}, "wa_id": CUSTOMER}
    return webhook_body(contacts=[person], messages=list(written), **value)


def put(world: World, channel: Channel, body: Any) -> None:
    """The provider delivers, and is told that it arrived."""
    hook = hook_of(world, channel)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert world.webhook(hook.path, hook.headers, raw) == 200


def process_next(world: World, inbox: Inbox | None = None) -> dict[str, int]:
    """One queue message; it is shown again if that raises. How many items of each kind it had."""
    record = world.take_inbound(1)[0]
    delivery = read_delivery(record, world.bucket)
    try:
        seen = process_body(inbox or world.inbox, delivery.ref, delivery.body, delivery.arrival)
    except BaseException:
        world.aws.show_again("inbound", record)
        raise
    world.aws.delete("inbound", record)
    return dict(seen)


def dead_letters(world: World) -> list[dict[str, Any]]:
    """All that are there, taken off the queue: `reason` and `body`."""
    found = []
    while records := world.aws.take("inbound-dead-letters"):
        for record in records:
            given = {name: value["stringValue"] for name, value in record["messageAttributes"].items()}
            text = world.bucket.get(given["s3_key"]) if "s3_key" in given else record["body"]
            found.append({**given, "text": text})
            world.aws.delete("inbound-dead-letters", record)
    return found


def redrive(world: World, letter: Mapping[str, Any], body: Any) -> None:
    """As when a person moves a dead letter back, perhaps with a repaired body."""
    attributes = {name: value for name, value in letter.items() if name != "text"}
    boto("sqs").send_message(
        QueueUrl=world.aws.queues["inbound"],
        MessageBody=json.dumps(body),
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


def stored(table: str) -> list[dict[str, Any]]:
    """Every item of a table in plain Python, for what no store shows."""
    pages = boto("dynamodb").get_paginator("scan").paginate(TableName=table)
    return [
        {name: next(iter(value.values())) for name, value in item.items()}
        for page in pages
        for item in page["Items"]
    ]


def kinds_stored(world: World) -> dict[str, list[dict[str, Any]]]:
    """The messages table by what its items are: `message`, `wamid`, `raw`; `early` are versions of messages
    that have not come.
    """
    found: dict[str, list[dict[str, Any]]] = {"message": [], "wamid": [], "raw": [], "early": []}
    for item in stored(world.aws.messages):
        is_early = item["sk"] == "message" and "id" not in item
        found["early" if is_early else item["sk"]].append(item)
    return found


def contacts_stored(world: World) -> list[dict[str, Any]]:
    return [item for item in stored(world.aws.contacts) if item["sk"] == "contact"]


def raise_on(client: Any, operation: str, error: Callable[[], BaseException], times: int = 1) -> None:
    """The next calls of an operation (`*` for all) do not reach AWS."""
    left = [times]

    def fail(**_: Any) -> None:
        if left[0] > 0:
            left[0] -= 1
            raise error()

    client.meta.events.register(f"provide-client-params.*.{operation}", fail)


def throttled() -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "Any")


def client_of(world: World, service: str) -> Any:
    """The client of a service that this world's inbound side uses."""
    return next(made for made in world.aws.clients if made.meta.service_model.service_name == service)


class Killed(BaseException):
    """The process ends here and now: no handler of Exception sees it."""
