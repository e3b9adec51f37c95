"""By which names a contact is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kanal.contacts.numbers import match_key

IdentityKind = Literal["phone", "user_id", "parent_user_id"]


@dataclass(frozen=True)
class Identity:
    """One way a contact is known. A phone's value is its match key, one for all spellings of a number."""

    kind: IdentityKind
    value: str


@dataclass(frozen=True)
class WrittenNumber:
    """A phone number as somebody wrote it, as digits with country code: perhaps in another spelling than
    WhatsApp's.
    """

    digits: str


def phone(digits: str) -> Identity:
    """WhatsApp's phone-like id, or a number's digits with country code, as a name to be found by."""
    return Identity("phone", match_key(digits))


def names_of(wa_id: str | None, user_id: str | None, parent_user_id: str | None = None) -> Iterator[Identity]:
    """By phone first: it is the stronger name, a BSUID changes with the number."""
    if wa_id:
        yield phone(wa_id)
    if user_id:
        yield Identity("user_id", user_id)
    if parent_user_id:
        yield Identity("parent_user_id", parent_user_id)
