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
_IMAGE = {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://example.com/a.png"}}]}

FITS = {
    "nothing wanted, nothing given": (_template({"type": "BODY", "text": "Hello"}), []),
    "nothing wanted, an empty body given": (_template({"type": "BODY", "text": "Hello"}), [_part("body")]),
    "a variable used twice is one": (_template(_BODY_2), [_part("body", "Mia", "42")]),
    "named": (_template(_BODY_NAMED, named=True), [_named("body", "order_id", "first_name")]),
    "header text": (_template(_HEADER_1, _BODY_2), [_part("header", "42"), _part("body", "a", "b")]),
    "header media": (_template(_HEADER_IMAGE), [_IMAGE]),
    "url button": (_template(_BUTTONS), [_part("button", "42", sub_type="url", index="1")]),
    "url button by number": (_template(_BUTTONS), [_part("button", "42", sub_type="url", index=1)]),
    "no components": (_template(), []),
    "buttons that are no list": (_template({"type": "BUTTONS", "buttons": 5}), []),
}


@pytest.mark.parametrize("case", FITS)
def test_parameters_that_fit_pass(case: str) -> None:
    """Promise 12: what WhatsApp takes is never refused here."""
    check_parameters(*FITS[case])


_MISFITS = {
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
