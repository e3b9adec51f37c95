"""Promise 9 within a workspace: what is of one channel is nobody's in another."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import kanal.http
from kanal.channels.model import Channel
from kanal.contacts.identity import phone
from kanal.contacts.model import Sighting
from kanal.ids import inbound_message_id
from tests.integration.files import PNG, FetchLine, file_arrives
from tests.integration.gateway import Gateway, deployed
from tests.integration.world import CUSTOMER, World

OTHER_NUMBER = {"phone_number": "+4930901821", "api_key": "key-of-another-number"}
FILE = {"type": "image", "mime_type": "image/png", "size_bytes": len(PNG)}
BROADCAST = {"name": "News", "template": {"name": "hello_world", "language": {"code": "en_US"}}}
_NAME = re.compile(r"{(\w+)}")
_DESCRIPTION = json.loads((Path(kanal.http.__file__).parent / "openapi.json").read_text())
ROUTES = [
    (method.upper(), path)
    for path, methods in _DESCRIPTION["paths"].items()
    for method in methods
    if len(_NAME.findall(path)) > 1
]
"""Those that name a message, a file, a contact or a broadcast of a channel."""


@pytest.fixture
def gateway(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with deployed(world, monkeypatch) as gateway:
        yield gateway


@pytest.fixture
def ids(world: World, gateway: Gateway) -> dict[str, str]:
    """Of a channel in which there is one of each."""
    channel = world.connect()
    wamid = file_arrives(world)["wamid"]
    world.process_all()
    FetchLine(world).run_to_end()
    contact = world.contacts.find(channel.ref, phone(CUSTOMER))
    assert contact
    upload = gateway.call("POST", f"/v1/channels/{channel.ref.channel_id}/media", FILE).json
    path = f"/v1/channels/{channel.ref.channel_id}"
    gateway.call("POST", f"{path}/templates/sync")
    broadcast = gateway.call("POST", f"{path}/broadcasts", BROADCAST, headers={"idempotency-key": "b"}).json
    return {
        "broadcast_id": broadcast["id"],
        "order": "cancel",
        "channel_id": channel.ref.channel_id,
        "contact_id": contact.id,
        "message_id": inbound_message_id(channel.ref, wamid),
        "media_id": upload["id"],
    }


@pytest.fixture
def other(world: World, ids: dict[str, str]) -> Channel:
    world.control("numbers", OTHER_NUMBER)
    return world.connect("Sales", api_key=OTHER_NUMBER["api_key"])


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_finds_what_is_of_another_channel(
    gateway: Gateway, ids: dict[str, str], other: Channel, method: str, path: str
) -> None:
    body = {"contact_id": "con_" + "a" * 26} if path.endswith("merge") else None

    def status(**changed: str) -> int:
        return gateway.call(method, _NAME.sub(lambda name: {**ids, **changed}[name[1]], path), body).status

    assert status(channel_id=other.ref.channel_id) == 404
    found = 409 if method == "DELETE" else 200  # what came in cannot be cancelled
    assert body or status() == found


def test_contacts_of_two_channels_are_not_merged(
    world: World, gateway: Gateway, ids: dict[str, str], other: Channel
) -> None:
    """The same person is a contact of each."""
    theirs = world.contacts.sight(other.ref, Sighting("", wa_id=CUSTOMER), world.clock())
    for verb in ("merge", "unmerge"):
        path = f"/v1/channels/{other.ref.channel_id}/contacts/{theirs.id}/{verb}"
        assert gateway.call("POST", path, {"contact_id": ids["contact_id"]}).status == 404
