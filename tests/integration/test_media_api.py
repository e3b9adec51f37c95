"""Links to files that came in, and announcing files that go out, over HTTP."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kanal.ids import ChannelId, ChannelRef, inbound_message_id
from tests.integration.aws import boto
from tests.integration.files import PNG, FetchLine, file_arrives
from tests.integration.gateway import Gateway, deployed
from tests.integration.test_http import CONNECT, problem
from tests.integration.world import WORKSPACE, World

IMAGE = {"type": "image", "mime_type": "image/png", "size_bytes": len(PNG)}


@pytest.fixture
def gateway(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with deployed(world, monkeypatch) as gateway:
        yield gateway


@pytest.fixture
def channel(gateway: Gateway) -> str:
    identifier: str = gateway.call("POST", "/v1/channels", CONNECT).json["id"]
    return identifier


def received(world: World, channel: str, kind: str = "image", **announced: Any) -> str:
    """The path of the file of a message, not fetched yet."""
    written = file_arrives(world, kind=kind, **announced)
    world.process_all()
    message_id = inbound_message_id(ChannelRef(WORKSPACE, ChannelId(channel)), written["wamid"])
    return f"/v1/channels/{channel}/messages/{message_id}/media"


def uploaded(world: World, upload: Any, content: bytes = PNG, mime_type: str = "image/png") -> None:
    """As when the form is filled in: the emulator keeps none of a form's rules."""
    fields = upload["upload"]["fields"]
    boto("s3").put_object(
        Bucket=world.aws.media_bucket, Key=fields["key"], Body=content, ContentType=mime_type
    )


def behind(world: World, link: str) -> Any:
    """What S3 tells of the file to which a link leads."""
    return boto("s3").head_object(Bucket=world.aws.media_bucket, Key=urlsplit(link).path.lstrip("/"))


# --- links ---


def test_a_link_leads_to_the_file_for_five_minutes(world: World, gateway: Gateway, channel: str) -> None:
    path = received(world, channel, kind="document", filename="Rechnung März.pdf")
    FetchLine(world).run_to_end()
    link = gateway.call("GET", path).json
    assert (link["mime_type"], link["size_bytes"]) == ("image/png", len(PNG))
    query = parse_qs(urlsplit(link["url"]).query)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert ".s3.eu-central-1.amazonaws.com" in link["url"]
    assert "Rechnung" not in link["url"]
    file = behind(world, link["url"])
    assert file["ContentType"] == "image/png"
    assert file["ContentDisposition"] == "attachment; filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf"


def test_a_file_without_a_name_is_called_by_its_message(world: World, gateway: Gateway, channel: str) -> None:
    path = received(world, channel)
    FetchLine(world).run_to_end()
    file = behind(world, gateway.call("GET", path).json["url"])
    assert file["ContentDisposition"].endswith(f"{path.split('/')[5]}.png")


@pytest.mark.parametrize("mime_type", ["text/html", "image/svg+xml", "text/html\r\nX-A: b", "ü/ü"])
def test_a_browser_never_shows_a_file(world: World, gateway: Gateway, channel: str, mime_type: str) -> None:
    """Whatever people send as a document, under whatever name: S3 takes 2 KB of name and type."""
    path = received(world, channel, kind="document", mime_type=mime_type, filename='"\r\n\U0001f600/../' * 99)
    FetchLine(world).run_to_end()
    file = behind(world, gateway.call("GET", path).json["url"])
    disposition = file["ContentDisposition"]
    assert re.fullmatch(r"attachment; filename\*=UTF-8''[A-Za-z0-9%._~-]{1,1600}", disposition)
    assert file["ContentType"] in (mime_type, "application/octet-stream")


def test_there_is_no_link_before_the_file_is_there_and_none_to_a_file_given_up(
    world: World, gateway: Gateway, channel: str
) -> None:
    path = received(world, channel)
    problem(gateway.call("GET", path), 409, "media_pending")
    world.control("faults", {"on": "media", "kind": "status", "status": 404, "times": 1})
    FetchLine(world).run_to_end()
    assert problem(gateway.call("GET", path), 409, "media_failed")["reason"] == "unknown_id"


def test_there_is_no_link_for_a_message_without_a_file(world: World, gateway: Gateway, channel: str) -> None:
    written = world.customer_writes("Good morning")
    world.process_all()
    message_id = inbound_message_id(ChannelRef(WORKSPACE, ChannelId(channel)), written["wamid"])
    problem(gateway.call("GET", f"/v1/channels/{channel}/messages/{message_id}/media"), 404, "not_found")


