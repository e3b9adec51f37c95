"""Writes the API's description: `python -m scripts.openapi`, or `make openapi`.

Routes, parameters and bodies come from the code through Powertools; what the code does not say (answers,
scopes, problems, words) comes from the table here, which has one row a route.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from functions.channels.api import api as channels
from functions.channels.contacts import api as contacts
from functions.media.api import api as media
from functions.send.api import api as send
from functions.sync_templates.api import api as sync_templates
from kanal import errors
from kanal.errors import KanalError
from kanal.http.problems import STATUS
from scripts import shapes
from scripts.messages import MESSAGES

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED = ROOT / "docs" / "api" / "openapi.json"
SERVED = ROOT / "layers" / "common" / "src" / "kanal" / "http" / "openapi.json"

_Json = dict[str, Any]
_PROVIDER = (
    errors.ApiKeyRejected,
    errors.ProviderRefused,
    errors.ProviderUnavailable,
    errors.ProviderAnswerUnreadable,
)
_INTRODUCTION = """Connects 360dialog WhatsApp numbers to a customer-messaging platform.

Every route but health and this description wants a bearer token of one workspace with the scope named there.
Without a good token API Gateway answers 401 in its own words; all other refusals are problems (RFC 9457).
The events on the bus are described in docs/events.md, the codes of problems in docs/problems.md."""


@dataclass(frozen=True)
class Operation:
    """What the code does not say about a route. Examples are bodies that it accepts."""

    name: str
    summary: str
    scope: str | None
    status: int
    answer: type[BaseModel] | None
    refusals: tuple[type[KanalError], ...] = ()
    examples: Mapping[str, Any] = field(default_factory=dict)
    wants_key: bool = False


OPERATIONS: dict[str, Operation] = {
    "post /v1/channels": Operation(
        "connect_channel",
        "Connect a number: the key is tried, the webhook registered and read back.",
        "channels:write",
        201,
        shapes.Channel,
        (
            errors.InvalidRequest,
            errors.ChannelNameTaken,
            errors.NumberAlreadyConnected,
            errors.NumberBlocked,
            errors.IdempotencyKeyReused,
            errors.WebhookNotRegistered,
            errors.Contended,
            *_PROVIDER,
        ),
        {"number": {"name": "Support", "api_key": "the-api-key-of-the-number", "default_country": "DE"}},
    ),
    "get /v1/channels": Operation(
        "list_channels",
        "List the workspace's channels.",
        "channels:read",
        200,
        shapes.Channels,
        (errors.InvalidRequest,),
    ),
    "get /v1/channels/{channel_id}": Operation(
        "get_channel", "Show a channel.", "channels:read", 200, shapes.Channel, (errors.NotFound,)
    ),
    "patch /v1/channels/{channel_id}": Operation(
        "change_channel",
        "Change name, pace or default country; what is left out stays.",
        "channels:write",
        200,
        shapes.Channel,
        (
            errors.InvalidRequest,
            errors.NotFound,
            errors.ChannelNameTaken,
            errors.ChannelDisconnected,
            errors.Contended,
        ),
        {"pace": {"messages_per_second": 40}},
    ),
    "delete /v1/channels/{channel_id}": Operation(
        "disconnect_channel",
        "Disconnect: name and number are free again, the API key is destroyed, messages and contacts stay.",
        "channels:write",
        204,
        None,
        (errors.NotFound,),
    ),
    "post /v1/channels/{channel_id}/messages": Operation(
        "send_message",
        "Accept a message for sending; its outcome comes as events and stands in its timeline.",
        "messages:write",
        202,
        shapes.Message,
        (
            errors.InvalidRequest,
            errors.NotFound,
            errors.ChannelCannotSend,
            errors.WindowClosed,
            errors.TemplateNotSendable,
            errors.PhoneNumberRequired,
            errors.MarketingOptedOut,
            errors.MessageNotReferable,
            errors.MediaNotUploaded,
            errors.IdempotencyKeyReused,
            errors.QueueUnavailable,
            errors.Contended,
        ),
        MESSAGES,
        wants_key=True,
    ),
    "get /v1/channels/{channel_id}/messages/{message_id}": Operation(
        "get_message",
        "Show a message with its timeline.",
        "messages:read",
        200,
        shapes.Message,
        (errors.NotFound,),
    ),
    "post /v1/channels/{channel_id}/messages/{message_id}/read": Operation(
        "mark_read",
        "Show a person that their message and all earlier ones were read, or that somebody is typing.",
        "messages:write",
        200,
        shapes.ReadReceipt,
        (
            errors.InvalidRequest,
            errors.NotFound,
            errors.ChannelCannotSend,
            errors.MessageNotReferable,
            errors.ProviderRefused,
            errors.ProviderUnavailable,
            errors.ProviderAnswerUnreadable,
        ),
        {"read": {}, "typing": {"typing_indicator": True}},
    ),
    "get /v1/channels/{channel_id}/messages/{message_id}/media": Operation(
        "link_to_file",
        "A link to the file of a message that came in, good for five minutes for whoever has it.",
        "messages:read",
        200,
        shapes.FileLink,
        (errors.NotFound, errors.MediaPending, errors.MediaFailed),
    ),
    "post /v1/channels/{channel_id}/media": Operation(
        "announce_upload",
        "Announce a file to be sent, and get a form with which it is uploaded.",
        "messages:write",
        201,
        shapes.AnnouncedUpload,
        (
            errors.InvalidRequest,
            errors.NotFound,
            errors.ChannelDisconnected,
            errors.IdempotencyKeyReused,
        ),
        {
            "image": {"type": "image", "mime_type": "image/jpeg", "size_bytes": 182859},
            "document": {
                "type": "document",
                "mime_type": "application/pdf",
                "size_bytes": 48210,
                "filename": "invoice-4711.pdf",
            },
        },
    ),
    "get /v1/channels/{channel_id}/media/{media_id}": Operation(
        "get_upload",
        "Show an upload, and whether its file is there.",
        "messages:read",
        200,
        shapes.Upload,
        (errors.NotFound,),
    ),
    "get /v1/channels/{channel_id}/contacts": Operation(
        "find_contacts",
        "List the contacts, those last heard of first by day; or find them with `q`.",
        "contacts:read",
        200,
        shapes.Contacts,
        (errors.InvalidRequest, errors.NotFound),
    ),
    "get /v1/channels/{channel_id}/contacts/{contact_id}": Operation(
        "get_contact",
        "Show a contact; the id of one that was merged leads to what it is part of.",
        "contacts:read",
        200,
        shapes.Contact,
        (errors.NotFound,),
    ),
    "get /v1/channels/{channel_id}/contacts/{contact_id}/messages": Operation(
        "list_messages_of_contact",
        "The conversation in order of time, inbound and outbound in one stream.",
        "messages:read",
        200,
        shapes.Messages,
        (errors.InvalidRequest, errors.NotFound),
    ),
    "post /v1/channels/{channel_id}/contacts/{contact_id}/merge": Operation(
        "merge_contacts",
        "Make another contact part of this one: they are one person. Can be undone.",
        "contacts:write",
        200,
        shapes.Contact,
        (errors.InvalidRequest, errors.NotFound, errors.AlreadyOneContact, errors.Contended),
        {"other": {"contact_id": "con_qvc53xdfdd6auj3ev73twp2uoa"}},
    ),
    "post /v1/channels/{channel_id}/contacts/{contact_id}/unmerge": Operation(
        "unmerge_contact",
        "Undo a merge: each has its own names, window and messages again, and they are kept apart.",
        "contacts:write",
        200,
        shapes.Unmerged,
        (errors.InvalidRequest, errors.NotFound, errors.NotMerged, errors.Contended),
        {"part": {"contact_id": "con_qvc53xdfdd6auj3ev73twp2uoa"}},
    ),
    "get /v1/channels/{channel_id}/templates": Operation(
        "list_templates",
        "List the templates as the last sync found them.",
        "templates:read",
        200,
        shapes.Templates,
        (errors.InvalidRequest, errors.NotFound),
    ),
    "post /v1/channels/{channel_id}/templates/sync": Operation(
        "sync_templates",
        "Read all templates from the provider now.",
        "templates:write",
        200,
        shapes.Synced,
        (errors.NotFound, errors.ChannelDisconnected, *_PROVIDER),
    ),
    "get /v1/health": Operation("health", "Whether the API answers.", None, 200, shapes.Health),
    "get /v1/openapi.json": Operation("describe", "This description.", None, 200, None),
}


def describe() -> _Json:
    """The whole description. Raises KeyError for a route without a row."""
    paths, schemas = _from_code()
    for path, methods in paths.items():
        for method, found in methods.items():
            methods[method] = _operation(found, OPERATIONS[f"{method} {path}"])
    _, defined = models_json_schema(
        [(shape, "validation") for shape in _shapes()], ref_template="#/components/schemas/{model}"
    )
    if twice := schemas.keys() & defined["$defs"].keys():
        raise ValueError(f"a body and an answer have the same name: {', '.join(sorted(twice))}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kanal",
            "version": "1",
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, **defined["$defs"]},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _from_code() -> tuple[dict[str, _Json], _Json]:
    """Paths and body schemas of all handlers, in the order of the table."""
    paths: dict[str, _Json] = {route.split()[1]: {} for route in OPERATIONS}
    schemas: _Json = {}
    for api in (channels, contacts, send, media, sync_templates):
        found = json.loads(api.get_openapi_json_schema(title="Kanal", version="1"))
        for path, methods in found["paths"].items():
            paths[path].update(methods)
        schemas |= found["components"]["schemas"]
    own = {name: schema for name, schema in schemas.items() if not name.endswith("ValidationError")}
    return paths, own  # without those of Powertools, in whose place stands Problem


def _shapes() -> Iterable[type[BaseModel]]:
    return {shape: None for row in OPERATIONS.values() if (shape := row.answer)} | {shapes.Problem: None}


def _operation(found: _Json, row: Operation) -> _Json:
    described: _Json = {"operationId": row.name, "summary": row.summary}
    if row.scope:
        described["security"] = [{"token": [row.scope]}]
    if parameters := found.get("parameters"):
        described["parameters"] = [_parameter(each, row) for each in parameters]
    if body := found.get("requestBody"):
        content = {"schema": body["content"]["application/json"]["schema"], "examples": _examples(row)}
        required = body.get("required", False)
        described["requestBody"] = {"content": {"application/json": content}, "required": required}
    described["responses"] = _responses(row)
    return described


def _examples(row: Operation) -> _Json:
    return {name: {"value": value} for name, value in row.examples.items()}


def _parameter(found: _Json, row: Operation) -> _Json:
    if found["name"] != "idempotency-key":
        return found
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": row.wants_key,
        "description": "A key of your choice, new for each wish and the same when the request is repeated:"
        " however often it arrives, it is done once.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    }


def _responses(row: Operation) -> _Json:
    answers: _Json = {str(row.status): {"description": "Done"}}
    if row.answer:
        schema = {"$ref": f"#/components/schemas/{row.answer.__name__}"}
        answers[str(row.status)]["content"] = {"application/json": {"schema": schema}}
    if not row.scope:
        return answers
    by_status: dict[int, list[str]] = {}
    refusals: tuple[type[KanalError], ...] = (errors.Forbidden, *row.refusals)
    for refusal in refusals:
        by_status.setdefault(STATUS[refusal][0], []).append(refusal.code)
    answers["401"] = {"description": "No token, or not a good one; API Gateway's own words"}
    for status, codes in sorted(by_status.items()):
        answers[str(status)] = _problem(", ".join(codes))
    answers["default"] = _problem("aws_unavailable, configuration_error, internal_error")
    return answers


def _problem(words: str) -> _Json:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {"application/problem+json": {"schema": schema}}}


def published(description: _Json) -> str:
    """As it lies in docs/: for people and for differences between versions."""
    return json.dumps(description, indent=2, ensure_ascii=False) + "\n"


def served(description: _Json) -> str:
    """As the API answers it, without the white space."""
    return json.dumps(description, separators=(",", ":"), ensure_ascii=False) + "\n"


if __name__ == "__main__":
    made = describe()
    PUBLISHED.write_text(published(made))
    SERVED.write_text(served(made))
