"""The API's description: up to date, and true to what the code takes, asks for and shows."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.broadcasts.api import handler as broadcasts
from functions.channels.api import handler as channels
from functions.channels.contacts import handler as contacts
from functions.media.api import handler as media
from functions.send.api import handler as send
from functions.sync_templates.api import handler as sync_templates
from kanal.channels.model import Channel
from kanal.channels.model import as_json as channel_as_json
from kanal.contacts.model import Contact, Merged, Part, Seen, Trait
from kanal.contacts.view import as_json as contact_as_json
from kanal.errors import FieldError, InvalidRequest
from kanal.http.problems import problem_of
from kanal.ids import ChannelId, ChannelRef, ContactId, MediaId, MessageId, WebhookId, WorkspaceId
from kanal.media.announce import Look
from kanal.media.announce import as_json as upload_as_json
from kanal.media.model import Media
from kanal.media.model import as_json as media_as_json
from kanal.media.uploads import Upload
from kanal.messages.model import Message
from kanal.messages.model import as_json as message_as_json
from kanal.templates.model import Template
from kanal.templates.model import as_json as template_as_json
from scripts import contact_shapes, openapi, shapes
from scripts.operations import OPERATIONS

_REF = ChannelRef(WorkspaceId("acme"), ChannelId("chn_aaaaaaaaaaaaaaaaaaaaaaaaaa"))
_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_HANDLERS = {
    "broadcasts": broadcasts,
    "contacts": contacts,
    "media": media,
    "messages": send,
    "templates": sync_templates,
}


class _Context:
    """As much of Lambda's context as Powertools reads."""

    aws_request_id = "request"


def test_the_files_are_what_the_code_describes_now() -> None:
    """A change of the API shows in a review, and the deployed API describes itself as it is."""
    made = openapi.describe()
    assert openapi.PUBLISHED.read_text() == openapi.published(made), "run `make openapi`"
    assert openapi.SERVED.read_text() == openapi.served(made), "run `make openapi`"


def test_the_api_serves_its_description_without_a_token() -> None:
    answer = channels(_request("get", "/v1/openapi.json", None), _Context())
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == json.loads(openapi.PUBLISHED.read_text())


def test_every_reference_leads_somewhere() -> None:
    text = openapi.PUBLISHED.read_text()
    described = json.loads(text)
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert {part.partition('"')[0] for part in text.split('"$ref": "')[1:]} == known


@pytest.mark.parametrize(
    ("route", "body"),
    [
        (route, body)
        for route, row in OPERATIONS.items()
        if row.scope
        for body in (row.examples.values() or [None])
    ],
)
def test_each_route_takes_its_examples_and_wants_its_scope(
    route: str, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An example that were wrong would be refused with 422, before the token is looked at."""
    monkeypatch.setenv("WORKSPACE_CLAIM", "workspace_id")
    method, path = route.split()
    path = path.replace("{channel_id}", _REF.channel_id).replace("{message_id}", "msg_a")
    path = path.replace("{media_id}", "med_a").replace("{broadcast_id}", "bro_a").replace("{order}", "pause")
    handler = next((each for word, each in _HANDLERS.items() if f"/{word}" in path), channels)
    answer = handler(_request(method, path, body), _Context())
    problem = json.loads(answer["body"])
    assert (problem["code"], problem.get("scope")) == ("forbidden", OPERATIONS[route].scope)


def test_a_channel_has_the_described_shape() -> None:
    channel = Channel(
        ref=_REF,
        name="Support",
        provider="dialog360",
        phone_number="+4930901820",
        phone_number_id="1",
        waba_id=None,
        verified_name=None,
        state="active",
        messages_per_second=80,
        contact_burst=10,
        default_country=None,
        webhook_id=WebhookId("w"),
        encrypted_api_key=b"",
        request_digest="",
        created_at=_NOW,
    )
    _assert_shape(shapes.Channel, channel_as_json(channel))


def test_a_message_has_the_described_shape_and_its_content() -> None:
    message = Message(
        id=MessageId("msg_a"),
        ref=_REF,
        contact_id=ContactId("con_a"),
        direction="outbound",
        type="text",
        content={"body": "Hello"},
        created_at=_NOW,
    )
    shown = message_as_json(message)
    assert shown.pop("text") == {"body": "Hello"}
    shapes.Message.model_validate(shown)
    required = {name for name, field in shapes.Message.model_fields.items() if field.is_required()}
    assert shown.keys() == required


_ENDED: Any = {"ended_at": _NOW, "size_bytes": 1, "reason": "unknown_id", "words": "Words."}


@pytest.mark.parametrize(
    "media", [Media("pending", "1"), Media("stored", "1", **_ENDED), Media("failed", "1", **_ENDED)]
)
def test_a_file_has_the_described_shape(media: Media) -> None:
    shown = media_as_json(media)
    shapes.File.model_validate(shown)
    assert shown.keys() <= shapes.File.model_fields.keys()


def test_an_upload_has_the_described_shape() -> None:
    upload = Upload(MediaId("med_a"), _REF, "image", "image/png", 1, None, _NOW, "")
    _assert_shape(shapes.Upload, upload_as_json(Look(upload, "ready")))


def test_a_contact_has_the_described_shape() -> None:
    """Also what it was made of, and what it was separated from."""
    merged = Merged(ContactId("con_b"), _NOW, "by_hand")
    ad: dict[Trait, Seen] = {"referral": Seen('{"source_type":"ad"}', "2026-11-20T12:00:00.000Z#1")}
    part = Part(
        ContactId("con_a"), _REF, _NOW, seen=ad, merged=(merged,), kept_apart={ContactId("con_c"): _NOW}
    )
    shown = contact_as_json(Contact((part,), via=part.id), _NOW)
    _assert_shape(contact_shapes.Contact, shown)
    _assert_shape(contact_shapes.Window, shown["window"])
    _assert_shape(contact_shapes.Marketing, shown["marketing"])
    _assert_shape(contact_shapes.Merged, shown["merged"][0])
    contact_shapes.Referral.model_validate(shown["referral"])
    _assert_shape(contact_shapes.KeptApart, shown["kept_apart"][0])


def test_a_template_has_the_described_shape() -> None:
    template = Template("order_ready", "en", "1", "APPROVED", "UTILITY", [], "POSITIONAL", None, None)
    _assert_shape(shapes.Template, template_as_json(template))


def test_a_problem_has_the_described_shape() -> None:
    _assert_shape(shapes.Problem, problem_of(InvalidRequest(FieldError("/to", "is missing")), "request"))


def _assert_shape(shape: type[shapes.Shape], shown: dict[str, Any]) -> None:
    shape.model_validate(shown)
    assert shown.keys() == shape.model_fields.keys()


def _request(method: str, path: str, body: Any) -> dict[str, Any]:
    """As the HTTP API hands it over, with a token that has a workspace and no scope."""
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {"idempotency-key": "k"},
        "requestContext": {
            "requestId": "request",
            "stage": "$default",
            "http": {"method": method.upper(), "path": path},
            "authorizer": {"jwt": {"claims": {"workspace_id": _REF.workspace_id}}},
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
