"""What a status does: a fact of a message, and what follows from it for the contact."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from kanal.aws.bus import Event
from kanal.contacts.events import contact_marketing
from kanal.ids import MESSAGE_ID, ChannelRef, MessageId
from kanal.inbox.apply import Arrival, Stores, sight, sighting_of
from kanal.inbox.decode import DecodedStatus
from kanal.inbox.people import Person
from kanal.messages.delivery import Fact
from kanal.messages.events import message_status
from kanal.messages.store import Applied
from kanal.providers.playbook import effects_told
from kanal.sending.effects import SUPPRESSED_FOR, effects_of_status


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
    yield from consequences(stores, ref, applied, arrival)
    if applied.message and applied.message.stage in ("sending", "unconfirmed"):
        # The sender does not know the wamid yet and may never: later statuses may come without our id.
        for waiting in stores.messages.link(ref, decoded.wamid, applied.message.id):
            yield from consequences(stores, ref, waiting, arrival)


def consequences(stores: Stores, ref: ChannelRef, applied: Applied, arrival: Arrival) -> Iterator[Event]:
    """What follows from a fact, and the fact for those who listen. Of messages that are not ours only what
    concerns the channel.
    """
    is_told = applied.is_new or arrival.may_be_repeated
    if applied.message is None or is_told:
        yield from effects_of_status(stores.affected, ref, applied, arrival.received_at)
    if applied.message and is_told:
        yield message_status(applied.message, applied.fact)


def _learned(
    stores: Stores, ref: ChannelRef, decoded: DecodedStatus, applied: Applied, arrival: Arrival
) -> Iterator[Event]:
    """What a status tells about the recipient, whoever sent the message: rarely anything."""
    effects = effects_told(decoded.status, decoded.errors)
    marketing: Literal["stop"] | None = "stop" if "marketing_stopped" in effects else None
    suppressed_until = None
    if "suppress_marketing" in effects:
        suppressed_until = (decoded.at or arrival.received_at) + SUPPRESSED_FOR
    says_more = marketing or suppressed_until or decoded.free_entry_until
    if not decoded.person.is_known or not (says_more or _tells_a_name(applied, arrival)):
        return
    sighting = sighting_of(decoded.person, decoded.at, f"{decoded.wamid}#{decoded.status}", arrival)
    sighting = replace(
        sighting,
        marketing=marketing,
        marketing_suppressed_until=suppressed_until,
        free_entry_until=decoded.free_entry_until,
        is_sign_of_life=False,
    )
    contact, merges = sight(stores, ref, sighting, arrival)
    yield from merges
    if marketing and (applied.is_new or applied.message is None or arrival.may_be_repeated):
        yield contact_marketing(contact, sighting, None, arrival.received_at)


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
