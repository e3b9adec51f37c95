"""Whether a body of `POST /messages` is one that WhatsApp would take, before anybody is looked up."""

from typing import Any

from local.simulator.interactive import FILE, check_interactive
from local.simulator.phones import USER_ID, is_phone
from local.simulator.refusals import RefusalError
from local.simulator.shapes import (
    Check,
    anything,
    flag,
    items,
    link,
    number,
    refuse_unknown,
    shape,
    text,
    word,
)

ENVELOPE_KEYS = {
    "messaging_product", "recipient_type", "to", "recipient", "type", "context",
    "biz_opaque_callback_data", "recipient_identity_key_hash",
}  # fmt: skip
LONGEST_CALLBACK_DATA = 512

_FILE: dict[str, Check] = {"id": text(), "link": link}
_CAPTIONED: dict[str, Check] = {**_FILE, "caption": text(1024)}
_ONE_FILE = ("id", "link")
_NAME_PARTS = ("first_name", "last_name", "middle_name", "prefix", "suffix")
_CARD_KEYS = (
    "city",
    "country",
    "country_code",
    "email",
    "phone",
    "state",
    "street",
    "type",
    "url",
    "wa_id",
    "zip",
)
_CARD_LISTS = ("addresses", "emails", "phones", "urls")
_CARD = shape(
    {"name": shape({"formatted_name": text()}, dict.fromkeys(_NAME_PARTS, text()))},
    {
        **dict.fromkeys(_CARD_LISTS, items(shape({}, dict.fromkeys(_CARD_KEYS, text())), 0)),
        "org": anything,
        "birthday": text(10),
    },
)
_COMPONENT = shape(
    {"type": word("header", "body", "button", "carousel", "limited_time_offer")},
    {
        "sub_type": word("quick_reply", "url", "copy_code", "flow", "catalog", "mpm", "voice_call"),
        "index": anything,
        "parameters": items(anything, 0),
        "cards": items(anything, 2, 10),
    },
)
_LANGUAGE = shape({"code": text()}, {"policy": word("deterministic")})


def _language(value: Any, where: str) -> None:
    """A text, as older APIs had it, is no language."""
    _LANGUAGE(value if isinstance(value, dict) else {}, where)


KINDS: dict[str, Check] = {
    "text": shape({"body": text(4096)}, {"preview_url": flag}),
    "image": shape({}, _CAPTIONED, one_of=_ONE_FILE),
    "video": shape({}, _CAPTIONED, one_of=_ONE_FILE),
    "audio": shape({}, {**_FILE, "voice": flag}, one_of=_ONE_FILE),
    "document": shape({}, {**_CAPTIONED, "filename": text()}, one_of=_ONE_FILE),
    "sticker": FILE,
    "location": shape(
        {"latitude": number(-90, 90), "longitude": number(-180, 180)}, {"name": text(), "address": text()}
    ),
    "contacts": items(_CARD, 1, 257),
    "reaction": shape({"message_id": text(), "emoji": text(empty=True)}),
    "interactive": check_interactive,
    "template": shape(
        {
            "name": text(),
            "language": _language,
        },
        {"components": items(_COMPONENT, 0)},
    ),
}


def check_content(body: dict[str, Any]) -> None:
    if body.get("messaging_product") != "whatsapp":
        raise RefusalError(100, "The parameter messaging_product is required and must be whatsapp.")
    _check_envelope(body)
    kind = body["type"]
    content = body.get(kind)
    if not isinstance(content, list if kind == "contacts" else dict):
        raise RefusalError(131008, f"Parameter '{kind}' is mandatory for type '{kind}'")
    KINDS[kind](content, kind)
    if kind == "contacts":
        _check_names(body["contacts"])


def _check_names(cards: list[dict[str, Any]]) -> None:
    """WhatsApp's reference asks for the formatted name alone, its servers for another part beside it."""
    if any(card["name"].keys().isdisjoint(_NAME_PARTS) for card in cards):
        raise RefusalError(131009, "Each contact's name needs a part beside formatted_name.")


def _check_envelope(body: dict[str, Any]) -> None:
    if not body.get("type"):
        raise RefusalError(131008, "The parameter type is required.")
    if body["type"] not in KINDS:
        raise RefusalError(100, f"Param type must be one of {', '.join(kind.upper() for kind in KINDS)}")
    refuse_unknown(body, ENVELOPE_KEYS | {body["type"]}, "the message")
    if body.get("recipient_type", "individual") == "group":
        raise RefusalError(131041, "This number is in no group.")
    if body.get("recipient_type", "individual") != "individual":
        raise RefusalError(100, "Param recipient_type must be one of individual, group")
    if "context" in body:
        shape({"message_id": text()})(body["context"], "context")
        if body["type"] == "reaction":
            raise RefusalError(100, "A reaction cannot be a reply.")
    _check_callback_data(body.get("biz_opaque_callback_data", ""))
    _check_recipient(body)


def _check_recipient(body: dict[str, Any]) -> None:
    """With both given, `to` counts and `recipient` is not looked at."""
    if "to" in body:
        if not isinstance(body["to"], str) or not is_phone(body["to"]):
            raise RefusalError(131009, "Parameter 'to' is not a phone number")
    elif "recipient" not in body:
        raise RefusalError(131008, "The parameter to is required.")
    elif not isinstance(body["recipient"], str) or not USER_ID.match(body["recipient"]):
        raise RefusalError(131009, "Parameter 'recipient' is not a business-scoped user id")


def _check_callback_data(data: Any) -> None:
    if not isinstance(data, str):
        raise RefusalError(100, "Param biz_opaque_callback_data must be a string")
    if len(data) > LONGEST_CALLBACK_DATA:
        raise RefusalError(
            100, f"Param biz_opaque_callback_data must be at most {LONGEST_CALLBACK_DATA} characters long"
        )
