"""Takes a webhook body apart into items of a named kind, each of which stands or falls alone. Loses nothing,
raises never.

Source of the envelope and of the fields: WhatsApp's webhook reference; 360dialog relays it unchanged. Bodies
without `object`, `field` or `entry.id` are seen in practice and accepted, and so are bodies of the retired
on-premise API, which are the `value` of a change without anything around it.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Kind = str
"""What an item is: a row of the tables below, or `unknown` (kept raw), or `malformed` (a dead letter)."""
Json = dict[str, Any]

_LISTS: dict[str, Kind] = {
    "messages": "message",
    "statuses": "status",
    "errors": "error",
    "message_echoes": "echo",
    "calls": "call",
    "history": "history",
    "state_sync": "state_sync",
    "user_preferences": "preference",
    "user_id_update": "user_id_update",
    "groups": "group",
}
"""Lists of a `value` whose entries are items; they are met under fields other than their own too."""
_MEANT_BY_FIELD: dict[str, dict[str, Kind]] = {
    "history": {"messages": "history"},  # media that follow the thread they belong to
    "calls": {"statuses": "call_status"},
}
_FIELDS_OF_LISTS = frozenset(
    {
        *("messages", "message_echoes", "smb_message_echoes", "history", "smb_app_state_sync", "calls"),
        *("user_preferences", "user_id_update"),
        *("group_lifecycle_update", "group_participants_update"),
        *("group_settings_update", "group_status_update"),
    }
)
_LISTS_OF_FIELD = {field: {**_LISTS, **_MEANT_BY_FIELD.get(field, {})} for field in _FIELDS_OF_LISTS}
_NESTED: dict[str, tuple[str, ...]] = {"history": ("history", "threads", "messages")}
"""Lists within lists: an item is an entry of the last."""
_LEVELS = ("chunk", "thread")
"""Names in an item's context for what stands around it at each level of the nesting."""

_TEMPLATES = frozenset(
    {
        *("message_template_status_update", "message_template_quality_update"),
        *("message_template_components_update", "template_category_update"),
        "template_correct_category_detection",
    }
)
WHOLE = _TEMPLATES | {
    *("account_alerts", "account_review_update", "account_settings_update", "account_update"),
    *("automatic_events", "business_capability_update", "business_username_update", "consumer_profile"),
    *("flows", "messaging_handovers", "partner_solutions", "payment_configuration_update"),
    *("phone_number_name_update", "phone_number_quality_update", "security", "standby"),
}
"""Fields of which the whole `value` is one item, of the kind of that name."""
_SPELLINGS = {"business_username_updates": "business_username_update"}
_TOLD_BY_KEYS: tuple[tuple[frozenset[str], Kind], ...] = (
    (frozenset({"new_quality_score"}), "message_template_quality_update"),
    (frozenset({"message_template_element"}), "message_template_components_update"),
    (frozenset({"message_template_id", "new_category"}), "template_category_update"),
    (frozenset({"message_template_id", "event"}), "message_template_status_update"),
)
"""Template updates come under the field of another, as in WhatsApp's own sample of a quality update."""

_CONTEXT = frozenset({"messaging_product", "metadata", "contacts"})
"""Keys of `value` that describe its items and are no items themselves."""
_NAMES = (
    *("from", "from_user_id", "to", "to_user_id", "wa_id", "user_id"),
    *("recipient_id", "recipient_user_id"),
    *("recipient_participant_id", "participant_recipient_id", "recipient_participant_user_id"),
)
"""Where an item names a person who may be one of `contacts`."""


@dataclass(frozen=True)
class Item:
    """One update of a webhook.

    `body` is a webhook body that holds this item alone: what a dead letter carries, and what can be sent
    through again. `context` is what stood around the item in `value`, `entry` around its change.
    """

    kind: Kind
    field: str
    raw: Any
    body: Any
    context: Json = dataclasses.field(default_factory=dict)
    entry: Json = dataclasses.field(default_factory=dict)
    reason: str = ""
    """Why a malformed item could not be read."""

    @property
    def entry_id(self) -> str | None:
        """The WhatsApp business account; of some partner events the business portfolio."""
        return _id(self.entry.get("id"))

    @property
    def phone_number_id(self) -> str | None:
        metadata = self.context.get("metadata")
        return _id(metadata.get("phone_number_id")) if isinstance(metadata, dict) else None


def explode(body: Any) -> Iterator[Item]:
    """Every item of the body, in its order; what is not as it should be comes out as `malformed`."""
    if not isinstance(body, dict):
        yield _malformed(body, body, "the body is not an object")
        return
    kind = body.get("object", "whatsapp_business_account")
    entries = body.get("entry")
    if kind != "whatsapp_business_account":
        yield _malformed(body, body, "`object` is not whatsapp_business_account")
    elif _is_on_premise(body):
        yield from _change({}, {"value": body})
    elif not isinstance(entries, list) or not entries:
        yield _malformed(body, body, "`entry` is not a list with entries")
    else:
        for entry in entries:
            yield from _entry(entry)


def _is_on_premise(body: Json) -> bool:
    return "entry" not in body and any(isinstance(body.get(key), list) for key in ("messages", "statuses"))


