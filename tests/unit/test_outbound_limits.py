"""Every limit of the table at its edges: what is within passes, what is beyond is refused by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from kanal.sending.limits import LIMITS
from tests.outbound_bodies import GONE, changed, refusals


@dataclass(frozen=True)
class Row:
    """Where a limit counts: the example, the place in it, a value of so many, and words if not the usual."""

    example: str
    pointer: str
    of_size: Callable[[int], Any]
    words: str = ""
    others: Callable[[int], list[tuple[str, Any]]] = lambda _: []
    """What else has to change with it."""
    fewest: int | None = None
    """From where on a value is good for other reasons too."""


def _text(size: int) -> str:
    return "x" * size


def _number(size: int) -> int:
    return size


def _many(make: Callable[[int], Any]) -> Callable[[int], list[Any]]:
    return lambda size: [make(number) for number in range(size)]


def _link(size: int) -> str:
    return ("https://e.co/" + "a" * size)[:size]


def _row(number: int) -> dict[str, str]:
    return {"id": f"row {number}", "title": f"Row {number}"}


def _url_card(number: int) -> dict[str, Any]:
    url = {"display_text": "Look", "url": "https://example.com"}
    return {
        "card_index": min(number, 9),
        "header": {"type": "image", "image": {"link": "https://example.com/a.png"}},
        "action": {"name": "cta_url", "parameters": url},
    }


def _reply_buttons(size: int) -> list[dict[str, Any]]:
    return [
        {"type": "quick_reply", "quick_reply": {"id": str(number), "title": f"Take {number}"}}
        for number in range(size)
    ]


_I = "/interactive"
_CARD = {"name": {"formatted_name": "Ada", "first_name": "Ada"}}
_PRODUCT = {"product_retailer_id": "tulips"}

ROWS: dict[str, Row] = {
    "recipient": Row("text", "/to", _text),
    "message_id": Row("text that answers", "/context/message_id", _text),
    "link": Row("image", "/image/link", _link, fewest=13),
    "text.body": Row("text", "/text/body", _text),
    "caption": Row("video", "/video/caption", _text),
    "filename": Row("document", "/document/filename", _text),
    "contacts": Row("contacts", "/contacts", _many(lambda _: _CARD)),
    "location.latitude": Row("location", "/location/latitude", _number),
    "location.longitude": Row("location", "/location/longitude", _number),
    "reaction.emoji": Row("reaction", "/reaction/emoji", lambda size: "🌷" * size),
    "interactive.header": Row("list", f"{_I}/header/text", _text),
    "interactive.body": Row("reply buttons", f"{_I}/body/text", _text),
    "interactive.footer": Row("reply buttons", f"{_I}/footer/text", _text),
    "button.buttons": Row(
        "reply buttons",
        f"{_I}/action/buttons",
        _many(lambda number: {"type": "reply", "reply": {"id": str(number), "title": str(number)}}),
    ),
    "button.title": Row("reply buttons", f"{_I}/action/buttons/0/reply/title", _text),
    "button.id": Row("reply buttons", f"{_I}/action/buttons/1/reply/id", _text),
    "list.button": Row("list", f"{_I}/action/button", _text),
    "list.sections": Row(
        "list", f"{_I}/action/sections", _many(lambda number: {"title": "Flowers", "rows": [_row(number)]})
    ),
    "list.rows": Row(
        "list",
        f"{_I}/action/sections/0/rows",
        _many(_row),
        others=lambda _: [(f"{_I}/action/sections/1", GONE)],
    ),
    "list.section_title": Row("list", f"{_I}/action/sections/0/title", _text),
    "list.row_id": Row("list", f"{_I}/action/sections/0/rows/0/id", _text),
    "list.row_title": Row("list", f"{_I}/action/sections/0/rows/0/title", _text),
    "list.row_description": Row("list", f"{_I}/action/sections/0/rows/0/description", _text),
    "cta_url.display_text": Row("link", f"{_I}/action/parameters/display_text", _text),
    "flow.cta": Row("flow", f"{_I}/action/parameters/flow_cta", _text),
    "products.sections": Row(
        "product list",
        f"{_I}/action/sections",
        _many(lambda _: {"title": "Spring", "product_items": [_PRODUCT]}),
    ),
    "products.section_title": Row("product list", f"{_I}/action/sections/0/title", _text),
    "products.products": Row(
        "product list", f"{_I}/action/sections/0/product_items", _many(lambda _: _PRODUCT)
    ),
    "card_index": Row(
        "carousel of links",
        f"{_I}/action/cards/0/card_index",
        _number,
        others=lambda _: [(f"{_I}/action/cards/1/card_index", 5)],
    ),
    "carousel.cards": Row("carousel of links", f"{_I}/action/cards", _many(_url_card)),
    "carousel.card_body": Row("carousel of links", f"{_I}/action/cards/1/body/text", _text),
    "carousel.card_line_breaks": Row(
        "carousel of links",
        f"{_I}/action/cards/1/body/text",
        lambda size: "x" + "\n" * size + "x",
        words="must have at most 2 line breaks",
    ),
    "carousel.card_buttons": Row(
        "carousel of replies",
        f"{_I}/action/cards/0/action/buttons",
        _reply_buttons,
        others=lambda size: [(f"{_I}/action/cards/1/action/buttons", _reply_buttons(min(max(size, 1), 10)))],
    ),
    "voice_call.display_text": Row("call button", f"{_I}/action/parameters/display_text", _text),
    "voice_call.ttl_minutes": Row("call button", f"{_I}/action/parameters/ttl_minutes", _number),
    "voice_call.payload": Row("call button", f"{_I}/action/parameters/payload", _text),
    "template.name": Row(
        "template",
        "/template/name",
        _text,
        words="must be 1 to 512 lower-case letters, digits and underscores",
    ),
    "template.components": Row("template", "/template/components", _many(lambda _: {"type": "body"})),
    "template.parameters": Row(
        "template",
        "/template/components/0/parameters",
        _many(lambda number: {"type": "text", "text": str(number)}),
    ),
    "template.cards": Row(
        "template with a carousel",
        "/template/components/0/cards",
        _many(lambda number: {"card_index": min(number, 9), "components": []}),
    ),
    "template.coupon_code": Row(
        "template with an offer", "/template/components/1/parameters/0/coupon_code", _text
    ),
}


def _is_number(name: str) -> bool:
    return isinstance(ROWS[name].of_size(1), int)


def _too_many(name: str) -> str:
    most = LIMITS[name].most
    if _is_number(name):
        return f"must be at most {most}"
    return f"must have at most {most} {'characters' if LIMITS[name].unit == 'characters' else 'entries'}"


def _too_few(name: str) -> str:
    least = LIMITS[name].least
    if _is_number(name):
        return f"must be at least {least}"
    return "must not be empty" if least == 1 else f"must have at least {least} entries"


def test_every_limit_has_a_row() -> None:
    """A limit that nobody checks is only a number."""
    assert ROWS.keys() == LIMITS.keys()


def test_every_limit_has_a_source() -> None:
    """Whoever doubts a number can look it up."""
    assert all(limit.source and limit.least <= limit.most for limit in LIMITS.values())


@pytest.mark.parametrize("name", ROWS)
def test_what_is_within_a_limit_passes(name: str) -> None:
    """The fewest, the most, and one within."""
    row, limit = ROWS[name], LIMITS[name]
    fewest = row.fewest or limit.least
    for size in {fewest, min(fewest + 1, limit.most), limit.most - 1, limit.most}:
        assert refusals(_body(row, size)) == []


@pytest.mark.parametrize("name", ROWS)
def test_what_is_beyond_a_limit_is_refused_with_place_and_limit(name: str) -> None:
    """One more than the most."""
    row, limit = ROWS[name], LIMITS[name]
    assert refusals(_body(row, limit.most + 1)) == [(row.pointer, row.words or _too_many(name))]


@pytest.mark.parametrize("name", [name for name in ROWS if LIMITS[name].least > 0 or _is_number(name)])
def test_what_is_below_a_limit_is_refused_with_place_and_limit(name: str) -> None:
    """One fewer than the fewest."""
    row, limit = ROWS[name], LIMITS[name]
    assert refusals(_body(row, limit.least - 1)) == [(row.pointer, row.words or _too_few(name))]


def _body(row: Row, size: int) -> Any:
    return changed(row.example, (row.pointer, row.of_size(size)), *row.others(size))
