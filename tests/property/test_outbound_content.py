"""Sending content of any kind: what is valid goes out as it came, all else is refused in words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.send.api import handler
from kanal.providers.dialog360 import message_body
from scripts.messages import MESSAGES
from tests.outbound_bodies import SEND, changed, refusals
from tests.property.json_values import ANY_JSON, damaged

EXAMPLES = st.sampled_from(sorted(MESSAGES))
SHORTEST = 20
"""Every text of a person's own may be that long."""
TEXTS = {"body", "caption", "filename", "text", "title", "description", "name", "address", "fallback_value"}
TEXTS |= {"payload", "flow_token", "display_text", "footer", "catalog_id", "product_retailer_id", "company"}
WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1, max_size=SHORTEST
).filter(str.strip)


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """An example in which every text of a person's own is another; a number before it keeps titles apart."""
    example = draw(EXAMPLES)
    places = [place for place in _texts(MESSAGES[example]) if not place.endswith("/template/name")]
    texts = [f"{at}{draw(WORDS)}"[:SHORTEST] for at in range(len(places))]
    return changed(example, *zip(places, texts, strict=True))


def _texts(value: Any, place: str = "", name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(part, f"{place}/{key}", key)
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from _texts(part, f"{place}/{at}")
    elif name in TEXTS and not place.endswith(("action/name", "parameters/name")):
        yield place


@given(messages())
def test_valid_content_goes_out_as_it_came(message: dict[str, Any]) -> None:
    """Nothing is trimmed, rounded or put in another order; only a language's policy is added."""
    assert refusals(message) == []
    kind = message["type"]
    taken = SEND.validate_python(json.loads(json.dumps(message))).as_json()
    stored = json.loads(json.dumps(taken[kind]))
    body = message_body(
        "msg_x",
        wa_id="4915112345678",
        user_id=None,
        message_type=kind,
        content=stored,
        context=taken.get("context"),
    )
    if kind == "template":
        assert body["template"]["language"].pop("policy") == "deterministic"
    assert body[kind] == message[kind]
    assert body.get("context") == message.get("context")


@pytest.mark.parametrize("path", ["messages", f"messages/msg_{'a' * 26}/read"])
@given(body=st.one_of(ANY_JSON, *(damaged(st.just(example)) for example in MESSAGES.values())))
def test_any_json_at_all_is_answered_in_words(path: str, body: Any) -> None:
    """422 for what is wrong; 403 for what is right, as the token has no scope. Never 500."""
    event = {
        "version": "2.0",
        "rawPath": f"/v1/channels/chn_{'a' * 26}/{path}",
        "headers": {"idempotency-key": "k"},
        "requestContext": {
            "requestId": "request",
            "stage": "$default",
            "http": {"method": "POST", "path": f"/v1/channels/chn_{'a' * 26}/{path}"},
            "authorizer": {"jwt": {"claims": {"workspace_id": "acme"}}},
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
    answer = handler(event, None)
    assert answer["statusCode"] in (403, 422), answer["body"]
    shown_errors = json.loads(answer["body"])["errors"]
    assert bool(shown_errors) == (answer["statusCode"] == 422)
    assert all(error["message"] and "Input should" not in error["message"] for error in shown_errors)
    assert all(_leads_into(body, error["pointer"]) for error in shown_errors)


def _leads_into(body: Any, pointer: str) -> bool:
    """Every step but the last is there: the last may be what is missing."""
    *steps, _ = pointer.split("/") if pointer else [""]
    for step in steps[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(body, list) and name.isdigit() and int(name) < len(body):
            body = body[int(name)]
        elif isinstance(body, dict) and name in body:
            body = body[name]
        else:
            return False
    return True
