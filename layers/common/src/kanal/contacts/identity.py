"""By which names a contact is known."""

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