def _entry(entry: Any) -> Iterator[Item]:
    changes = entry.get("changes") if isinstance(entry, dict) else None
    if not isinstance(changes, list) or not changes:
        yield _malformed(entry, _envelope([entry]), "`changes` of the entry is not a list with changes")
        return
    around = {name: value for name, value in entry.items() if name != "changes"}
    for change in changes:
        yield from _change(around, change)


def _change(entry: Json, change: Any) -> Iterator[Item]:
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict):
        body = _envelope([{**entry, "changes": [change]}])
        yield _malformed(change, body, "`value` of the change is not an object")
        return
    update = _Update(entry, change, value)
    if kind := update.kind_of_whole():
        yield update.whole(kind, value)
        return
    lists = update.lists
    for key, kind in lists.items():
        yield from update.listed(key, kind)
    rest = {key: part for key, part in value.items() if key not in lists and key not in _CONTEXT}
    if rest:
        yield update.whole("unknown", {**update.context, **rest} if lists else value)
    elif not lists:
        yield update.whole("unknown", value)


class _Update:
    """One change, and what stands around it in its entry. `lists` are the value's lists of items."""

    def __init__(self, entry: Json, change: Json, value: Json) -> None:
        self.entry, self.change, self.value = entry, change, value
        self.field = str(change.get("field", "messages"))
        known = _LISTS_OF_FIELD.get(self.field, {})
        self.lists = {
            key: known[key] for key, part in value.items() if key in known and isinstance(part, list)
        }
        self.holds_several = sum(len(value[key]) for key in self.lists) > 1
        self.context = {key: part for key, part in value.items() if key in _CONTEXT}

    def kind_of_whole(self) -> Kind | None:
        """The kind of the value as one item; None where its lists hold items, or nobody knows the field."""
        if self.lists:
            return None
        field = _SPELLINGS.get(self.field, self.field)
        if field in _TEMPLATES or field == "messages":
            for keys, kind in _TOLD_BY_KEYS:
                if keys <= self.value.keys():
                    return kind
        return field if field in WHOLE else None

    def listed(self, key: str, kind: Kind) -> Iterator[Item]:
        if key in _NESTED:
            yield from self._nested(key, kind)
            return
        for raw in self.value[key]:
            context = self._context_of(raw)
            body = self._body({**context, key: [raw]})
            if isinstance(raw, dict):
                named = "call_status" if kind == "status" and raw.get("type") == "call" else kind
                yield Item(named, self.field, raw, body, context, self.entry)
            else:
                yield _malformed(raw, body, f"an entry of `{key}` is not an object")

    def _nested(self, key: str, kind: Kind) -> Iterator[Item]:
        path = _NESTED[key]
        for raw, around, alone in _leaves({key: self.value[key]}, path):
            context = self._context_of(raw)
            body = self._body({**context, **alone})
            if not isinstance(raw, dict):
                yield _malformed(raw, body, f"an entry of `{path[len(around)]}` is not an object")
                continue
            named = kind if len(around) == len(path) - 1 else f"{kind}_chunk"
            levels = dict(zip(_LEVELS, around, strict=False))
            yield Item(named, self.field, raw, body, {**context, **levels}, self.entry)

    def _context_of(self, raw: Any) -> Json:
        """What stands around an item; of `contacts` only its own person, where others may be meant.

        A status and a message in one value are often of two people, and one payload that names both would
        make them one.
        """
        contacts = self.context.get("contacts")
        if not isinstance(contacts, list) or not (self.holds_several or len(contacts) > 1):
            return self.context
        person = _names(raw)
        own = [contact for contact in contacts if person & _names(contact)]
        return {**self.context, "contacts": own} if person else self.context

    def whole(self, kind: Kind, value: Json) -> Item:
        return Item(kind, self.field, value, self._body(value), self.context, self.entry)

    def _body(self, value: Json) -> Json:
        return _envelope([{**self.entry, "changes": [{**self.change, "value": value}]}])


def _leaves(parent: Json, path: Sequence[str]) -> Iterator[tuple[Any, list[Json], Json]]:
    """The entries at the end of the path: each, what stands around it level by level, and the parent holding
    it alone. An entry that does not go on to the next level is an end itself.
    """
    key, *rest = path
    for part in parent[key]:
        deeper = part.get(rest[0]) if rest and isinstance(part, dict) else None
        if isinstance(deeper, list) and deeper:
            own = {name: value for name, value in part.items() if name != rest[0]}
            for raw, around, alone in _leaves(part, rest):
                yield raw, [own, *around], {**parent, key: [alone]}
        else:
            yield part, [], {**parent, key: [part]}


def _names(raw: Any) -> frozenset[str]:
    if not isinstance(raw, dict):
        return frozenset()
    return frozenset(raw[key] for key in _NAMES if isinstance(raw.get(key), str))


def _id(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) else None


def _envelope(entries: list[Any]) -> Json:
    return {"object": "whatsapp_business_account", "entry": entries}


def _malformed(raw: Any, body: Any, reason: str) -> Item:
    return Item("malformed", "", raw, body, reason=reason)
