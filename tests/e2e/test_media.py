"""Files both ways: a customer's picture is kept and can be fetched, an uploaded one is sent."""

import base64
from typing import Any

import httpx

from tests.e2e.world import Channel, World, eventually

ADA = "+4915112345678"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100


def test_a_picture_comes_in_and_is_fetched_by_its_link(world: World, channel: Channel) -> None:
    told = world.tell_simulator(
        "media",
        phone_number=channel.phone_number,
        mime_type="image/png",
        content_base64=base64.b64encode(PNG).decode(),
    )
    world.tell_simulator(
        "inbound",
        phone_number=channel.phone_number,
        **{"from": ADA},
        message={"type": "image", "image": {**told, "caption": "Is this the right one?"}},
    )
    assert channel.received()[0]["message"]["media"]["state"] == "pending"
    event = eventually(lambda: next(iter(channel.events("message.media")), None), seconds=30)
    assert event["message"]["media"]["state"] == "stored"
    assert channel.message(event["message"]["id"])["media"] == event["message"]["media"]

    link = world.front.get(f"{channel.path}/messages/{event['message']['id']}/media").json()
    with httpx.Client(trust_env=False) as anybody:
        file = anybody.get(link["url"])
    assert (file.status_code, file.content) == (200, PNG)
    assert file.headers["content-type"] == "image/png"
    assert file.headers["content-disposition"].startswith("attachment")


def test_an_uploaded_picture_is_sent(world: World, channel: Channel) -> None:
    contact = channel.open_window(ADA)
    upload = _announced(world, channel)
    early = channel.send({"to": contact, "type": "image", "image": {"id": upload["id"]}}, key="picture")
    assert early.json()["code"] == "media_not_uploaded"
    form = upload["upload"]
    with httpx.Client(trust_env=False) as anybody:
        file = {"file": ("photo.png", PNG, "image/png")}
        assert anybody.post(form["url"], data=form["fields"], files=file).is_success
    accepted = channel.send({"to": contact, "type": "image", "image": {"id": upload["id"]}}, key="picture")
    assert accepted.status_code == 202, accepted.text
    channel.message_once(accepted.json()["id"], "sent", "delivered", "read", seconds=40)

    [sent] = channel.accepted_by_provider()
    files = world.simulator.get("/_control/media", params={"phone_number": channel.phone_number}).json()
    assert [(file["id"], file["file_size"]) for file in files] == [(sent["body"]["image"]["id"], len(PNG))]


def test_a_form_takes_no_other_file(world: World, channel: Channel) -> None:
    form = _announced(world, channel)["upload"]
    with httpx.Client(trust_env=False) as anybody:
        file = {"file": ("photo.png", PNG + b"more", "image/png")}
        assert anybody.post(form["url"], data=form["fields"], files=file).is_client_error


def _announced(world: World, channel: Channel) -> Any:
    wanted = {"type": "image", "mime_type": "image/png", "size_bytes": len(PNG)}
    answer = world.front.post(f"{channel.path}/media", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()
