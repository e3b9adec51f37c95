"""Parameters of a template message are checked against the template before WhatsApp sees them."""

from typing import Any

import pytest

from kanal.errors import InvalidRequest
from kanal.templates.model import Template
from kanal.templates.parameters import check_parameters
from kanal.templates.remote import template_from


def _template(*components: dict[str, Any], named: bool = False) -> Template:
    listed = {
        "name": "order_ready",
        "language": "en",
        "components": list(components),
        "parameter_format": "NAMED" if named else "POSITIONAL",
    }
    template = template_from(listed)
    assert template is not None
    return template


def _part(kind: str, *texts: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "parameters": [{"type": "text", "text": text} for text in texts], **fields}


def _named(kind: str, *names: str) -> dict[str, Any]:
    return {
        "type": kind,
        "parameters": [{"type": "text", "parameter_name": name, "text": "x"} for name in names],
    }


_BODY_2 = {"type": "BODY", "text": "Hi {{1}}, order {{2}} is ready, {{ 1 }}."}
_BODY_NAMED = {"type": "body", "text": "Hi {{first_name}}, order {{order_id}}."}
_HEADER_1 = {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"}
_HEADER_IMAGE = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["x"]}}
_BUTTONS = {
    "type": "BUTTONS",
    "buttons": [
        {"type": "QUICK_REPLY", "text": "Stop"},
        {"type": "URL", "text": "Track", "url": "https://example.com/{{1}}"},
        {"type": "URL", "text": "Home", "url": "https://example.com"},
    ],
}
_QUICK_REPLY = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop"}]}
_PAYLOAD = {"type": "payload", "payload": "stop"}
_MONEY = {"type": "currency", "currency": {"fallback_value": "1 EUR", "code": "EUR", "amount_1000": 1000}}
_DATE = {"type": "date_time", "date_time": {"fallback_value": "today"}}
_IMAGE = {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://example.com/a.png"}}]}

_CARD = {"components": [{"type": "HEADER", "format": "IMAGE"}]}
_CAROUSEL = {"type": "CAROUSEL", "cards": [_CARD, _CARD, _CARD]}
_PRODUCTS = {"type": "carousel", "cards": [{"components": [{"type": "HEADER", "format": "PRODUCT"}]}] * 2}


def _cards(count: int) -> dict[str, Any]:
    return {"type": "carousel", "cards": [{"card_index": at, "components": []} for at in range(count)]}


FITS = {
    "as many cards": (_template(_CAROUSEL), [_cards(3)]),
    "more products than were defined": (_template(_PRODUCTS), [_cards(7)]),
    "cards that are no list": (_template({"type": "CAROUSEL", "cards": "?"}), [_cards(2)]),
    "cards that are no objects": (
        _template({"type": "CAROUSEL", "cards": ["?", {"components": 0}]}),
        [_cards(2)],
    ),
    "nothing wanted, nothing given": (_template({"type": "BODY", "text": "Hello"}), []),
    "nothing wanted, an empty body given": (_template({"type": "BODY", "text": "Hello"}), [_part("body")]),
    "a variable used twice is one": (_template(_BODY_2), [_part("body", "Mia", "42")]),
    "named": (_template(_BODY_NAMED, named=True), [_named("body", "order_id", "first_name")]),
    "header text": (_template(_HEADER_1, _BODY_2), [_part("header", "42"), _part("body", "a", "b")]),
    "header media": (_template(_HEADER_IMAGE), [_IMAGE]),
    "url button": (_template(_BUTTONS), [_part("button", "42", sub_type="url", index="1")]),
    "url button by number": (_template(_BUTTONS), [_part("button", "42", sub_type="url", index=1)]),
    "static header text": (_template({"type": "HEADER", "format": "TEXT", "text": "Hi"}), [_part("header")]),
    "money and dates": (_template(_BODY_2), [{"type": "body", "parameters": [_MONEY, _DATE]}]),
    "four spaces in a row": (_template(_BODY_2), [_part("body", "a    b", "c")]),
    "a reply button's payload": (
        _template(_QUICK_REPLY),
        [{"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [_PAYLOAD]}],
    ),
    "a limited offer": (
        _template({"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Hurry"}}),
        [{"type": "limited_time_offer", "parameters": [{"type": "limited_time_offer"}]}],
    ),
    "no components": (_template(), []),
    "buttons that are no list": (_template({"type": "BUTTONS", "buttons": 5}), []),
}


@pytest.mark.parametrize("case", FITS)
def test_parameters_that_fit_pass(case: str) -> None:
    """Promise 12: what WhatsApp takes is never refused here."""
    check_parameters(*FITS[case])


_MISFITS = {
    "a card too few": (_template(_CAROUSEL), [_cards(2)], "/template/components/0/cards", "takes 3 cards, 2"),
    "no cards": (_template(_CAROUSEL), [], "/template/components", "takes 3 cards, 0"),
    "a text for a picture": (
        _template(_HEADER_IMAGE),
        [_part("header", "42")],
        "/template/components/0/parameters/0/type",
        "must be image",
    ),
    "body missing": (_template(_BODY_2), [], "/template/components", "takes 2 parameters, 0 are given"),
    "one too few": (_template(_BODY_2), [_part("body", "a")], "/template/components/0/parameters", "2.*1"),
    "one too many": (
        _template(_BODY_2),
        [_part("body", "a", "b", "c")],
        "/template/components/0/parameters",
        "2.*3",
    ),
    "none wanted": (
        _template({"type": "BODY", "text": "Hello"}),
        [_part("body", "a")],
        "/template/components/0/parameters",
        "takes 0",
    ),
    "name missing": (
        _template(_BODY_NAMED, named=True),
        [_named("body", "order_id")],
        "/template/components/0/parameters",
        "first_name, order_id",
    ),
    "name unknown": (
        _template(_BODY_NAMED, named=True),
        [_named("body", "order_id", "first_name", "last_name")],
        "/template/components/0/parameters",
        "first_name, order_id",
    ),
    "names left out": (
        _template(_BODY_NAMED, named=True),
        [_part("body", "a", "b")],
        "/template/components/0/parameters",
        "first_name",
    ),
    "header": (
        _template(_HEADER_1),
        [_part("body"), _part("header")],
        "/template/components/1/parameters",
        "1",
    ),
    "button missing": (_template(_BUTTONS), [], "/template/components", "Button 1"),
    "button of another index": (
        _template(_BUTTONS),
        [_part("button", "42", sub_type="url", index="2")],
        "/template/components",
        "Button 1",
    ),
    "button with two": (
        _template(_BUTTONS),
        [_part("button", "4", "2", sub_type="url", index="1")],
        "/template/components",
        "Button 1",
    ),
}


@pytest.mark.parametrize("case", _MISFITS)
def test_parameters_that_do_not_fit_are_named(case: str) -> None:
    """Promise 12: which component, how many it takes, and where it stands in the request."""
    template, components, pointer, words = _MISFITS[case]
    with pytest.raises(InvalidRequest, match=words) as refusal:
        check_parameters(template, components)
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [
        (pointer, "template_parameters")
    ]


def test_every_component_that_does_not_fit_is_named_at_once() -> None:
    """Promise 12: a caller mends a request once, not three times."""
    with pytest.raises(InvalidRequest) as refusal:
        check_parameters(_template(_HEADER_1, _BODY_2, _BUTTONS), [])
    assert len(refusal.value.errors) == 3


def _body(*parameters: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "body", "parameters": list(parameters)}]


_BODY_1 = {"type": "BODY", "text": "Hi {{1}}"}
_FIRST = "/template/components/0"
_WRONG: dict[str, tuple[Template, list[dict[str, Any]], str]] = {
    "no type": (_template(_BODY_1), _body({"text": "Mia"}), f"{_FIRST}/parameters/0/type"),
    "another type": (_template(_BODY_1), _body({"type": "image"}), f"{_FIRST}/parameters/0/type"),
    "no text": (_template(_BODY_1), _body({"type": "text"}), f"{_FIRST}/parameters/0/text"),
    "an empty text": (_template(_BODY_1), [_part("body", "")], f"{_FIRST}/parameters/0/text"),
    "a number": (_template(_BODY_1), _body({"type": "text", "text": 7}), f"{_FIRST}/parameters/0/text"),
    "a new line": (_template(_BODY_2), [_part("body", "a", "b\nc")], f"{_FIRST}/parameters/1/text"),
    "a tab": (_template(_BODY_1), [_part("body", "a\tb")], f"{_FIRST}/parameters/0/text"),
    "five spaces": (_template(_BODY_1), [_part("body", "a     b")], f"{_FIRST}/parameters/0/text"),
    "money in a header": (
        _template(_HEADER_1),
        [{"type": "header", "parameters": [_MONEY]}],
        f"{_FIRST}/parameters/0/type",
    ),
    "named text": (
        _template({"type": "BODY", "text": "Hi {{name}}"}, named=True),
        _body({"type": "text", "parameter_name": "name", "text": "\n"}),
        f"{_FIRST}/parameters/0/text",
    ),
    "a name twice": (
        _template({"type": "BODY", "text": "Hi {{name}}"}, named=True),
        [_named("body", "name", "name")],
        f"{_FIRST}/parameters",
    ),
    "a second body": (_template(_BODY_1), [_part("body", "a"), _part("body", "b")], "/template/components/1"),
    "a second header": (_template(_HEADER_IMAGE), [_IMAGE, _IMAGE], "/template/components/1"),
    "no such header": (_template(_BODY_1), [_part("body", "a"), _IMAGE], "/template/components/1"),
    "text for static header": (
        _template({"type": "HEADER", "text": "Hi"}),
        [_part("header", "a")],
        f"{_FIRST}/parameters",
    ),
    "no such carousel": (_template(), [{"type": "carousel", "cards": []}], _FIRST),
    "media missing": (_template(_HEADER_IMAGE), [], "/template/components"),
    "media empty": (_template(_HEADER_IMAGE), [_part("header")], f"{_FIRST}/parameters"),
    "no such button": (
        _template(_QUICK_REPLY),
        [{"type": "button", "sub_type": "quick_reply", "index": 1, "parameters": [_PAYLOAD]}],
        f"{_FIRST}/index",
    ),
    "no index": (_template(_QUICK_REPLY), [{"type": "button", "sub_type": "quick_reply"}], f"{_FIRST}/index"),
    "no kind of button": (_template(_QUICK_REPLY), [{"type": "button", "index": "0"}], f"{_FIRST}/sub_type"),
    "no buttons at all": (_template(), [_part("button", sub_type="url", index="0")], f"{_FIRST}/index"),
}


@pytest.mark.parametrize("case", _WRONG)
def test_what_whatsapp_would_refuse_is_pointed_to(case: str) -> None:
    """Promise 12: the exact parameter, now, instead of a failed message later."""
    template, components, pointer = _WRONG[case]
    with pytest.raises(InvalidRequest) as refusal:
        check_parameters(template, components)
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [
        (pointer, "template_parameters")
    ]
