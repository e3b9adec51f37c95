"""What is shown of each kind of message where WhatsApp has several ways to say the same."""

import re
from pathlib import Path
from typing import Any

import pytest

from kanal.messages.content import AS_THEY_COME, SHAPES, content_of, marks_of

_EVENTS_PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text()


@pytest.mark.parametrize("kind", [*SHAPES, *AS_THEY_COME])
def test_the_shape_of_every_kind_is_documented(kind: str) -> None:
    """A platform reads docs/events.md, with an example for each kind."""
    assert re.search(rf"^\| `{kind}` \| .*`[\[{{].+ \|$", _EVENTS_PAGE, re.MULTILINE)


SAME: list[tuple[str, dict[str, Any], Any]] = [
    ("audio", {"type": "voice", "voice": {"id": "1"}}, {"voice": True, "id": "1"}),
    ("audio", {"type": "audio", "audio": {"id": "1"}}, {"voice": False, "id": "1"}),
    ("audio", {"type": "audio", "audio": {"id": "1", "voice": True}}, {"voice": True, "id": "1"}),
    ("button", {"button": {"text": "Yes"}}, {"text": "Yes", "payload": "Yes"}),
    ("button", {"button": {"text": "Yes", "payload": "y"}}, {"text": "Yes", "payload": "y"}),
    ("contacts", {"origin": "contact_request", "contacts": [{}]}, [{"origin": "contact_request"}]),
    ("contacts", {"contacts": [{"origin": "other"}]}, [{"origin": "other"}]),
    ("reaction", {"reaction": {"message_id": "w"}}, {"message_id": "w", "emoji": None}),
    ("reaction", {"reaction": {"message_id": "w", "emoji": ""}}, {"message_id": "w", "emoji": None}),
    ("unsupported", {"type": "unknown"}, {"type": None}),
    ("unsupported", {"unsupported": {"type": "poll_creation"}}, {"type": "poll_creation"}),
    ("request_welcome", {"type": "request_welcome"}, {}),
    ("call", {"wacid": "c", "event": "CALL_CONNECT"}, {"wacid": "c", "id": "c", "event": "connect"}),
    ("call", {"id": "c", "status": "RINGING"}, {"id": "c", "status": "RINGING", "event": "ringing"}),
    (
        "system",
        {"system": {"body": "b"}, "identity": {"hash": "h"}},
        {"body": "b", "identity": {"hash": "h"}},
    ),
    ("hologram", {"hologram": [1]}, [1]),
]


@pytest.mark.parametrize(("kind", "raw", "shown"), SAME)
def test_what_whatsapp_says_in_several_ways_is_shown_in_one(
    kind: str, raw: dict[str, Any], shown: Any
) -> None:
    assert content_of(kind, raw) == shown


@pytest.mark.parametrize(
    ("price", "shown"),
    [(7, "7"), (7.99, "7.99"), ("7.990", "7.990"), (0.1, "0.1"), (1e-7, "0.0000001"), ("free", "free")],
)
def test_prices_are_decimal_text(price: Any, shown: str) -> None:
    """No reader's arithmetic changes them; what is no price stays as it came."""
    raw = {"order": {"product_items": [{"item_price": price, "quantity": "2"}]}}
    assert content_of("order", raw) == {"product_items": [{"item_price": shown, "quantity": 2}]}


@pytest.mark.parametrize(
    ("text", "response"), [('{"rating": 5}', {"rating": 5}), ("not JSON", None), (None, None), ("", None)]
)
def test_the_answer_of_a_flow_is_read_and_kept(text: Any, response: Any) -> None:
    """It is JSON within JSON; where it is none, the text is all there is."""
    reply = {"name": "flow", "response_json": text}
    content = content_of("interactive", {"interactive": {"type": "nfm_reply", "nfm_reply": reply}})
    assert content["nfm_reply"] == {**reply, "response": response}


def test_marks_tell_what_a_message_answers_and_where_it_comes_from() -> None:
    told = {"from": "49", "referred_product": {"catalog_id": "c"}}
    assert marks_of({"context": {"id": "wamid.1", **told}}) == {"context": {"message_id": "wamid.1", **told}}
    assert marks_of({"context": {"forwarded": True}}) == {"forwarded": True}
    assert marks_of({"context": {"frequently_forwarded": True}}) == {"frequently_forwarded": True}
    assert marks_of({"referral": {"source_id": "ad"}}) == {"referral": {"source_id": "ad"}}
    assert marks_of({"context": {"forwarded": False}, "referral": "odd"}) == {}
