"""What a contact is, and how a sighting of a person changes it.

Sightings arrive in any order and repeatedly. Every trait is therefore decided by a rule that does not look at
the order of arrival: the latest by WhatsApp's time, ties broken by message id.

A contact that turns out to be the same person as another is merged into it without losing anything of its
own: each stays as a part, sightings go to the part that has the name, and what is shown is folded over all
parts. Taking the link away undoes the merge.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Literal

from kanal.contacts.identity import Identity, names_of, phone
from kanal.ids import ChannelRef, ContactId
from kanal.windows.rules import Window, folded, later, max_time

Trait = Literal[
    "wa_id", "user_id", "parent_user_id", "profile_name", "username", "saved_name", "marketing", "referral"
]
TRAITS: tuple[Trait, ...] = (
    "wa_id",
    "user_id",
    "parent_user_id",
    "profile_name",
    "username",
    "saved_name",
    "marketing",
    "referral",
)
Because = Literal["named_together", "id_changed", "send_answer", "by_hand"]
"""Why two contacts are one: a payload with the names of both, a change of number or user id that WhatsApp
reported, WhatsApp's answer to a send, or a person who said so.
"""


@dataclass(frozen=True)
class Seen:
    """A value and the sighting that brought it (`order`, compared as text)."""

    value: str
    order: str


@dataclass(frozen=True)
class Sighting:
    """What is said about one person at one moment. `order` is WhatsApp's time and the message's id.

    Without a time (`order` empty) it is our own first word about somebody: all that WhatsApp says is later.
    """

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
    referral: str | None = None
    """That ad or post, as JSON text."""
    free_entry_until: datetime | None = None
    marketing: Literal["stop", "resume"] | None = None
    marketing_suppressed_until: datetime | None = None
    """WhatsApp refused marketing to the person because others sent enough of it; not before then again."""
    written_number: str | None = None
    """Digits with country code as a person wrote them. They find the contact, and are where messages go until
    WhatsApp says how it spells the number.
    """
    former: tuple[Identity, ...] = ()
    """Names that the person had and gave up, as a system message about a change tells."""
    also: tuple[Identity, ...] = ()
    """Further names of the same person: the spelling under which WhatsApp found the number."""
    is_sign_of_life: bool = True
    """Whether the person is seen by it. Not by reports of a message of ours: several say the same, and which
    of them is taken in depends on which came first.
    """

    @property
    def identities(self) -> list[Identity]:
        """All of them, the strongest first."""
        known = [
            *names_of(self.wa_id, None),
            *names_of(self.written_number, self.user_id, self.parent_user_id),
        ]
        return list(dict.fromkeys([*known, *self.also, *self.former]))

    @property
    def at(self) -> str:
        """WhatsApp's time as text, empty without one."""
        return self.order.partition("#")[0]

    @property
    def because(self) -> Because:
        if self.former:
            return "id_changed"
        return "send_answer" if self.also else "named_together"

    def without(self, identities: Sequence[Identity]) -> "Sighting":
        """As if it had not named these: they belong to somebody who is kept apart."""
        return replace(
            self,
            wa_id=None if self.wa_id and phone(self.wa_id) in identities else self.wa_id,
            written_number=None
            if self.written_number and phone(self.written_number) in identities
            else self.written_number,
            user_id=None if Identity("user_id", self.user_id or "") in identities else self.user_id,
            parent_user_id=None
            if Identity("parent_user_id", self.parent_user_id or "") in identities
            else self.parent_user_id,
            former=tuple(each for each in self.former if each not in identities),
            also=tuple(each for each in self.also if each not in identities),
        )


@dataclass(frozen=True)
class Merged:
    """A part that was found to be the same person. `evidence` is the order of the sighting that told so."""

    id: ContactId
    at: datetime
    because: Because
    evidence: str = ""


@dataclass(frozen=True)
class Part:
    """A contact as it was first made: what the sightings of its own names told."""

    id: ContactId
    ref: ChannelRef
    created_at: datetime
    seen: Mapping[Trait, Seen] = field(default_factory=dict)
    window: Window = field(default_factory=Window)
    last_seen_at: str = ""
    """WhatsApp's time of the latest sighting, as text."""
    marketing_suppressed_until: datetime | None = None
    merged: tuple[Merged, ...] = ()
    merged_into: ContactId | None = None
    kept_apart: Mapping[ContactId, datetime] = field(default_factory=dict)
    """Parts from which a person separated this one, and when: they are not merged again by themselves."""
    parked: str | None = None
    """The message to them that was the last to be parked until they write."""
    version: int = 0

    def value(self, trait: Trait) -> str | None:
        return self.seen[trait].value if trait in self.seen else None

    def is_known_as(self, identity: Identity) -> bool:
        if identity.kind == "phone":
            wa_id = self.value("wa_id")
            return wa_id is not None and phone(wa_id) == identity
        return self.value(identity.kind) == identity.value


