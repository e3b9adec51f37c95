"""What we send fits Meta's own OpenAPI description of the Cloud API, where a copy of it is at hand.

The description is looked for beside the repository (`*/contracts`), or in the folder that KANAL_CONTRACTS
names. As it stands it rejects every message: each kind joins a closed half with one that needs more. It is
repaired in memory, and opened where the real API takes more than it says. It is a lower bound, no proof.
"""

import itertools
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS31Validator

from kanal.providers.dialog360 import message_body
from scripts.messages import MESSAGES
from tests.outbound_bodies import SEND

REPOSITORY = Path(__file__).parents[2]
SCHEMAS = "#/components/schemas"


def descriptions() -> list[Path]:
    named = os.environ.get("KANAL_CONTRACTS")
    folders = [Path(named)] if named else sorted(REPOSITORY.parent.glob("*/contracts"))
    return [path for folder in folders for path in sorted(folder.glob("business-messaging-api*.yaml"))]


def text(**content: Any) -> dict[str, Any]:
    return body("text", {"body": "Your parcel is on its way.", **content})


def template(*components: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {
        "name": "order_shipped",
        "language": {"code": "de", "policy": "deterministic"},
    }
    return body("template", {**content, "components": list(components)} if components else content)


def body(kind: str, content: Any, **address: Any) -> dict[str, Any]:
    to: dict[str, Any] = {"wa_id": "4915112345678", "user_id": None, **address}
    return message_body("msg_" + "a" * 26, message_type=kind, content=content, **to)


def parameters(*texts: str, **of: str) -> dict[str, Any]:
    return {"type": "body", **of, "parameters": [{"type": "text", "text": text} for text in texts]}


def example(name: str) -> dict[str, Any]:
    """As the worker sends it once it was accepted."""
    taken = SEND.validate_python(MESSAGES[name]).as_json()
    return body(taken["type"], taken[taken["type"]], context=taken.get("context"))


NEWER = {
    "link",
    "location request",
    "contact info request",
    "carousel of links",
    "carousel of replies",
    "carousel of products",
    "call button",
    "template with an offer",
    "template with a carousel",
    "template with flow and call",
    "template with products",
}
"""Kinds that version 23 of the description does not have; WhatsApp's pages of 2025 and 2026 describe them."""


def _buttons(count: int, title: str = "Yes") -> dict[str, Any]:
    buttons = [{"type": "reply", "reply": {"id": str(at), "title": title}} for at in range(count)]
    return {"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}}


OURS: dict[str, dict[str, Any]] = {
    **{name: example(name) for name in MESSAGES if name not in NEWER},
    "short text": text(),
    "text to a user id": body("text", {"body": "Hi"}, wa_id=None, user_id="DE.1234567890"),
    "template alone": template(),
    "template with body parameters": template(parameters("Mia", "A-17")),
    "template with header and body": template(parameters("Mia", type="header"), parameters("A-17")),
    "template to a user id": body("template", template()["template"], wa_id=None, user_id="DE.1234567890"),
}
"""One of each shape that `message_body` makes, with content as `accept_message` stores it."""

BAD: dict[str, dict[str, Any]] = {
    "nobody to send to": {key: value for key, value in text().items() if key != "to"},
    "type and content differ": {**text(), "type": "template"},
    "an unknown key in the text": text(bold=True),
    "an unknown key beside the text": {**text(), "urgent": True},
    "an unknown key beside the template": {**template(), "urgent": True},
    "a template without name": body("template", {"language": template()["template"]["language"]}),
    "a template without language": body("template", {"name": "order_shipped"}),
    "a text that is no object": body("text", "Hello"),
    "a kind that does not exist": body("telegram", {"body": "Hello"}),
    "an image without a file": body("image", {"caption": "Tulips"}),
    "an image that is a text": body("image", "https://example.com/a"),
    "four reply buttons": body("interactive", _buttons(4)),
    "a reply button with a long title": body("interactive", _buttons(1, "x" * 21)),
    "an interactive message of no kind": body("interactive", {**_buttons(1), "type": "menu"}),
    "a location of places": body("location", {"place": "Berlin"}),
    "a reaction with a text": body("reaction", {"message_id": "wamid.x", "emoji": "x", "text": "y"}),
    "a context that is an id": {**text(), "context": "wamid.x"},
    "our own id too long": {**text(), "biz_opaque_callback_data": "x" * 513},
}


@pytest.mark.parametrize(("description", "name"), list(itertools.product(descriptions(), OURS)))
def test_what_we_send_fits_the_description(description: Path, name: str) -> None:
    """Every shape of message body."""
    problems = [error.message for error in validator(description).iter_errors(OURS[name])]
    assert problems == []


@pytest.mark.parametrize(("description", "name"), list(itertools.product(descriptions(), BAD)))
def test_what_is_wrong_does_not_fit_the_description(description: Path, name: str) -> None:
    """The repaired description still tells right from wrong."""
    assert not validator(description).is_valid(BAD[name])


@pytest.mark.parametrize(("description", "name"), list(itertools.product(descriptions(), sorted(NEWER))))
def test_what_is_said_to_be_newer_is_not_in_the_description(description: Path, name: str) -> None:
    """Once it describes them they are held against it."""
    assert not validator(description).is_valid(example(name))


@cache
def validator(description: Path) -> OAS31Validator:
    """Of the body of `POST /messages`."""
    read = _with_text_keys(yaml.safe_load(description.read_text()))
    schemas = {name: _repaired(schema) for name, schema in read["components"]["schemas"].items()}
    _open_addresses(schemas["BaseMessageProperties"])
    _open_numbers(schemas)
    return OAS31Validator({"$ref": f"{SCHEMAS}/Message", "components": {"schemas": schemas}})


def _with_text_keys(value: Any) -> Any:
    """Response codes are written as numbers, which JSON has no keys of."""
    if isinstance(value, dict):
        return {str(key): _with_text_keys(part) for key, part in value.items()}
    return [_with_text_keys(part) for part in value] if isinstance(value, list) else value


def _repaired(schema: Any) -> Any:
    """Joined schemas are closed as a whole, not each half by itself."""
    if isinstance(schema, list):
        return [_repaired(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    repaired = {key: _repaired(part) for key, part in schema.items()}
    if "allOf" in repaired:
        repaired["allOf"] = [_opened(part) for part in repaired["allOf"]]
        repaired["unevaluatedProperties"] = False
    return repaired


def _opened(part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if (key, value) != ("additionalProperties", False)}


def _open_addresses(common: dict[str, Any]) -> None:
    """Source: Meta, business-scoped user ids (2026) and the webhook reference: neither is described here."""
    common["required"] = [name for name in common["required"] if name != "to"]
    common["anyOf"] = [{"required": ["to"]}, {"required": ["recipient"]}]
    common["properties"]["recipient"] = {"type": "string"}
    common["properties"]["biz_opaque_callback_data"] = {"type": "string", "maxLength": 512}


def _open_numbers(schemas: dict[str, Any]) -> None:
    """Places on earth are shown as texts, and are numbers on WhatsApp's own page; a button's index is any."""
    [_, location] = schemas["LocationMessage"]["allOf"]
    for name in ("latitude", "longitude"):
        location["properties"]["location"]["properties"][name]["type"] = ["string", "number"]
    schemas["TemplateComponent"]["properties"]["index"]["pattern"] = "^[0-9]$"
