"""Hands recipients over to the sender: a message for each, in the channel's lines for bulk.

A message's id follows from broadcast and person, and it is stored only if there is none of that id. So
whoever hands a row over again, and however many do so at once, the person gets one message.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from kanal.broadcasts.importing import duplicate
from kanal.broadcasts.model import Broadcast, Recipient
from kanal.broadcasts.people import refusal_of
from kanal.broadcasts.reading import content_of
from kanal.broadcasts.results import AT_ONCE, message_id_of
from kanal.broadcasts.rows import Rows
from kanal.clock import Clock
from kanal.contacts.identity import Identity, WrittenNumber
from kanal.contacts.model import Contact
from kanal.contacts.recall import Named, find_recipients, first_sighting
from kanal.contacts.store import ContactStore
from kanal.ids import CONTACT_ID, ContactId
from kanal.messages.model import Address, Message
from kanal.messages.store import MessageStore
from kanal.messages.waiting import Place, Wishes
from kanal.sending.lines import Lines, entry_of
from kanal.templates.model import Template
from kanal.windows.rules import unanswered_referral

_THREADS = 32
_WISHES = Wishes(lane="bulk")


@dataclass(frozen=True)
class HandingOver:
    """What handing over needs."""

    rows: Rows
    contacts: ContactStore
    messages: MessageStore
    lines: Lines
    clock: Clock


@dataclass(frozen=True)
class _Willing:
    """A recipient and the contact who gets the message; or what the recipient has become in its place."""

    recipient: Recipient
    contact: Contact | None


def hand_over(
    parts: HandingOver, broadcast: Broadcast, part: int, template: Template, recipients: Sequence[Recipient]
) -> set[int]:
    """The lines in which their messages stand. Who may not get it any more is skipped; so is whoever turns
    out to be somebody whom another row has.
    """
    lines: set[int] = set()
    with ThreadPoolExecutor(_THREADS) as pool:
        for at in range(0, len(recipients), AT_ONCE):
            batch = recipients[at : at + AT_ONCE]
            there = parts.messages.get_all(broadcast.ref, [message_id_of(broadcast, one) for one in batch])
            lines.update(message.place.line for message in there.values() if message.place)
            new = [one for one in batch if message_id_of(broadcast, one) not in there]
            found = _looked_up(parts, broadcast, template, new, pool)
            parts.rows.put_all(broadcast, part, [one.recipient for one in found if one.contact is None])
            lines.update(_lined_up(parts, broadcast, template, found, pool))
    return lines


def _lined_up(
    parts: HandingOver,
    broadcast: Broadcast,
    template: Template,
    found: Sequence[_Willing],
    pool: ThreadPoolExecutor,
) -> set[int]:
    """A message for each, in the order in which all messages enter: number, entry, message."""
    willing = [(one.recipient, one.contact) for one in found if one.contact]
    places = parts.lines.next_places(broadcast.ref, "bulk", [contact.id for _, contact in willing])
    messages = [
        _message(parts, broadcast, template, recipient, contact, place)
        for (recipient, contact), place in zip(willing, places, strict=True)
    ]
    parts.lines.enter_all(
        [
            entry_of(message, contact.id, message.created_at)
            for message, (_, contact) in zip(messages, willing, strict=True)
        ]
    )
    list(pool.map(parts.messages.add, messages))
    return {place.line for place in places}


def _looked_up(
    parts: HandingOver,
    broadcast: Broadcast,
    template: Template,
    recipients: Sequence[Recipient],
    pool: ThreadPoolExecutor,
) -> list[_Willing]:
    known = find_recipients(parts.contacts, broadcast.ref, [_named(one) for one in recipients])
    looks = pool.map(lambda one, contact: _look(parts, broadcast, template, one, contact), recipients, known)
    return list(looks)


def _look(
    parts: HandingOver,
    broadcast: Broadcast,
    template: Template,
    recipient: Recipient,
    contact: Contact | None,
) -> _Willing:
    if refusal := refusal_of(template, contact, parts.clock(), has_number=bool(recipient.number)):
        code, words = refusal
        return _Willing(replace(recipient, outcome="skipped", code=code, reason=words), None)
    if contact is None:
        contact = parts.contacts.sight(broadcast.ref, first_sighting(_named(recipient)), parts.clock())
    if contact.id != recipient.person:
        holder = parts.rows.take_person(broadcast, contact.id, recipient.row)
        if holder != recipient.row:
            return _Willing(duplicate(broadcast, recipient, holder), None)
    return _Willing(recipient, contact)


def _message(
    parts: HandingOver,
    broadcast: Broadcast,
    template: Template,
    recipient: Recipient,
    contact: Contact,
    place: Place,
) -> Message:
    now = parts.clock()
    return Message(
        id=message_id_of(broadcast, recipient),
        ref=broadcast.ref,
        contact_id=contact.via,
        direction="outbound",
        type="template",
        content=content_of(template, broadcast.components, recipient.values),
        created_at=now,
        address=Address(contact.wa_id, contact.user_id),
        answers_referral=unanswered_referral(contact.window, now),
        wishes=_WISHES,
        place=place,
        broadcast_id=broadcast.id,
    )


def _named(recipient: Recipient) -> Named:
    if recipient.number:
        return WrittenNumber(recipient.number)
    if CONTACT_ID.fullmatch(recipient.person):
        return ContactId(recipient.person)
    return Identity("user_id", recipient.person.partition("#")[2])
