"""Merges two contacts by hand, and undoes a merge.

Nothing is copied: a merge is a link between two parts, so undoing it gives each its own messages, window and
names back. Names that crossed over while they were one go back to the part that is known by them.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from kanal.aws.table import TransactionFailed
from kanal.contacts.identity import Identity, IdentityKind, phone
from kanal.contacts.model import Contact, Merged, Part, Trait
from kanal.contacts.store import ContactStore
from kanal.errors import AlreadyOneContact, Contended, NotFound, NotMerged
from kanal.ids import CONTACT_ID, ChannelRef, ContactId

_NAMES: dict[Trait, IdentityKind] = {
    "wa_id": "phone",
    "user_id": "user_id",
    "parent_user_id": "parent_user_id",
}


@dataclass(frozen=True)
class Separated:
    """What stayed, and what was taken out of it, as contacts of their own; and when that was."""

    contact: Contact
    other: Contact
    at: datetime


def get_contact(contacts: ContactStore, ref: ChannelRef, contact_id: ContactId) -> Contact:
    """Raises NotFound."""
    found = contacts.get(ref, contact_id) if CONTACT_ID.fullmatch(contact_id) else None
    if found is None:
        raise NotFound(f"There is no contact {contact_id[:40]} in this channel.")
    return found


def merge_contacts(
    contacts: ContactStore, ref: ChannelRef, into_id: ContactId, other_id: ContactId, now: datetime
) -> tuple[Contact, Merged]:
    """The contact of `into_id`, of which the other is a part from now on, and the merge on record.

    Idempotent. Raises NotFound, AlreadyOneContact, Contended.
    """
    into, other = get_contact(contacts, ref, into_id), get_contact(contacts, ref, other_id)
    if into.id != other.id:
        try:
            contacts.join(into, Merged(other.id, now, "by_hand"), other)
        except TransactionFailed as failure:
            raise Contended("One of the contacts was changed meanwhile; try again.") from failure
        into = get_contact(contacts, ref, into_id)
    for merged in into.merged:
        if merged.id in (other_id, other.id):
            return into, merged
    raise AlreadyOneContact(f"{into_id} and {other_id} are one contact already: {into.id}.")


def unmerge_contact(
    contacts: ContactStore, ref: ChannelRef, contact_id: ContactId, part_id: ContactId, now: datetime
) -> Separated:
    """Undoes a merge. The two are kept apart from now on: only a person merges them again.

    Idempotent. Raises NotFound, NotMerged, Contended.
    """
    whole = get_contact(contacts, ref, contact_id)
    if part_id == whole.id and contact_id != part_id:
        contact_id, part_id = part_id, contact_id  # whoever names them the other way round means the same
    above = next((part for part in whole.parts if any(one.id == part_id for one in part.merged)), None)
    if above is None:
        return _separated_before(contacts, whole, part_id)
    theirs = _below(whole, part_id)
    changes = [(part, _separated(contacts, part, part.id in theirs, theirs)) for part in whole.parts]
    changes = [(before, _unlinked(after, above.id, part_id, now)) for before, after in changes]
    try:
        contacts.save_all(*((before, after) for before, after in changes if before != after))
    except TransactionFailed as failure:
        raise Contended("The contact was changed meanwhile; try again.") from failure
    return Separated(get_contact(contacts, ref, above.id), get_contact(contacts, ref, part_id), now)


def _separated_before(contacts: ContactStore, whole: Contact, part_id: ContactId) -> Separated:
    """As when the answer to the first request was lost. Raises NotFound, NotMerged."""
    other = get_contact(contacts, whole.ref, part_id)
    for part in whole.parts:
        if other.id != whole.id and part_id in part.kept_apart:
            return Separated(whole, other, part.kept_apart[part_id])
    merged = ", ".join(each.id for each in whole.merged) or "nothing"
    raise NotMerged(f"{part_id} was not merged into {whole.id}. Merged into it: {merged}.")


def _below(whole: Contact, part_id: ContactId) -> frozenset[ContactId]:
    """The part and all that was merged into it."""
    part = next(part for part in whole.parts if part.id == part_id)
    return frozenset({part_id}).union(*(_below(whole, merged.id) for merged in part.merged))


def _unlinked(part: Part, above_id: ContactId, part_id: ContactId, now: datetime) -> Part:
    if part.id == part_id:
        return replace(part, merged_into=None, kept_apart={**part.kept_apart, above_id: now})
    if part.id == above_id:
        left = tuple(merged for merged in part.merged if merged.id != part_id)
        return replace(part, merged=left, kept_apart={**part.kept_apart, part_id: now})
    return part


def _separated(contacts: ContactStore, part: Part, is_theirs: bool, theirs: frozenset[ContactId]) -> Part:
    """Without the names by which the other side is known."""
    kept = {
        trait: seen
        for trait, seen in part.seen.items()
        if trait not in _NAMES
        or (_owner(contacts, part.ref, _NAMES[trait], seen.value) in theirs) == is_theirs
    }
    return replace(part, seen=kept)


def _owner(contacts: ContactStore, ref: ChannelRef, kind: IdentityKind, value: str) -> ContactId | None:
    identity = phone(value) if kind == "phone" else Identity(kind, value)
    return contacts.name(ref, identity).owner
