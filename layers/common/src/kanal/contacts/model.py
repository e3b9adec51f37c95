"""What a contact is, and how a sighting of a person changes it.

Sightings arrive in any order and repeatedly. Every attribute is therefore decided by a rule that does not
look at the order of arrival: the latest by WhatsApp's time, ties broken by message id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from kanal.ids import ChannelRef, ContactId
from kanal.windows.rules import Window, later

IdentityKind = Literal["wa_id", "user_id"]


@dataclass(frozen=True)
class Identity:
    """One way a contact is known: WhatsApp's phone-like id, or the business-scoped user id (BSUID)."""

    kind: IdentityKind
    value: str


@dataclass(frozen=True)
class Seen:
    """A value and the sighting that brought it (`order`, compared as text)."""

    value: str
    order: str


@dataclass(frozen=True)
class Contact:
    id: ContactId
    ref: ChannelRef
    created_at: datetime
    wa_id: Seen | None = None
    user_id: Seen | None = None
    profile_name: Seen | None = None
    username: Seen | None = None
    window: Window = field(default_factory=Window)
    version: int = 0

    def is_known_as(self, identity: Identity) -> bool:
        seen: Seen | None = getattr(self, identity.kind)
        return seen is not None and seen.value == identity.value


@dataclass(frozen=True)
class Sighting:
    """What one inbound message says about its sender. `order` is WhatsApp's time and the message id."""

    order: str
    wa_id: str | None = None
    user_id: str | None = None
    profile_name: str | None = None
    username: str | None = None
    window_open_until: datetime | None = None
    parent_user_id: str | None = None
    saved_name: str | None = None
    """As the business wrote it into its phone's address book; empty where it was taken out."""
    referral_at: datetime | None = None
    """When the person wrote through an ad or post: our reply within 24 hours opens the free entry point."""
    free_entry_until: datetime | None = None
    marketing: Literal["stop", "resume"] | None = None
    former: tuple[Identity, ...] = ()
    """Names that the person had and gave up, as a system message about a change tells."""

    @property
    def identities(self) -> list[Identity]:
        """By phone first: it is the stronger name, a BSUID changes with the number."""
        known: list[Identity] = []
        if self.wa_id:
            known.append(Identity("wa_id", self.wa_id))
        if self.user_id:
            known.append(Identity("user_id", self.user_id))
        return known

    def without(self, identities: Sequence[Identity]) -> "Sighting":
        kinds = {identity.kind for identity in identities}
        return replace(
            self,
            wa_id=None if "wa_id" in kinds else self.wa_id,
            user_id=None if "user_id" in kinds else self.user_id,
        )


def with_sighting(contact: Contact, sighting: Sighting) -> Contact:
    """The contact after the sighting."""
    window = replace(contact.window, open_until=later(contact.window.open_until, sighting.window_open_until))
    return replace(
        contact,
        wa_id=_latest(contact.wa_id, sighting.wa_id, sighting.order),
        user_id=_latest(contact.user_id, sighting.user_id, sighting.order),
        profile_name=_latest(contact.profile_name, sighting.profile_name, sighting.order),
        username=_latest(contact.username, sighting.username, sighting.order),
        window=window,
    )


def _latest(known: Seen | None, value: str | None, order: str) -> Seen | None:
    if value is None or (known is not None and (known.order, known.value) >= (order, value)):
        return known
    return Seen(value, order)
