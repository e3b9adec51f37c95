"""Contacts and their identities in the contacts table.

| pk | sk | holds |
|---|---|---|
| workspace#channel#contact id | contact | the contact with its window |
| workspace#channel#kind#value | identity | which contact is known by it |
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from kanal.aws.table import ConditionFailed, Item, Key, Table, TransactionFailed
from kanal.contacts.model import Contact, Identity, Seen, Sighting, with_sighting
from kanal.errors import Contended
from kanal.ids import ChannelRef, ContactId, NewToken
from kanal.times import parse_rfc3339, rfc3339
from kanal.windows.rules import Window, later

_ATTEMPTS = 8
_LOST_RACES = (ConditionFailed, TransactionFailed, Contended)
"""Somebody else was quicker, or is at it: read again."""
_SEEN = ("wa_id", "user_id", "profile_name", "username")


class ContactStore:
    def __init__(self, table: Table, new_token: NewToken) -> None:
        self._table = table
        self._new_token = new_token

    def get(self, ref: ChannelRef, contact_id: ContactId) -> Contact | None:
        item = self._table.get(_contact_key(ref, contact_id))
        return _from_item(ref, item) if item else None

    def find(self, ref: ChannelRef, identity: Identity) -> Contact | None:
        owner = self._owner(ref, identity)
        return self.get(ref, owner) if owner else None

    def sight(self, ref: ChannelRef, sighting: Sighting, now: datetime) -> Contact:
        """Finds or makes the contact and takes in what the sighting says.

        Idempotent; concurrent sightings of one person make one contact. Where two ids of one sighting belong
        to two contacts, the one known by the earlier id of `sighting.identities` takes it and the other
        keeps its id. Raises Contended.
        """
        for _ in range(_ATTEMPTS):
            contact, unclaimed, foreign = self._resolve(ref, sighting)
            own = sighting.without(foreign)
            known = contact or Contact(ContactId("con_" + self._new_token()), ref, created_at=now)
            seen = with_sighting(known, own)
            if seen == contact and not unclaimed:
                return seen
            try:
                return self._save(seen, unclaimed)
            except _LOST_RACES:
                continue
        raise Contended(f"The contact was changed {_ATTEMPTS} times while it was being updated.")

    def close_window(self, ref: ChannelRef, contact_id: ContactId, at: datetime) -> None:
        """The provider refused a free-form message at `at`: windows opened before that are closed."""
        for _ in range(_ATTEMPTS):
            contact = self.get(ref, contact_id)
            if contact is None:
                return
            window = replace(contact.window, closed_at=later(contact.window.closed_at, at))
            if window == contact.window:
                return
            try:
                self._save(replace(contact, window=window), ())
            except _LOST_RACES:
                continue
            return
        raise Contended(f"The contact was changed {_ATTEMPTS} times while its window was being closed.")

    def _resolve(
        self, ref: ChannelRef, sighting: Sighting
    ) -> tuple[Contact | None, list[Identity], list[Identity]]:
        """The contact, the identities nobody has yet, and those that belong to somebody else."""
        contact: Contact | None = None
        unclaimed: list[Identity] = []
        foreign: list[Identity] = []
        for identity in sighting.identities:
            if contact is not None and contact.is_known_as(identity):
                continue
            owner = self._owner(ref, identity)
            if owner is None:
                unclaimed.append(identity)
            elif contact is None:
                contact = self.get(ref, owner)
            elif owner != contact.id:
                foreign.append(identity)
        return contact, unclaimed, foreign

    def _owner(self, ref: ChannelRef, identity: Identity) -> ContactId | None:
        item = self._table.get(_identity_key(ref, identity))
        return ContactId(item["contact_id"]) if item else None

    def _save(self, contact: Contact, claims: Iterable[Identity]) -> Contact:
        """Raises ConditionFailed or TransactionFailed when somebody else was quicker."""
        saved = replace(contact, version=contact.version + 1)
        item = _to_item(saved)
        condition = "attribute_not_exists(pk) OR version = :version"
        values = {":version": contact.version}
        if contact.version == 0:
            condition, values = "attribute_not_exists(pk)", {}
        identities = [{**_claim(contact, identity)} for identity in claims]
        if not identities:
            self._table.put(item, condition=condition, values=values)
            return saved
        self._table.transact(
            ("Put", self._table.put_request(item, condition=condition, values=values)),
            *(
                ("Put", self._table.put_request(claim, condition="attribute_not_exists(pk)"))
                for claim in identities
            ),
        )
        return saved


def _contact_key(ref: ChannelRef, contact_id: ContactId) -> Key:
    return Key(f"{ref.prefix}#{contact_id}", "contact")


def _identity_key(ref: ChannelRef, identity: Identity) -> Key:
    return Key(f"{ref.prefix}#{identity.kind}#{identity.value}", "identity")


def _claim(contact: Contact, identity: Identity) -> Item:
    key = _identity_key(contact.ref, identity)
    return {"pk": key.pk, "sk": key.sk, "contact_id": contact.id}


def _to_item(contact: Contact) -> Item:
    key = _contact_key(contact.ref, contact.id)
    window = contact.window
    item: dict[str, Any] = {
        "pk": key.pk,
        "sk": key.sk,
        "id": contact.id,
        "created_at": rfc3339(contact.created_at),
        "version": contact.version,
        "window_open_until": rfc3339(window.open_until) if window.open_until else None,
        "window_closed_at": rfc3339(window.closed_at) if window.closed_at else None,
    }
    for name in _SEEN:
        seen: Seen | None = getattr(contact, name)
        if seen:
            item[name] = seen.value
            item[f"{name}_order"] = seen.order
    return item


def _from_item(ref: ChannelRef, item: Item) -> Contact:
    seen = {name: Seen(item[name], item[f"{name}_order"]) for name in _SEEN if name in item}
    return Contact(
        id=ContactId(item["id"]),
        ref=ref,
        created_at=parse_rfc3339(item["created_at"]),
        window=Window(_time(item.get("window_open_until")), _time(item.get("window_closed_at"))),
        version=item["version"],
        **seen,
    )


def _time(text: str | None) -> datetime | None:
    return parse_rfc3339(text) if text else None