def test_another_workspace_gets_no_link(world: World, gateway: Gateway, channel: str) -> None:
    path = received(world, channel)
    FetchLine(world).run_to_end()
    stranger = {"workspace_id": "other", "scope": "messages:read"}
    problem(gateway.call("GET", path, claims=stranger), 404, "not_found")


# --- uploads ---


def test_an_announced_file_gets_a_form_for_exactly_that_file(
    world: World, gateway: Gateway, channel: str
) -> None:
    answer = gateway.call("POST", f"/v1/channels/{channel}/media", IMAGE)
    assert answer.status == 201, answer.text
    upload = answer.json
    assert upload["state"] == "awaiting_upload"
    form = upload["upload"]
    assert form["method"] == "POST"
    assert form["fields"]["Content-Type"] == "image/png"
    assert form["fields"]["key"] == f"uploads/acme/{channel}/{upload['id']}"
    policy = _policy(form["fields"]["policy"])
    assert ["content-length-range", len(PNG), len(PNG)] in policy
    assert {"Content-Type": "image/png"} in policy
    assert {"key": form["fields"]["key"]} in policy


def _policy(encoded: str) -> list[Any]:
    conditions: list[Any] = json.loads(base64.b64decode(encoded))["conditions"]
    return conditions


def test_the_same_key_announces_the_same_file_with_a_fresh_form(gateway: Gateway, channel: str) -> None:
    path, key = f"/v1/channels/{channel}/media", {"idempotency-key": "file-1"}
    first = gateway.call("POST", path, IMAGE, headers=key).json
    assert gateway.call("POST", path, IMAGE, headers=key).json["id"] == first["id"]
    other = {**IMAGE, "size_bytes": 5}
    problem(gateway.call("POST", path, other, headers=key), 409, "idempotency_key_reused")
    assert gateway.call("POST", path, IMAGE).json["id"] != first["id"]


def test_an_upload_is_ready_once_its_file_is_there(world: World, gateway: Gateway, channel: str) -> None:
    upload = gateway.call("POST", f"/v1/channels/{channel}/media", IMAGE).json
    path = f"/v1/channels/{channel}/media/{upload['id']}"
    assert gateway.call("GET", path).json["state"] == "awaiting_upload"
    uploaded(world, upload)
    assert gateway.call("GET", path).json["state"] == "ready"


@pytest.mark.parametrize(
    ("content", "mime_type", "words"),
    [
        (b"<html>".ljust(len(PNG)), "image/png", "does not begin"),
        (PNG[:-1], "image/png", "another size"),
        (PNG, "text/html", "another size or type"),
    ],
)
def test_a_file_that_is_not_what_was_announced_is_refused(
    world: World, gateway: Gateway, channel: str, content: bytes, mime_type: str, words: str
) -> None:
    upload = gateway.call("POST", f"/v1/channels/{channel}/media", IMAGE).json
    uploaded(world, upload, content, mime_type)
    shown = gateway.call("GET", f"/v1/channels/{channel}/media/{upload['id']}").json
    assert shown["state"] == "refused"
    assert words in shown["message"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"mime_type": "image/gif"}, "/mime_type"),
        ({"mime_type": "image/png; name=\u00fc"}, "/mime_type"),
        ({"size_bytes": 5 * 1024 * 1024 + 1}, "/size_bytes"),
        ({"size_bytes": 0}, "/size_bytes"),
        ({"type": "gif"}, "/type"),
        ({"url": "https://example.com"}, "/url"),
    ],
)
def test_a_file_that_whatsapp_does_not_take_is_refused_before_it_is_uploaded(
    gateway: Gateway, channel: str, wrong: Any, pointer: str
) -> None:
    answer = gateway.call("POST", f"/v1/channels/{channel}/media", {**IMAGE, **wrong})
    assert [error["pointer"] for error in problem(answer, 422, "invalid_request")["errors"]] == [pointer]


def test_nothing_is_announced_for_a_disconnected_channel(gateway: Gateway, channel: str) -> None:
    gateway.call("DELETE", f"/v1/channels/{channel}")
    problem(gateway.call("POST", f"/v1/channels/{channel}/media", IMAGE), 409, "channel_disconnected")


def test_an_unknown_upload_is_not_found(gateway: Gateway, channel: str) -> None:
    for media_id in ("med_" + "a" * 26, "12345", ".."):
        problem(gateway.call("GET", f"/v1/channels/{channel}/media/{media_id}"), 404, "not_found")
