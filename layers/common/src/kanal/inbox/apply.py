"""What one inbound message or status does to contacts, windows and messages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kanal.aws.bus import Event
from kanal.contacts.model import Sighting
from kanal.contacts.store import ContactStore
from kanal.contacts.view import as_json as contact_as_json
from kanal.ids import MESSAGE_ID, ChannelRef, MessageId, inbound_message_id
from kanal.inbox.decode import DecodedMessage, DecodedStatus, Sender
from kanal.media.jobs import MediaQueue
from kanal.media.model import announced
from kanal.messages.delivery import Fact
from kanal.messages.events import message_received, message_status
from kanal.messages.model import Message
from kanal.messages.store import Applied, MessageStore
from kanal.times import rfc3339
from kanal.windows.rules import opened_until, says_outside_window


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


def apply_message(
    stores: Stores, ref: ChannelRef, decoded: DecodedMessage, sender: Sender, raw: object, arrival: Arrival
) -> Iterator[Event]:
    contact = stores.contacts.sight(ref, _sighting(decoded, sender, arrival), arrival.received_at)
    message = Message(
        id=inbound_message_id(ref, decoded.wamid),
        ref=ref,
        contact_id=contact.via,
        direction="inbound",
        type=decoded.type,
        content=decoded.content,
        raw=raw,
        created_at=arrival.received_at,
        wamid=decoded.wamid,
        sent_at=decoded.at,
        media=announced(decoded.type, decoded.content),
    )
    is_new = stores.messages.add(message)
    if is_new or arrival.may_be_repeated:
        if message.media:
            stores.media_queue.put(ref, message.id)
        yield message_received(message, contact_as_json(contact, arrival.received_at))


def apply_status(
    stores: Stores, ref: ChannelRef, decoded: DecodedStatus, arrival: Arrival
) -> Iterator[Event]:
    fact = Fact(decoded.status, decoded.at, arrival.received_at, tuple(decoded.errors), decoded.pricing)
    applied = stores.messages.apply_fact(ref, decoded.wamid, _our_id(decoded.callback_data), fact)
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


def _sighting(decoded: DecodedMessage, sender: Sender, arrival: Arrival) -> Sighting:
    return Sighting(
        order=f"{rfc3339(decoded.at or arrival.received_at)}#{decoded.wamid}",
        wa_id=sender.wa_id,
        user_id=sender.user_id,
        profile_name=sender.profile_name,
        username=sender.username,
        window_open_until=opened_until(decoded.type, decoded.at),
    )


def _our_id(callback_data: str | None) -> MessageId | None:
    """Other software may send through the same number: only what looks like ours is taken for ours."""
    return MessageId(callback_data) if callback_data and MESSAGE_ID.fullmatch(callback_data) else None
