"""Whom an item is about, by every name that the payload gives.

Any of the names may be absent: a person who hides the number has a user id only, a person before March 2026
a number only. `contacts` stands beside the items and says more about the person, if it is the same.
"""

from dataclasses import dataclass
from typing import Any

from kanal.ids import BSUID
from kanal.inbox.reading import Json, digits_of, object_of, text_of


@dataclass(frozen=True)
class Person:
    wa_id: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    username: str | None = None
    profile_name: str | None = None
    written_number: str | None = None
    """Digits that a person wrote into an address book: perhaps not as WhatsApp spells them."""

    @property
    def is_known(self) -> bool:
        """Whether a contact can be found or made by it."""
        return bool(self.wa_id or self.user_id or self.written_number)


@dataclass(frozen=True)
class Keys:
    """Where one item writes the ids of a person; several spellings of one id in order of preference."""

    wa_id: tuple[str, ...]
    user_id: tuple[str, ...]
    parent_user_id: tuple[str, ...]


SENDER = Keys(("from",), ("from_user_id",), ("from_parent_user_id",))
RECEIVER = Keys(("to",), ("to_user_id",), ("to_parent_user_id",))
ITSELF = Keys(("wa_id",), ("user_id",), ("parent_user_id",))
OF_STATUS = Keys(
    ("recipient_id",),
    ("recipient_user_id",),
    ("recipient_parent_user_id", "parent_recipient_user_id"),  # the second until 5 May 2026
)
OF_GROUP_STATUS = Keys(
    ("recipient_participant_id", "participant_recipient_id"),  # WhatsApp's pages spell it both ways
    ("recipient_participant_user_id",),
    ("recipient_participant_parent_user_id",),
)


def person_of(raw: Json, keys: Keys, context: Json) -> Person:
    """The person whom the item names, with what stands beside the item about the same."""
    wa_id, user_id = _first(raw, keys.wa_id), _first(raw, keys.user_id)
    parent_user_id = _first(raw, keys.parent_user_id)
    beside = _contact(wa_id, user_id, context) if "contacts" in context else None
    if not beside:
        return named(wa_id, user_id, parent_user_id)
    profile = object_of(beside.get("profile"))
    return named(
        wa_id or text_of(beside.get("wa_id")),
        user_id or text_of(beside.get("user_id")),
        parent_user_id or text_of(beside.get("parent_user_id")),
        text_of(profile.get("username")) or text_of(beside.get("username")),
        text_of(profile.get("name")),
    )


def named(
    wa_id: str | None = None,
    user_id: str | None = None,
    parent_user_id: str | None = None,
    username: str | None = None,
    profile_name: str | None = None,
) -> Person:
    """Some relays put the user id where the number was."""
    if wa_id and not wa_id.isdecimal() and BSUID.fullmatch(wa_id):
        wa_id, user_id = None, user_id or wa_id
    return Person(wa_id and wa_id.removeprefix("+"), user_id, parent_user_id, username, profile_name)


def business_number(context: Json) -> str:
    """The digits of the business's own number; empty where the item does not tell."""
    return digits_of(object_of(context.get("metadata")).get("display_phone_number"))


def other_party(raw: Json, context: Json) -> Person:
    """Who is at the other end of what the business sent, or of a call: never the business itself."""
    own_number = business_number(context)
    is_to_business = bool(own_number) and digits_of(raw.get("to")) == own_number
    return person_of(raw, SENDER if is_to_business else RECEIVER, context)


def _first(raw: Json, keys: tuple[str, ...]) -> str | None:
    for key in keys:
        if key in raw and (found := text_of(raw[key])):
            return found
    return None


def _contact(wa_id: str | None, user_id: str | None, context: Json) -> Json:
    """What stands beside the item about its person; nothing if it is about somebody else."""
    contacts: Any = context.get("contacts")
    if not isinstance(contacts, list) or not contacts or not isinstance(contacts[0], dict):
        return {}
    contact: Json = contacts[0]
    if not wa_id and not user_id and len(contacts) > 1:
        return {}  # it could be any of them
    for ours, key in ((wa_id, "wa_id"), (user_id, "user_id")):
        if ours and contact.get(key) and ours != text_of(contact[key]):
            return {}
    return contact