@dataclass(frozen=True)
class Contact:
    """One person: the part that stands for all (first), and those merged into it.

    `via` is the part by which it was found: under its id messages are stored, so that undoing a merge gives
    each its own back.
    """

    parts: tuple[Part, ...]
    via: ContactId

    @property
    def id(self) -> ContactId:
        return self.parts[0].id

    @property
    def ref(self) -> ChannelRef:
        return self.parts[0].ref

    @property
    def created_at(self) -> datetime:
        return min(part.created_at for part in self.parts)

    @cached_property
    def seen(self) -> Mapping[Trait, Seen]:
        return _latest_of(part.seen for part in self.parts)

    @cached_property
    def window(self) -> Window:
        return folded(part.window for part in self.parts)

    @property
    def merged(self) -> tuple[Merged, ...]:
        return tuple(sorted((each for part in self.parts for each in part.merged), key=lambda one: one.at))

    @property
    def part_ids(self) -> tuple[ContactId, ...]:
        return tuple(part.id for part in self.parts)

    @property
    def has_parked(self) -> bool:
        """Whether messages may wait for them to write."""
        return any(part.parked for part in self.parts)

    @property
    def part(self) -> Part:
        """The part by which it was found."""
        return next(part for part in self.parts if part.id == self.via)

    @property
    def wa_id(self) -> str | None:
        return self._value("wa_id")

    @property
    def user_id(self) -> str | None:
        return self._value("user_id")

    @property
    def parent_user_id(self) -> str | None:
        return self._value("parent_user_id")

    @property
    def profile_name(self) -> str | None:
        return self._value("profile_name")

    @property
    def username(self) -> str | None:
        return self._value("username")

    @property
    def saved_name(self) -> str | None:
        return self._value("saved_name") or None

    @property
    def marketing(self) -> Seen | None:
        """The last that WhatsApp reported of the person's wish: `stop` or `resume`."""
        return self.seen.get("marketing")

    @property
    def referral(self) -> Seen | None:
        """The ad or post through which the person came last, as JSON text."""
        return self.seen.get("referral")

    @property
    def has_stopped_marketing(self) -> bool:
        return self.marketing is not None and self.marketing.value == "stop"

    @property
    def marketing_suppressed_until(self) -> datetime | None:
        """Until when WhatsApp takes no marketing to the person; may be over."""
        return max_time(part.marketing_suppressed_until for part in self.parts)

    def is_kept_apart_from(self, other: "Contact") -> bool:
        theirs = {part.id for part in other.parts}
        ours = {part.id for part in self.parts}
        return any(part.kept_apart.keys() & theirs for part in self.parts) or any(
            part.kept_apart.keys() & ours for part in other.parts
        )

    def _value(self, trait: Trait) -> str | None:
        return self.seen[trait].value if trait in self.seen else None


def with_sighting(part: Part, sighting: Sighting) -> Part:
    """The part after the sighting."""
    told: dict[Trait, Seen] = {
        trait: Seen(value, sighting.order)
        for trait in TRAITS
        if (value := getattr(sighting, trait)) is not None
    }
    if sighting.written_number:
        told.setdefault("wa_id", Seen(sighting.written_number, order=""))
    window = Window(
        open_until=sighting.window_open_until,
        referral_at=sighting.referral_at,
        free_entry_until=sighting.free_entry_until,
    )
    return replace(
        part,
        seen=_latest_of([part.seen, told]),
        window=folded([part.window, window]),
        last_seen_at=max(part.last_seen_at, sighting.at if sighting.is_sign_of_life else ""),
        marketing_suppressed_until=later(
            part.marketing_suppressed_until, sighting.marketing_suppressed_until
        ),
    )


def _latest_of(known: "Iterator[Mapping[Trait, Seen]] | Sequence[Mapping[Trait, Seen]]") -> dict[Trait, Seen]:
    """Of each trait the value of the greatest order; in a tie the greatest value."""
    latest: dict[Trait, Seen] = {}
    for traits in known:
        for trait, seen in traits.items():
            if trait not in latest or (seen.order, seen.value) > (latest[trait].order, latest[trait].value):
                latest[trait] = seen
    return latest
