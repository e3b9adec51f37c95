"""Promise 11: what is shown of a message follows from the raw JSON, whatever that is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanal.messages.content import AS_THEY_COME, SHAPES, content_of, marks_of
from tests.property.json_values import ANY_JSON, WEIRD_TEXT, damaged, object_of

_TYPES = [*SHAPES, *AS_THEY_COME, "invented"]
_WORDS = (
    *("type", "voice", "audio", "button", "payload", "text", "origin", "contacts", "interactive"),
    *("nfm_reply", "response_json", "order", "product_items", "item_price", "quantity", "reaction"),
    *("emoji", "unsupported", "unknown", "system", "identity", "event", "status", "wacid", "context"),
    *("referral", "forwarded", "referred_product"),
)
_OBJECTS: st.SearchStrategy[Any] = st.recursive(
    ANY_JSON | st.sampled_from(["7.99", "1e999999", "NaN", "-0", '{"a":1}', "3", "CALL_CONNECT"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", _TYPES)
@given(_OBJECTS)
def test_any_json_is_shown_as_json(kind: str, raw: Any) -> None:
    """Nothing raises, and what is shown can be written again."""
    json.dumps(content_of(kind, raw))
    json.dumps(marks_of(raw))


@given(damaged(object_of(type=st.just("order"), order=object_of(product_items=st.lists(_OBJECTS)))))
def test_an_order_keeps_every_product(raw: Any) -> None:
    """Also of those that are not as they should be."""
    order = raw.get("order") if isinstance(raw, dict) else None
    items = order.get("product_items") if isinstance(order, dict) else None
    if isinstance(items, list):
        assert len(content_of("order", raw)["product_items"]) == len(items)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=10**9))
def test_a_price_is_the_same_text_however_it_comes(price: Any) -> None:
    """Promise 11: as text, and as a number that JSON wrote."""
    item = {"item_price": str(price)}
    raw = {"order": {"product_items": [item]}}
    assert content_of("order", raw)["product_items"][0]["item_price"] == str(price)


@given(WEIRD_TEXT)
def test_an_answer_that_is_no_json_stays_as_it_came(text: str) -> None:
    """The answer of a flow is kept beside what could be read of it."""
    raw = {"interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": text}}}
    shown = content_of("interactive", raw)["nfm_reply"]
    assert shown["response_json"] == text
