"""Who a recipient is, and whether they may get the template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kanal.broadcasts.model import Broadcast, Recipient, person_of
from kanal.broadcasts.reading import Read
from kanal.contacts.identity import WrittenNumber
from kanal.contacts.model import Contact
from kanal.contacts.recall import find_recipients, identity_of
from kanal.contacts.store import ContactStore
from kanal.errors import MarketingOptedOut, MarketingSuppressed, PhoneNumberRequired
from kanal.sending.permission import check_receiver, receiver_of
from kanal.templates.model import Template


@dataclass(frozen=True)
class Sorted:
    """A row and what is known of its person now."""

    recipient: Recipient
    is_new: bool
    is_outside_window: bool


def sort_out(
    contacts: ContactStore, broadcast: Broadcast, template: Template, rows: Sequence[Read], now: datetime
) -> list[Sorted]:
    """Each row with its person, or with the reason why that person gets nothing. Not told yet are
    duplicates.
    """
    known = find_recipients(contacts, broadcast.ref, [row.named for row in rows])
    return [_sorted(template, row, contact, now) for row, contact in zip(rows, known, strict=True)]


def refusal_of(
    template: Template, contact: Contact | None, now: datetime, *, has_number: bool
) -> tuple[str, str] | None:
    """Code and words. `has_number`: a person who is not known yet is named by one."""
    try:
        check_receiver(template, receiver_of(contact, has_number=has_number), now)
    except (MarketingOptedOut, MarketingSuppressed, PhoneNumberRequired) as refusal:
        return refusal.code, refusal.detail
    return None


def _sorted(template: Template, row: Read, contact: Contact | None, now: datetime) -> Sorted:
    person = contact.id if contact else identity_of(row.named)
    if person is None:
        words = f"There is no contact {row.to} in this channel."
        return _without(row, "failed", "contact_unknown", words)
    if refusal := refusal_of(template, contact, now, has_number=isinstance(row.named, WrittenNumber)):
        return _without(row, "skipped", *refusal)
    recipient = Recipient(
        row=row.row,
        to=row.to,
        outcome="accepted",
        values=row.values,
        person=person_of(person),
        number=row.named.digits if isinstance(row.named, WrittenNumber) and contact is None else "",
    )
    return Sorted(recipient, contact is None, contact is None or not contact.window.is_open(now))


def _without(row: Read, outcome: Literal["failed", "skipped"], code: str, words: str) -> Sorted:
    recipient = Recipient(row=row.row, to=row.to, outcome=outcome, code=code, reason=words)
    return Sorted(recipient, is_new=False, is_outside_window=False)
