"""What one item does to contacts, windows and messages."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from kanal.aws.bus import Event
from kanal.contacts.events import merges_told_by
from kanal.contacts.model import Contact, Identity, Sighting, phone
from kanal.contacts.store import ContactStore
from kanal.contacts.view import as_json as contact_as_json
from kanal.ids import MESSAGE_ID, ChannelRef, MessageId, Wamid, inbound_message_id
from kanal.inbox.decode import DecodedMessage, DecodedStatus
from kanal.inbox.events import contact_marketing
from kanal.inbox.people import Person
from kanal.inbox.told import Told
from kanal.media.jobs import MediaQueue
from kanal.media.model import announced
from kanal.messages.content import content_of
from kanal.messages.delivery import Fact
from kanal.messages.events import message_changed, message_echoed, message_received, message_status
from kanal.messages.model import Message, Origin, Version
from kanal.messages.store import Applied, MessageStore, Taken
from kanal.times import rfc3339
from kanal.windows.rules import opened_until, says_outside_window

_ANNOUNCED = {"whatsapp": message_received, "app": message_echoed}
"""By origin. Of history one event tells how far it has come, not one for each message."""


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


# --- messages, echoes, history, calls ---


def apply_message(
    stores: Stores, ref: ChannelRef, decoded: DecodedMessage, arrival: Arrival
) -> Iterator[Event]:
    """`decoded` names a person."""
    contact, merges = _sight(stores, ref, _sighting_of(decoded, arrival), arrival)
    yield from merges
    if decoded.original:
        yield from _apply_version(stores, ref, decoded, decoded.original, contact, arrival)
        return
    message = _message(ref, decoded, contact, arrival)
    taken = stores.messages.take_in(message)
    if decoded.reported and decoded.wamid:
        fact = Fact(decoded.reported, None, arrival.received_at)
        stores.messages.add_fact(ref, message.id, decoded.wamid, fact)
    if not taken.is_new and not arrival.may_be_repeated:
        return
    if taken.message.media and taken.message.media.state == "pending":
        stores.media_queue.put(ref, message.id)
    yield from _announcement(taken, decoded.origin, contact_as_json(contact, arrival.received_at))
    if decoded.origin == "app" and decoded.wamid:
        for waiting in stores.messages.link(ref, decoded.wamid, message.id):
            yield from _consequences(stores, ref, waiting, arrival)


def _announcement(taken: Taken, origin: Origin, contact: dict[str, Any]) -> Iterator[Event]:
    """Of what is stored; an account that gave way to a better one is not news."""
    event = _ANNOUNCED.get(origin)
    if event and taken.message.origin == origin:
        yield event(taken.message, contact)


def _apply_version(
    stores: Stores,
    ref: ChannelRef,
    decoded: DecodedMessage,
    original: Wamid,
    contact: Contact,
    arrival: Arrival,
) -> Iterator[Event]:
    """It becomes part of the original, which may not have come yet: then the original tells of it."""
    version = Version(decoded.type, decoded.wamid or original, decoded.raw, decoded.at, arrival.received_at)
    message, is_new = stores.messages.add_version(ref, inbound_message_id(ref, original), version)
    if message and (is_new or arrival.may_be_repeated):
        yield message_changed(message, version, contact_as_json(contact, arrival.received_at))


def _message(ref: ChannelRef, decoded: DecodedMessage, contact: Contact, arrival: Arrival) -> Message:
    content = content_of(decoded.type, decoded.raw)
    return Message(
        id=inbound_message_id(ref, decoded.name),
        ref=ref,
        contact_id=contact.via,
        direction=decoded.direction,
        type=decoded.type,
        content=content,
        created_at=arrival.received_at,
        origin=decoded.origin,
        precedence=decoded.precedence,
        group_id=decoded.group_id,
        raw=decoded.raw,
        wamid=decoded.wamid,
        sent_at=decoded.at,
        # What the history tells of a message is a fact of it; without one it has not left the phone.
        stage="sending" if decoded.origin == "history" else "sent",
        media=announced(decoded.type, content),
    )


# --- statuses ---


def apply_status(
    stores: Stores, ref: ChannelRef, decoded: DecodedStatus, arrival: Arrival
) -> Iterator[Event]:
    fact = Fact(
        decoded.status,
        decoded.at,
        arrival.received_at,
        tuple(decoded.errors),
        decoded.pricing,
        decoded.conversation,
        decoded.participant,
        _both_names(decoded.person),
    )
    applied = stores.messages.apply_fact(ref, decoded.wamid, _our_id(decoded.callback_data), fact)
    yield from _learned(stores, ref, decoded, applied, arrival)
    yield from _consequences(stores, ref, applied, arrival)
    if applied.message and applied.message.stage in ("sending", "unconfirmed"):
        # The sender does not know the wamid yet and may never: later statuses may come without our id.
        for waiting in stores.messages.link(ref, decoded.wamid, applied.message.id):
            yield from _consequences(stores, ref, waiting, arrival)


def _consequences(stores: Stores, ref: ChannelRef, applied: Applied, arrival: Arrival) -> Iterator[Event]:
    """What follows from a fact for the contact's window, and for those who listen."""
    message, fact = applied.message, applied.fact
    if message is None:
        return
    if says_outside_window(fact.status, fact.errors):
        stores.contacts.close_window(ref, message.contact_id, fact.at or fact.received_at)
    if applied.is_new or arrival.may_be_repeated:
        yield message_status(message, fact)


