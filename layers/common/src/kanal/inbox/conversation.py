"""What a message does, from whatever side and by whatever way it came: contact, window, message, events."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kanal import rawjson
from kanal.aws.bus import Event
from kanal.contacts.model import Contact, Sighting
from kanal.contacts.view import as_json as contact_as_json
from kanal.ids import ChannelRef, Wamid, inbound_message_id
from kanal.inbox.apply import Arrival, Stores, former_names, sight, sighting_of
from kanal.inbox.decode import DecodedMessage
from kanal.inbox.statuses import consequences
from kanal.media.model import announced
from kanal.messages.content import content_of
from kanal.messages.delivery import Fact
from kanal.messages.events import message_changed, message_echoed, message_received
from kanal.messages.model import Message, Origin, Version
from kanal.messages.store import Taken
from kanal.windows.rules import opened_until

_ANNOUNCED = {"whatsapp": message_received, "app": message_echoed}
"""By origin. Of history one event tells how far it has come, not one for each message."""


def apply_message(
    stores: Stores, ref: ChannelRef, decoded: DecodedMessage, arrival: Arrival
) -> Iterator[Event]:
    """`decoded` names a person."""
    contact, merges = sight(stores, ref, _sighting(decoded, arrival), arrival)
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
            yield from consequences(stores, ref, waiting, arrival)


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
    """It becomes part of the original, which may not have come yet: then the original tells of it.

    What the app changes may have been sent by our API: then the wamid names the message.
    """
    version = Version(decoded.type, decoded.wamid or original, decoded.raw, decoded.at, arrival.received_at)
    message, is_new = stores.messages.add_version(ref, inbound_message_id(ref, original), version)
    owner = stores.messages.owner_of(ref, original, version) if decoded.direction == "outbound" else None
    if owner and not message:
        message, is_new = stores.messages.add_version(ref, owner, version)
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


def _sighting(decoded: DecodedMessage, arrival: Arrival) -> Sighting:
    return replace(
        sighting_of(decoded.person, decoded.at, decoded.name, arrival),
        window_open_until=opened_until(decoded.opens_as, decoded.at),
        referral_at=decoded.at if decoded.has_referral else None,
        referral=rawjson.write(decoded.referral) if decoded.has_referral else None,
        former=former_names(decoded.former),
    )
