"""The content of a message as we show it, from the raw JSON that is stored.

WhatsApp's own objects; only where it has several ways to say the same they are made one. What a shape does
not expect in the raw object it leaves as it is: nothing here raises, whatever came.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from kanal import rawjson

Json = dict[str, Any]
Shape = Callable[[Json], Any]


_QUOTED = {"id": "message_id", "from": "from", "referred_product": "referred_product"}
"""What is answered or asked about; the wamid under the name that it has when sending."""


def content_of(kind: str, raw: Any) -> Any:
    """What stands under the name of its type. The type of the raw message may be an older word for it."""
    if not isinstance(raw, dict):
        return None
    shape = SHAPES.get(kind)
    return shape(raw) if shape else raw.get(kind)


def marks_of(raw: Any) -> Json:
    """What WhatsApp says about a message beside its content; only what it does say."""
    if not isinstance(raw, dict):
        return {}
    context = _object(raw.get("context"))
    quoted = {shown: context[key] for key, shown in _QUOTED.items() if key in context}
    forwarded = {key: True for key in ("forwarded", "frequently_forwarded") if context.get(key) is True}
    referral = {"referral": raw["referral"]} if isinstance(raw.get("referral"), dict) else {}
    return {**({"context": quoted} if quoted else {}), **forwarded, **referral}


def _audio(raw: Json) -> Any:
    """Voice notes had a type of their own once."""
    content = raw.get("audio", raw.get("voice"))
    return {"voice": raw.get("type") == "voice", **content} if isinstance(content, dict) else content


def _button(raw: Json) -> Any:
    """The payload defaults to the text of the button."""
    content = raw.get("button")
    if not isinstance(content, dict):
        return content
    return {**content, "payload": content.get("payload", content.get("text"))}


def _contacts(raw: Json) -> Any:
    """`origin` stands in the contact, or at the message in earlier payloads."""
    cards = raw.get("contacts")
    if not isinstance(cards, list) or not isinstance(raw.get("origin"), str):
        return cards
    return [{"origin": raw["origin"], **card} if isinstance(card, dict) else card for card in cards]


def _interactive(raw: Json) -> Any:
    """The answer to a flow or form is JSON within JSON; `response` is the inner one, read."""
    content = raw.get("interactive")
    reply = _object(content).get("nfm_reply")
    if not isinstance(content, dict) or not isinstance(reply, dict):
        return content
    return {**content, "nfm_reply": {**reply, "response": _read(reply.get("response_json"))}}


def _order(raw: Json) -> Any:
    content = raw.get("order")
    items = _object(content).get("product_items")
    if not isinstance(content, dict) or not isinstance(items, list):
        return content
    return {**content, "product_items": [_product(item) for item in items]}


def _product(item: Any) -> Any:
    """Prices come as text, as whole numbers and as fractions; numbers of pieces as text and as numbers."""
    if not isinstance(item, dict):
        return item
    shown = dict(item)
    if "item_price" in item:
        shown["item_price"] = _decimal_text(item["item_price"])
    quantity = item.get("quantity")
    if isinstance(quantity, str) and quantity.isdecimal() and len(quantity) < 10:
        shown["quantity"] = int(quantity)
    return shown


def _reaction(raw: Json) -> Any:
    """`emoji` is null where the reaction was taken back: WhatsApp leaves it out or empty."""
    content = raw.get("reaction")
    return {**content, "emoji": content.get("emoji") or None} if isinstance(content, dict) else content


def _unsupported(raw: Json) -> Any:
    """Older payloads have the type `unknown`. Why it is unsupported stands in the message's errors."""
    content = raw.get("unsupported", raw.get("unknown"))
    return {"type": None, **content} if isinstance(content, dict) else {"type": None}


def _system(raw: Json) -> Any:
    """`identity` stands beside it where a person's security code changed."""
    content = raw.get("system")
    if isinstance(content, dict) and "identity" in raw:
        return {**content, "identity": raw["identity"]}
    return content


def _call(raw: Json) -> Any:
    """One event of a call: all that WhatsApp says of it. Status updates have `status` and no `event`."""
    event, status = raw.get("event"), raw.get("status")
    told = event if isinstance(event, str) else status
    known = told.lower().removeprefix("call_") if isinstance(told, str) else None
    return {**raw, "id": raw.get("id", raw.get("wacid")), "event": known}


def _nothing(_: Json) -> Any:
    return {}


SHAPES: dict[str, Shape] = {
    "audio": _audio,
    "button": _button,
    "call": _call,
    "contacts": _contacts,
    "interactive": _interactive,
    "media_placeholder": _nothing,
    "order": _order,
    "reaction": _reaction,
    "request_welcome": _nothing,
    "system": _system,
    "unsupported": _unsupported,
}
"""Types that are shown otherwise than they come."""
AS_THEY_COME = ("text", "image", "video", "document", "sticker", "location", "edit", "revoke")
"""Types that WhatsApp has one way for. What it invents next is shown as it comes, too."""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _read(text: Any) -> Any:
    """None where it is no JSON."""
    try:
        return rawjson.read(text) if isinstance(text, str) else None
    except rawjson.NotJson:
        return None


def _decimal_text(price: Any) -> Any:
    """Text in plain digits, so that no reader's arithmetic changes it; anything else stays as it is."""
    if isinstance(price, bool) or not isinstance(price, int | float | str):
        return price
    try:
        number = Decimal(str(price))
    except InvalidOperation:
        return price
    is_plain = number.is_finite() and abs(number.adjusted()) < 30
    return f"{number:f}" if is_plain else price
