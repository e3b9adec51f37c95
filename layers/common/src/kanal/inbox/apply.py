"""What applying an item has at hand, and what an item tells about a person."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kanal.aws.bus import Event
from kanal.contacts.events import contact_marketing, merges_told_by
from kanal.contacts.identity import Identity, names_of
from kanal.contacts.model import Contact, Sighting
from kanal.contacts.store import ContactStore
from kanal.ids import ChannelRef
from kanal.inbox.people import Person
from kanal.inbox.told import Told
from kanal.media.jobs import MediaQueue
from kanal.messages.store import MessageStore
from kanal.sending.effects import Affected
from kanal.sending.releases import ReleaseQueue
from kanal.times import rfc3339


@dataclass(frozen=True)
class Arrival:
    """When a webhook reached us, and whether it may have been handled before.

    The second time its events are published again: the first time may have ended before they were.
    """

    received_at: datetime
    may_be_repeated: bool


@dataclass(frozen=True)
class Stores:
    contacts: ContactStore
    messages: MessageStore
    media_queue: MediaQueue
    releases: ReleaseQueue
    affected: Affected


def apply_told(stores: Stores, ref: ChannelRef, told: Told, arrival: Arrival) -> Iterator[Event]:
    """`told` names a person."""
    sighting = replace(
        sighting_of(told.person, told.at, told.name, arrival),
        saved_name=told.saved_name,
        marketing=told.marketing,
        former=former_names(told.former),
    )
    contact, merges = sight(stores, ref, sighting, arrival)
    yield from merges
    if told.marketing:
        yield contact_marketing(contact, sighting, told.detail, arrival.received_at)


def sight(
    stores: Stores, ref: ChannelRef, sighting: Sighting, arrival: Arrival
) -> tuple[Contact, list[Event]]:
    """The only place where a contact is found or made by what came in; and the merges that this brought.

    Messages that wait for the contact to write go on if they have.
    """
    contact = stores.contacts.sight(ref, sighting, arrival.received_at)
    if contact.window.is_open(arrival.received_at) and _has_parked(stores, contact, sighting):
        stores.releases.put_replied(ref, contact.id)
    return contact, merges_told_by(contact, sighting.order, arrival.received_at)


def _has_parked(stores: Stores, contact: Contact, sighting: Sighting) -> bool:
    """Of one part the sighting was written over the mark, or the mark over the sighting. Of several the mark
    may have been set on another, after it was read: so it is read again.
    """
    if len(contact.parts) == 1 or contact.has_parked or sighting.window_open_until is None:
        return contact.has_parked
    again = stores.contacts.get(contact.ref, contact.id)
    return again is not None and again.has_parked


def sighting_of(person: Person, at: datetime | None, name: str, arrival: Arrival) -> Sighting:
    return Sighting(
        order=f"{rfc3339(at or arrival.received_at)}#{name}",
        wa_id=person.wa_id,
        user_id=person.user_id,
        parent_user_id=person.parent_user_id,
        profile_name=person.profile_name,
        username=person.username,
        written_number=person.written_number,
    )


def former_names(person: Person | None) -> tuple[Identity, ...]:
    return tuple(names_of(person.wa_id, person.user_id, person.parent_user_id)) if person else ()
