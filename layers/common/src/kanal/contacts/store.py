"""Finds, makes and changes contacts in the contacts table (see records.py).

Every change is one conditional write or one transaction; whoever loses a race reads again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from kanal.aws.table import ConditionFailed, Item, Table, TransactionFailed, Values, Write
from kanal.contacts.identity import Identity, WrittenNumber, phone
from kanal.contacts.model import Contact, Merged, Part, Sighting, with_sighting
from kanal.contacts.names import Name, after_sighting, named_by
from kanal.contacts.numbers import lookup_keys
from kanal.contacts.records import contact_key, from_item, identity_key, term_key, to_item
from kanal.contacts.terms import terms_of
from kanal.errors import Contended
from kanal.ids import ChannelRef, ContactId, NewToken
from kanal.windows.rules import Window, folded

_ATTEMPTS = 10
_LOST_RACES = (ConditionFailed, TransactionFailed, Contended)
"""Somebody else was quicker, or is at it: read again."""


@dataclass(frozen=True)
class _Found:
    """What the names of a sighting lead to. `twin` is another contact that is the same person."""

    contact: Contact | None
    names: Sequence[Name]
    foreign: Sequence[Identity]
    twin: Contact | None = None


class _PutArguments(TypedDict):
    item: Item
    condition: str
    values: Values | None


class ContactStore:
    def __init__(self, table: Table, new_token: NewToken) -> None:
        self.table = table
        self._new_token = new_token

    # --- finding ---

    def get(self, ref: ChannelRef, contact_id: ContactId) -> Contact | None:
        """The person of whom the id is a part: an id stays good when its contact is merged."""
        for _ in range(_ATTEMPTS):
            found = self._part(ref, contact_id)
            if found is None:
                return None
            top = found
            while top.merged_into and (above := self._part(ref, top.merged_into)):
                top = above
            parts = tuple(self._with_parts(top, found))
            if any(part.id == contact_id for part in parts):  # else it was taken out while we read
                return Contact(parts, via=contact_id)
        raise Contended(f"The contact was changed {_ATTEMPTS} times while it was being read.")

    def get_all(self, ref: ChannelRef, contact_ids: Sequence[ContactId]) -> Iterator[Contact]:
        """Those that are there, in this order, with one read for all that were never merged."""
        items = self.table.get_all([contact_key(ref, contact_id) for contact_id in contact_ids])
        parts = {part.id: part for part in (from_item(ref, item) for item in items)}
        for contact_id in contact_ids:
            part = parts.get(contact_id)
            if part is None:
                continue
            if not part.merged and not part.merged_into:
                yield Contact((part,), via=contact_id)
            elif found := self.get(ref, contact_id):
                yield found

    def find(self, ref: ChannelRef, identity: Identity) -> Contact | None:
        owner = self.name(ref, identity).owner
        return self.get(ref, owner) if owner else None

    def find_recipient(self, ref: ChannelRef, named: ContactId | Identity | WrittenNumber) -> Contact | None:
        match named:
            case WrittenNumber(digits):
                return self.find_number(ref, digits)
            case Identity():
                return self.find(ref, named)
        return self.get(ref, named)

    def find_number(self, ref: ChannelRef, digits: str) -> Contact | None:
        """By a number that somebody wrote: also in a spelling that is a look-up's guess, if that hits one."""
        if found := self.find(ref, phone(digits)):
            return found
        guesses = [self.find(ref, Identity("phone", key)) for key in lookup_keys(digits)]
        hits = {guess.id: guess for guess in guesses if guess}
        return next(iter(hits.values())) if len(hits) == 1 else None

    def name(self, ref: ChannelRef, identity: Identity) -> Name:
        return named_by(identity, self.table.get(identity_key(ref, identity)))

    def _part(self, ref: ChannelRef, contact_id: ContactId) -> Part | None:
        item = self.table.get(contact_key(ref, contact_id))
        return from_item(ref, item) if item else None

    def _with_parts(self, part: Part, known: Part) -> Iterator[Part]:
        yield part
        for merged in part.merged:
            below = known if merged.id == known.id else self._part(part.ref, merged.id)
            if below and below.merged_into == part.id:
                yield from self._with_parts(below, known)

    # --- changing ---

    def sight(self, ref: ChannelRef, sighting: Sighting, now: datetime) -> Contact:
        """Finds or makes the contact and takes in what the sighting says.

        Idempotent; concurrent sightings of one person make one contact. Contacts whose names one sighting
        holds together are merged, unless a person separated them: then the one known by the earlier of
        `sighting.identities` takes it. Raises Contended.
        """
        for _ in range(_ATTEMPTS):
            try:
                found = self._resolve(ref, sighting)
                if found.contact and found.twin:
                    elder, younger = _elder_first(found.contact, found.twin)
                    self.join(elder, Merged(younger.id, now, sighting.because, sighting.order), younger)
                    continue
                return self._take_in(ref, found, sighting, now)
            except _LOST_RACES:
                continue
        raise Contended(f"The contact was changed {_ATTEMPTS} times while it was being updated.")

    def close_window(self, ref: ChannelRef, contact_id: ContactId, at: datetime) -> None:
        """The provider refused a free-form message at `at`: windows opened before that are closed."""
        self._change_window(ref, contact_id, Window(closed_at=at))

    def answer_referral(self, ref: ChannelRef, contact_id: ContactId, answered: Window) -> None:
        """Our reply to somebody who came through an ad: the free entry point has begun.

        The first reply decides: a later one to the same referral changes nothing.
        """
        self._change_window(
            ref,
            contact_id,
            answered,
            unless=lambda window: window.free_entry_for == answered.free_entry_for,
        )

    def _change_window(
        self,
        ref: ChannelRef,
        contact_id: ContactId,
        told: Window,
        unless: Callable[[Window], bool] = lambda _: False,
    ) -> None:
        for _ in range(_ATTEMPTS):
            part = self._part(ref, contact_id)
            if part is None or unless(part.window):
                return
            window = folded([part.window, told])
            if window == part.window:
                return
            try:
                self.save(part, replace(part, window=window))
            except _LOST_RACES:
                continue
            return
        raise Contended(f"The contact was changed {_ATTEMPTS} times while its window was being changed.")

    # --- a sighting ---

    def _resolve(self, ref: ChannelRef, sighting: Sighting) -> _Found:
        """Reads no more names than it needs: one that the contact shows already says nothing new."""
        contact: Contact | None = None
        names: list[Name] = []
        foreign: list[Identity] = []
        for identity in sighting.identities:
            if contact and not sighting.former and any(part.is_known_as(identity) for part in contact.parts):
                continue
            name = self.name(ref, identity)
            owner = None if name.is_free(sighting) else name.owner
            other = self.get(ref, owner) if owner and not _has(contact, owner) else None
            if contact and other and contact.id != other.id:
                if not contact.is_kept_apart_from(other):
                    return _Found(contact, (), (), twin=other)
                foreign.append(identity)
                continue
            if contact and other:  # they became one since the first was read
                if not _has(other, contact.via):
                    raise Contended("The contact is being taken apart right now.")
                contact = replace(other, via=contact.via)
            contact = contact or other
            names.append(name)
        return _Found(contact, names, foreign)

    def _take_in(self, ref: ChannelRef, found: _Found, sighting: Sighting, now: datetime) -> Contact:
        contact = found.contact
        before = contact.part if contact else Part(self._new_id(), ref, created_at=now)
        after = with_sighting(before, sighting.without(found.foreign))
        names = [(name, after_sighting(name, sighting, before.id)) for name in found.names]
        changed = [(old, new) for old, new in names if old != new]
        if contact is None:
            contact = Contact((before,), via=before.id)
        if after == before and not changed:
            return contact
        saved = self.save(before, after, *(self._name_write(ref, old, new) for old, new in changed))
        return replace(contact, parts=tuple(saved if part.id == saved.id else part for part in contact.parts))

    def _new_id(self) -> ContactId:
        return ContactId("con_" + self._new_token())

    def _name_write(self, ref: ChannelRef, old: Name, new: Name) -> Write:
        key = identity_key(ref, new.identity)
        condition, values = old.unchanged()
        item = {"pk": key.pk, "sk": key.sk, **new.to_item()}
        return "Put", self.table.put_request(item, condition=condition, values=values)

    # --- writing ---

    def join(self, into: Contact, merged: Merged, other: Contact) -> None:
        """Makes the other a part of `into`. Raises TransactionFailed if either has changed since."""
        top, below = into.parts[0], other.parts[0]
        self.save_all(
            (top, replace(top, merged=(*top.merged, merged))), (below, replace(below, merged_into=top.id))
        )

    def save(self, before: Part, after: Part, *further: Write) -> Part:
        """Raises ConditionFailed or TransactionFailed when somebody else was quicker."""
        saved, put = self._put(before, after)
        writes = [*further, *self._term_writes(before, after)]
        if writes:
            self.table.transact(("Put", self.table.put_request(**put)), *writes)
        else:
            self.table.put(**put)
        return saved

    def save_all(self, *changes: tuple[Part, Part]) -> None:
        """All or none. Raises TransactionFailed."""
        puts = [self._put(before, after)[1] for before, after in changes]
        self.table.transact(*(("Put", self.table.put_request(**put)) for put in puts))

    def _put(self, before: Part, after: Part) -> "tuple[Part, _PutArguments]":
        saved = replace(after, version=before.version + 1)
        item = to_item(saved)
        if before.version == 0:
            return saved, {"item": item, "condition": "attribute_not_exists(pk)", "values": None}
        return saved, {"item": item, "condition": "version = :read", "values": {":read": before.version}}

    def _term_writes(self, before: Part, after: Part) -> Iterator[Write]:
        """So that the contact is found by its words of now, in the same transaction."""
        old = terms_of(before) if before.version else frozenset()
        new = terms_of(after)
        for term in sorted(new - old):
            key = term_key(after, term)
            yield "Put", self.table.put_request({"pk": key.pk, "sk": key.sk})
        for term in sorted(old - new):
            yield "Delete", self.table.delete_request(term_key(before, term))


def _has(contact: Contact | None, owner: ContactId) -> bool:
    return contact is not None and any(part.id == owner for part in contact.parts)


def _elder_first(one: Contact, other: Contact) -> list[Contact]:
    """The id that has been known for longer stays the person's."""
    return sorted((one, other), key=lambda contact: (contact.parts[0].created_at, contact.id))
