"""What the provider's answer to a send tells of the contact: its ids, and that a free entry point began."""

from collections.abc import Sequence
from datetime import datetime

from kanal.aws.bus import Event
from kanal.contacts.events import merges_told_by
from kanal.contacts.identity import Identity, names_of
from kanal.contacts.model import Sighting
from kanal.contacts.store import ContactStore
from kanal.messages.model import Message
from kanal.providers.outcomes import Accepted
from kanal.times import rfc3339
from kanal.windows.rules import Window, free_entry_started


def learn_from_answer(
    contacts: ContactStore, message: Message, answer: Accepted, at: datetime
) -> Sequence[Event]:
    """Costs nothing where the answer says what was known. Should it not get through, the next send tells it
    again. Gives the events of the merges that this brought.
    """
    merges: Sequence[Event] = ()
    wa_id = answer.wa_id if answer.wa_id != message.address.wa_id else None
    user_id = answer.user_id if answer.user_id != message.address.user_id else None
    if wa_id or user_id:
        sighting = Sighting(
            order_of(answer.wamid, at),
            wa_id=wa_id,
            user_id=user_id,
            also=addressed(message),
            is_sign_of_life=False,
        )
        merges = merges_told_by(contacts.sight(message.ref, sighting, at), sighting.order, at)
    if message.answers_referral and (until := free_entry_started(message.answers_referral, at)):
        began = Window(free_entry_for=message.answers_referral, free_entry_until=until)
        contacts.answer_referral(message.ref, message.contact_id, began)
    return merges


def merges_learnt(contacts: ContactStore, message: Message, now: datetime) -> Sequence[Event]:
    """What the answer to a message that was sent has brought, once more: nobody knows whether it was told."""
    contact = contacts.get(message.ref, message.contact_id)
    if contact is None or message.wamid is None or message.accepted_at is None:
        return ()
    return merges_told_by(contact, order_of(message.wamid, message.accepted_at), now)


def order_of(name: str, at: datetime) -> str:
    """Where what a message of ours taught stands among what WhatsApp tells of the person."""
    return f"{rfc3339(at)}#{name}"


def addressed(message: Message) -> tuple[Identity, ...]:
    """The names under which the message was sent: they are the same person's."""
    return tuple(names_of(message.address.wa_id, message.address.user_id))
