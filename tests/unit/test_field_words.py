"""What is said about a wrong field. Fields are checked before anything else, so no AWS is needed to ask."""

import base64
import json
from typing import Any

import pytest

from functions.channels.api import handler as channels
from functions.send.api import handler as send

TEXT = {"to": "+4915112345678", "type": "text", "text": {"body": "Hi"}}
KINDS = "text, image, video, audio, document, sticker, location, contacts, interactive, template or reaction"
CONNECT = {"name": "Support", "api_key": "the-key-of-the-number"}


def _template(name: str = "order_ready", language: str = "en") -> dict[str, Any]:
    return {"to": TEXT["to"], "type": "template", "template": {"name": name, "language": {"code": language}}}


WORDS: list[tuple[str, Any, str]] = [
    ("", "", "The body is empty; send a JSON object."),
    ("", None, "The body is empty; send a JSON object."),
    ("", "{", "The body is not JSON."),
    ("", [TEXT], "must be a JSON object"),
    ("", "7", "must be a JSON object"),
    ("/type", {}, f"is required: {KINDS}"),
    ("/type", {**TEXT, "type": "pigeon"}, f"must be {KINDS}"),
    ("/to", {"type": "text", "text": {"body": "Hi"}}, "is required"),
    ("/to", {**TEXT, "to": 7}, "must be a text"),
    ("/to", {**TEXT, "to": "9" * 151}, "must have at most 150 characters"),
    ("/text", {**TEXT, "text": "Hi"}, "must be an object"),
    ("/text/bold", {**TEXT, "text": {"body": "Hi", "bold": True}}, "is not known here; remove it"),
    ("/text/body", {**TEXT, "text": {"body": ""}}, "must not be empty"),
    ("/text/body", {**TEXT, "text": {"body": " \n"}}, "must not be blank"),
    ("/text/preview_url", {**TEXT, "text": {"body": "Hi", "preview_url": "?"}}, "must be true or false"),
    (
        "/template/name",
        _template(name="No Such"),
        "must be 1 to 512 lower-case letters, digits and underscores",
    ),
    (
        "/template/language/code",
        _template(language="en-US\n"),
        "must be a language as WhatsApp writes it, such as en or pt_BR",
    ),
]
CHANNEL_WORDS: list[tuple[str, Any, str]] = [
    (
        "/api_key",
        {**CONNECT, "api_key": "two words"},
        "must be 8 to 512 printable ASCII characters without spaces",
    ),
    (
        "/default_country",
        {**CONNECT, "default_country": "de"},
        "must be two capital letters of ISO 3166-1, such as DE",
    ),
    ("/messages_per_second", {**CONNECT, "messages_per_second": 0}, "must be at least 1"),
    ("/messages_per_second", {**CONNECT, "messages_per_second": 1001}, "must be at most 1000"),
    ("/messages_per_second", {**CONNECT, "messages_per_second": "80"}, "must be a whole number"),
    ("/contact_burst", {**CONNECT, "contact_burst": 0}, "must be at least 1"),
    ("/contact_burst", {**CONNECT, "contact_burst": 46}, "must be at most 45"),
    ("/name", {**CONNECT, "name": "tab\there"}, "may not hold control characters"),
    ("/provider", {**CONNECT, "provider": "pigeon"}, "must be dialog360"),
]


@pytest.mark.parametrize(("pointer", "body", "words"), WORDS)
def test_a_wrong_field_of_a_message_is_told_in_words(pointer: str, body: Any, words: str) -> None:
    """Promise 12: no regular expressions and none of pydantic's terms; the reader may know neither."""
    [error] = _errors(send, f"/v1/channels/chn_{'a' * 26}/messages", body)
    assert (error["pointer"], error["message"]) == (pointer, words)


@pytest.mark.parametrize(("pointer", "body", "words"), CHANNEL_WORDS)
def test_a_wrong_field_of_a_channel_is_told_in_words(pointer: str, body: Any, words: str) -> None:
    """Promise 12: the same when connecting."""
    [error] = _errors(channels, "/v1/channels", body)
    assert (error["pointer"], error["message"]) == (pointer, words)


def test_a_list_is_no_body_even_when_it_came_encoded() -> None:
    """API Gateway encodes bodies whose content type it does not know."""
    encoded = base64.b64encode(json.dumps([CONNECT]).encode()).decode()
    [error] = _errors(channels, "/v1/channels", encoded, encoded=True)
    assert (error["pointer"], error["message"]) == ("", "must be a JSON object")


def _errors(handler: Any, path: str, body: Any, *, encoded: bool = False) -> list[dict[str, str]]:
    event = {
        "version": "2.0",
        "rawPath": path,
        "headers": {"idempotency-key": "k"},
        "requestContext": {
            "requestId": "request",
            "stage": "$default",
            "http": {"method": "POST", "path": path},
            "authorizer": {"jwt": {"claims": {}}},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": encoded,
    }
    answer = handler(event, None)
    assert answer["statusCode"] == 422
    found: list[dict[str, str]] = json.loads(answer["body"])["errors"]
    return found