def _learned(
    stores: Stores, ref: ChannelRef, decoded: DecodedStatus, applied: Applied, arrival: Arrival
) -> Iterator[Event]:
    """What a status tells about the recipient, whoever sent the message: rarely anything."""
    marketing: Literal["stop"] | None = "stop" if decoded.stops_marketing else None
    says_more = marketing or decoded.free_entry_until
    if not decoded.person.is_known or not (says_more or _tells_a_name(applied, arrival)):
        return
    sighting = _sighting(decoded.person, decoded.at, f"{decoded.wamid}#{decoded.status}", arrival)
    sighting = replace(sighting, marketing=marketing, free_entry_until=decoded.free_entry_until)
    contact, merges = _sight(stores, ref, sighting, arrival)
    yield from merges
    if marketing and (applied.is_new or applied.message is None or arrival.may_be_repeated):
        yield contact_marketing(ref, sighting, None, contact_as_json(contact, arrival.received_at))


def _tells_a_name(applied: Applied, arrival: Arrival) -> bool:
    """Whether number and user id stand together of which we wrote to one, and no earlier fact told so.

    Only the second name is news, and reading the contact to see whether it knows both costs as much as
    telling it.
    """
    fact, message = applied.fact, applied.message
    if not fact.recipient:
        return False
    if message is None or arrival.may_be_repeated:
        return True
    if message.address.wa_id and message.address.user_id:
        return False
    others = [other for key, other in message.facts.items() if key != fact.key or not applied.is_new]
    return fact.recipient not in {other.recipient for other in others}


def _both_names(person: Person) -> str:
    return f"{person.wa_id} {person.user_id}" if person.wa_id and person.user_id else ""


def _our_id(callback_data: str | None) -> MessageId | None:
    """Other software may send through the same number: only what looks like ours is taken for ours."""
    return MessageId(callback_data) if callback_data and MESSAGE_ID.fullmatch(callback_data) else None


# --- what is told about people ---


def apply_told(stores: Stores, ref: ChannelRef, told: Told, arrival: Arrival) -> Iterator[Event]:
    """`told` names a person."""
    sighting = replace(
        _sighting(told.person, told.at, told.name, arrival),
        saved_name=told.saved_name,
        marketing=told.marketing,
        former=_former(told.former),
    )
    contact, merges = _sight(stores, ref, sighting, arrival)
    yield from merges
    if told.marketing:
        shown = contact_as_json(contact, arrival.received_at)
        yield contact_marketing(ref, sighting, told.detail, shown)


def _sight(
    stores: Stores, ref: ChannelRef, sighting: Sighting, arrival: Arrival
) -> tuple[Contact, list[Event]]:
    """The only place where a contact is found or made by what came in; and the merges that this brought."""
    contact = stores.contacts.sight(ref, sighting, arrival.received_at)
    return contact, merges_told_by(contact, sighting.order, arrival.received_at)


def _sighting_of(decoded: DecodedMessage, arrival: Arrival) -> Sighting:
    return replace(
        _sighting(decoded.person, decoded.at, decoded.name, arrival),
        window_open_until=opened_until(decoded.opens_as, decoded.at),
        referral_at=decoded.at if decoded.has_referral else None,
        former=_former(decoded.former),
    )


def _sighting(person: Person, at: datetime | None, name: str, arrival: Arrival) -> Sighting:
    return Sighting(
        order=f"{rfc3339(at or arrival.received_at)}#{name}",
        wa_id=person.wa_id,
        user_id=person.user_id,
        parent_user_id=person.parent_user_id,
        profile_name=person.profile_name,
        username=person.username,
    )


def _former(person: Person | None) -> tuple[Identity, ...]:
    if person is None:
        return ()
    names = [phone(person.wa_id)] if person.wa_id else []
    names += [Identity("user_id", person.user_id)] if person.user_id else []
    names += [Identity("parent_user_id", person.parent_user_id)] if person.parent_user_id else []
    return tuple(names)
