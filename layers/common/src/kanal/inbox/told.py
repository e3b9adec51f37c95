"""Reads what an update says about a person without any message: preferences, saved names, new user ids."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kanal import rawjson
from kanal.inbox.explode import Item, Kind
from kanal.inbox.people import ITSELF, Person, named, person_of
from kanal.inbox.reading import digits_of, object_of, text_of, time_if_any, time_of

_MARKETING: dict[str, Literal["stop", "resume"]] = {
    "stop": "stop",
    "resume": "resume",
    "signup": "resume",  # through a sign-up link
}
_ABOUT_MARKETING = ("marketing_messages", None)
"""The category may be absent."""


@dataclass(frozen=True)
class Told:
    """`at` is WhatsApp's time, None where there is none."""

    person: Person
    at: datetime | None
    name: str
    """What tells it from every other update: a digest of what came."""
    saved_name: str | None = None
    """Empty where it was taken out of the address book."""
    marketing: Literal["stop", "resume"] | None = None
    detail: str | None = None
    former: Person | None = None


def decode_preference(item: Item) -> Told:
    """A person's wish about marketing messages. What WhatsApp invents next is no wish we know."""
    raw = item.raw
    known = _MARKETING.get(str(raw.get("value"))) if raw.get("category") in _ABOUT_MARKETING else None
    return Told(
        person=person_of(raw, ITSELF, item.context),
        at=time_of(raw),
        name=_name(item),
        marketing=known,
        detail=text_of(raw.get("detail")),
    )


def decode_state_sync(item: Item) -> Told:
    """An entry of the address book of the phone that has the number too."""
    raw = item.raw
    entry = object_of(raw.get("contact"))
    full_name = text_of(entry.get("full_name")) or text_of(entry.get("first_name"))
    is_removal = raw.get("action") == "remove"
    return Told(
        person=Person(
            user_id=text_of(entry.get("user_id")),
            parent_user_id=text_of(entry.get("parent_user_id")),
            username=text_of(entry.get("username")),
            written_number=digits_of(entry.get("phone_number")) or None,
        ),
        at=time_if_any(object_of(raw.get("metadata")), "timestamp"),
        name=_name(item),
        saved_name="" if is_removal else full_name,
    )


def decode_user_id_update(item: Item) -> Told:
    """A new user id, as announced before `system` messages did (March to July 2026)."""
    raw = item.raw
    user_id, parent = object_of(raw.get("user_id")), object_of(raw.get("parent_user_id"))
    return Told(
        person=named(
            wa_id=text_of(raw.get("wa_id")),
            user_id=text_of(user_id.get("current")),
            parent_user_id=text_of(parent.get("current")),
        ),
        at=time_of(raw),
        name=_name(item),
        detail=text_of(raw.get("detail")),
        former=Person(
            user_id=text_of(user_id.get("previous")), parent_user_id=text_of(parent.get("previous"))
        ),
    )


DECODERS: dict[Kind, Callable[[Item], Told]] = {
    "preference": decode_preference,
    "state_sync": decode_state_sync,
    "user_id_update": decode_user_id_update,
}


def _name(item: Item) -> str:
    return f"{item.kind}#{hashlib.sha256(rawjson.write(item.raw).encode()).hexdigest()[:16]}"
