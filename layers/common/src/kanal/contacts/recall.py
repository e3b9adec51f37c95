"""Many recipients at once: which contact each of them is, with a few reads for all."""

from collections.abc import Mapping, Sequence

from kanal.aws.table import Key
from kanal.contacts.identity import Identity, WrittenNumber, phone
from kanal.contacts.model import Contact, Sighting
from kanal.contacts.names import named_by
from kanal.contacts.numbers import lookup_keys
from kanal.contacts.records import identity_key
from kanal.contacts.store import ContactStore
from kanal.ids import ChannelRef, ContactId

Named = ContactId | Identity | WrittenNumber
"""A recipient as a caller named it."""


def find_recipients(contacts: ContactStore, ref: ChannelRef, named: Sequence[Named]) -> list[Contact | None]:
    """For each what `find_recipient` would find."""
    own, guesses = [identity_of(each) for each in named], [_guesses(each) for each in named]
    owners = _owners(contacts, ref, [*filter(None, own), *(guess for each in guesses for guess in each)])
    ids = [_ids(owners, *each) for each in zip(named, own, guesses, strict=True)]
    people = _people(contacts, ref, [contact_id for each in ids for contact_id in each])
    return [_only([people[contact_id] for contact_id in each if contact_id in people]) for each in ids]


def first_sighting(named: Named) -> Sighting:
    """Of somebody we write to first. It has no time, so that all that WhatsApp says counts as later."""
    match named:
        case WrittenNumber(digits):
            return Sighting("", written_number=digits)
        case Identity(_, user_id):
            return Sighting("", user_id=user_id)
    raise TypeError("a contact id names a known contact")


def identity_of(named: Named) -> Identity | None:
    """None for a contact's id."""
    match named:
        case WrittenNumber(digits):
            return phone(digits)
        case Identity():
            return named
    return None


def _ids(
    owners: Mapping[Identity, ContactId], named: Named, own: Identity | None, guesses: Sequence[Identity]
) -> Sequence[ContactId]:
    """The contact that is meant; those that may be, where the recipient's own name leads to none."""
    if isinstance(named, str):
        return [named]
    if own and own in owners:
        return [owners[own]]
    return [owners[guess] for guess in guesses if guess in owners]


def _guesses(named: Named) -> Sequence[Identity]:
    keys = lookup_keys(named.digits) if isinstance(named, WrittenNumber) else ()
    return [Identity("phone", key) for key in keys]


def _owners(contacts: ContactStore, ref: ChannelRef, names: Sequence[Identity]) -> dict[Identity, ContactId]:
    keys = {identity_key(ref, name): name for name in names}
    items = contacts.table.get_all(list(keys))
    known = [named_by(keys[Key(item["pk"], item["sk"])], item) for item in items]
    return {name.identity: name.owner for name in known if name.owner}


def _people(contacts: ContactStore, ref: ChannelRef, ids: Sequence[ContactId]) -> dict[ContactId, Contact]:
    return {contact.via: contact for contact in contacts.get_all(ref, list(dict.fromkeys(ids)))}


def _only(found: Sequence[Contact]) -> Contact | None:
    """Guesses count when all of them together lead to one person."""
    return found[0] if len({contact.id for contact in found}) == 1 else None
