"""Takes a webhook body apart into items, so that each stands or falls alone. Loses nothing, raises never.

Source of the envelope: WhatsApp's "messages" webhook reference; 360dialog relays it unchanged. Bodies without
`object`, `field` or `entry.id` are seen in practice and accepted.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["message", "status", "error", "other", "malformed"]
Json = dict[str, Any]

_LISTS: dict[str, Kind] = {"messages": "message", "statuses": "status", "errors": "error"}
_CONTEXT = frozenset({"messaging_product", "metadata", "contacts"})
"""Keys of `value` that describe its items and are no items themselves."""


@dataclass(frozen=True)
class Item:
    """One update of a webhook.

    `body` is a webhook body that holds this item alone: what a dead letter carries, and what can be sent
    through again. `context` is what stood around the item in `value`.
    """

    kind: Kind
    field: str
    raw: Any
    body: Any
    context: Json = dataclasses.field(default_factory=dict)
    reason: str = ""
    """Why a malformed item could not be read."""

    @property
    def phone_number_id(self) -> str | None:
        metadata = self.context.get("metadata")
        number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
        return str(number) if isinstance(number, str | int) else None


def explode(body: Any) -> Iterator[Item]:
    """Every item of the body, in its order; what is not as it should be comes out as `malformed`."""
    if not isinstance(body, dict):
        yield _malformed(body, body, "the body is not an object")
        return
    kind = body.get("object", "whatsapp_business_account")
    entries = body.get("entry")
    if kind != "whatsapp_business_account":
        yield _malformed(body, body, "`object` is not whatsapp_business_account")
    elif not isinstance(entries, list) or not entries:
        yield _malformed(body, body, "`entry` is not a list with entries")
    else:
        for entry in entries:
            yield from _entry(entry)


def _entry(entry: Any) -> Iterator[Item]:
    changes = entry.get("changes") if isinstance(entry, dict) else None
    if not isinstance(changes, list) or not changes:
        yield _malformed(entry, _envelope([entry]), "`changes` of the entry is not a list with changes")
        return
    around = {name: value for name, value in entry.items() if name != "changes"}
    for change in changes:
        yield from _change(around, change)


def _change(around: Json, change: Any) -> Iterator[Item]:
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict):
        body = _envelope([{**around, "changes": [change]}])
        yield _malformed(change, body, "`value` of the change is not an object")
        return
    name = change.get("field", "messages")
    carries_messages = name == "messages"
    found = False
    for key, kind in _LISTS.items() if carries_messages else ():
        if isinstance(value.get(key), list):
            found = True
            yield from _listed(around, value, key, kind)
    lists = set(_LISTS) if found else set()
    rest = {
        key: part for key, part in value.items() if key not in lists | _CONTEXT or not _is_known(key, part)
    }
    if rest or not found:
        whole = {**_context(value), **rest} if found else value
        body = _envelope([{**around, "changes": [{**change, "value": whole}]}])
        yield Item("other", str(name), whole, body, _context(value))


def _listed(around: Json, value: Json, key: str, kind: Kind) -> Iterator[Item]:
    for raw in value[key]:
        context = _context(value, _person(raw))
        alone = {**context, key: [raw]}
        body = _envelope([{**around, "changes": [{"field": "messages", "value": alone}]}])
        if isinstance(raw, dict):
            yield Item(kind, "messages", raw, body, context)
        else:
            yield _malformed(raw, body, f"an entry of `{key}` is not an object")


def _is_known(key: str, part: Any) -> bool:
    return isinstance(part, list) if key in _LISTS else key in _CONTEXT


def _context(value: Json, person: frozenset[str] = frozenset()) -> Json:
    """What stands around an item, in its order; of several contacts only the item's own person."""
    context = {key: part for key, part in value.items() if key in _CONTEXT}
    contacts = context.get("contacts")
    if isinstance(contacts, list) and len(contacts) > 1 and person:
        own = [contact for contact in contacts if person & _names(contact, "wa_id", "user_id")]
        context["contacts"] = own
    return context


def _person(raw: Any) -> frozenset[str]:
    return _names(raw, "from", "from_user_id", "recipient_id", "recipient_user_id")


def _names(raw: Any, *keys: str) -> frozenset[str]:
    if not isinstance(raw, dict):
        return frozenset()
    return frozenset(raw[key] for key in keys if isinstance(raw.get(key), str))


def _envelope(entries: list[Any]) -> Json:
    return {"object": "whatsapp_business_account", "entry": entries}


def _malformed(raw: Any, body: Any, reason: str) -> Item:
    return Item("malformed", "", raw, body, reason=reason)
