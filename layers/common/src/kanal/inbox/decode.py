"""Reads messages and statuses out of raw items. Accepts what is seen in practice; says why it cannot.

Optional everywhere: `contacts`, `from`, `wa_id`, `recipient_id`, `profile.name`, `timestamp`, `errors`. Ids
come as text or number, times as text or number, in seconds and now and then in milliseconds.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kanal.ids import BSUID, Wamid
from kanal.inbox.explode import Item
from kanal.rawjson import storable

_YEAR_9999_SECONDS = 253_402_300_799
_MILLISECONDS_FROM = 100_000_000_000
"""A time this large is in milliseconds: in seconds it lies beyond the year 5000."""


class Undecodable(Exception):
    """The item lacks what nothing can stand in for. `reason` names the field, never its content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Sender:
    """Who wrote, by every name the payload gives. At least one of the ids is there."""

    wa_id: str | None
    user_id: str | None
    username: str | None
    profile_name: str | None


@dataclass(frozen=True)
class DecodedMessage:
    """`sender` is None where the payload names nobody, `at` (WhatsApp's time) where it has none."""

    wamid: Wamid
    type: str
    content: Any
    at: datetime | None
    sender: Sender | None
    is_group: bool


@dataclass(frozen=True)
class DecodedStatus:
    wamid: Wamid
    status: str
    at: datetime | None
    callback_data: str | None
    errors: list[Any]
    pricing: dict[str, Any] | None


def decode_message(item: Item) -> DecodedMessage:
    raw = item.raw
    kind = raw.get("type")
    if not isinstance(kind, str) or not kind:
        raise Undecodable("`type` of the message is missing")
    return DecodedMessage(
        wamid=_wamid(raw),
        type=storable(kind),
        content=raw.get(kind),
        at=_time(raw),
        sender=_sender(raw, item.context),
        is_group="group_id" in raw,
    )


def decode_status(item: Item) -> DecodedStatus:
    raw = item.raw
    status = raw.get("status")
    if not isinstance(status, str) or not 0 < len(status) <= 100:
        raise Undecodable("`status` is missing or longer than 100 characters")
    errors, pricing = raw.get("errors"), raw.get("pricing")
    return DecodedStatus(
        wamid=_wamid(raw),
        status=storable(status),
        at=_time(raw),
        callback_data=_text(raw.get("biz_opaque_callback_data")),
        errors=errors if isinstance(errors, list) else [],
        pricing=pricing if isinstance(pricing, dict) else None,
    )


def _wamid(raw: dict[str, Any]) -> Wamid:
    wamid = _text(raw.get("id"))
    if not wamid or len(wamid) > 512:
        raise Undecodable("`id` is missing or longer than 512 characters")
    return Wamid(wamid)


def _time(raw: dict[str, Any]) -> datetime | None:
    if raw.get("timestamp") is None:
        return None
    try:
        seconds = float(str(raw["timestamp"]))
    except ValueError as error:
        raise Undecodable("`timestamp` is not a number") from error
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    if not 0 < seconds <= _YEAR_9999_SECONDS:
        raise Undecodable("`timestamp` is not a time")
    return datetime.fromtimestamp(seconds, UTC)


def _sender(raw: dict[str, Any], context: dict[str, Any]) -> Sender | None:
    contact = _contact(raw, context)
    profile = contact.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    wa_id = _text(raw.get("from")) or _text(contact.get("wa_id"))
    user_id = _text(raw.get("from_user_id")) or _text(contact.get("user_id"))
    if wa_id and BSUID.fullmatch(wa_id):  # some relays put the BSUID where the number was
        wa_id, user_id = None, user_id or wa_id
    if not wa_id and not user_id:
        return None
    return Sender(
        wa_id=wa_id,
        user_id=user_id,
        username=_text(profile.get("username")),
        profile_name=_text(profile.get("name")),
    )


def _contact(raw: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """What stands beside the message about its sender; nothing if it is about somebody else."""
    contacts = context.get("contacts")
    if not isinstance(contacts, list) or not contacts or not isinstance(contacts[0], dict):
        return {}
    contact: dict[str, Any] = contacts[0]
    for inside, beside in (("from", "wa_id"), ("from_user_id", "user_id")):
        if raw.get(inside) and contact.get(beside) and str(raw[inside]) != str(contact[beside]):
            return {}
    return contact


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return storable(str(value))[:1024] or None
