"""Where each limit on what is sent counts: an example, a place in it, and a value of any size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.outbound_bodies import GONE, changed


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

    def body(self, size: int) -> dict[str, Any]:
        return changed(self.example, (self.pointer, self.of_size(size)), *self.others(size))


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
