"""What the provider's answer to a send tells of the contact: its ids, and that a free entry point began."""

from datetime import datetime

from kanal.contacts.model import Identity, Sighting, phone
from kanal.contacts.store import ContactStore
from kanal.messages.model import Message
from kanal.providers.outcomes import Accepted
from kanal.times import rfc3339
from kanal.windows.rules import Window, free_entry_started


def learn_from_answer(contacts: ContactStore, message: Message, answer: Accepted, at: datetime) -> None:
    """Costs nothing where the answer says what was known. Should it not get through, the next send tells it
    again.
    """
    wa_id = answer.wa_id if answer.wa_id != message.address.wa_id else None
    user_id = answer.user_id if answer.user_id != message.address.user_id else None
    if wa_id or user_id:
        sighting = Sighting(
            f"{rfc3339(at)}#{answer.wamid}", wa_id=wa_id, user_id=user_id, also=_addressed(message)
        )
        contacts.sight(message.ref, sighting, at)
    if message.answers_referral and (until := free_entry_started(message.answers_referral, at)):
        began = Window(free_entry_for=message.answers_referral, free_entry_until=until)
        contacts.answer_referral(message.ref, message.contact_id, began)


def learn_opt_out(contacts: ContactStore, message: Message, at: datetime) -> None:
    """WhatsApp refused marketing because the person stopped it: no later one is accepted for sending."""
    order = f"{rfc3339(at)}#{message.id}"
    contacts.sight(message.ref, Sighting(order, marketing="stop", also=_addressed(message)), at)


def _addressed(message: Message) -> tuple[Identity, ...]:
    """The names under which the message was sent: they are the same person's."""
    to = message.address
    names = [phone(to.wa_id)] if to.wa_id else []
    return (*names, Identity("user_id", to.user_id)) if to.user_id else tuple(names)
