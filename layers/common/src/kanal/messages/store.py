"""Messages in the messages table.

| pk | sk | holds |
|---|---|---|
| workspace#channel#message id | message | one message, its stage, its facts and its versions |
| workspace#channel#wamid#WhatsApp's id | wamid | which outbound message it is; what waits for it |

The index by_contact holds the messages of a conversation in its order: `stream`, `stream_at`. An item that
has neither is a version that came before its message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kanal.aws.table import ConditionFailed, Item, Table
from kanal.errors import Contended, NotFound
from kanal.ids import MESSAGE_ID, ChannelRef, MessageId, Wamid
from kanal.media.model import Media, to_item
from kanal.messages import records
from kanal.messages.attempts import Attempts
from kanal.messages.delivery import Fact
from kanal.messages.model import Message, Version
from kanal.messages.moves import Moves

_ATTEMPTS = 4
_MOST_VERSIONS = 15
"""Far more than people make. All lie in the message's item, which has room for 400 KB and is read as one."""


@dataclass(frozen=True)
class Applied:
    """What a fact did. `message` is None while nobody knows whose it is: the fact is parked until then."""

    message: Message | None
    fact: Fact
    is_new: bool


@dataclass(frozen=True)
class Taken:
    """What became of a message that came to us. `message` is what is stored now: this account of it (then
    `is_new`), or an earlier one that says as much or more.
    """

    message: Message
    is_new: bool


class MessageStore:
    """`attempts` is the sender's side of it, `moves` what happens to a message before and beside sending."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.attempts = Attempts(table)
        self.moves = Moves(table)

    def get(self, ref: ChannelRef, message_id: MessageId) -> Message | None:
        return records.message_of(ref, self._table.get(records.message_key(ref, message_id)))

    def get_all(self, ref: ChannelRef, message_ids: Sequence[MessageId]) -> dict[MessageId, Message]:
        """Those that are there, as they were a moment ago."""
        keys = [records.message_key(ref, message_id) for message_id in message_ids]
        found = (records.message_of(ref, item) for item in self._table.get_all(keys, consistent=False))
        return {message.id: message for message in found if message}

    def existing(self, ref: ChannelRef, message_id: str) -> Message:
        """The message of an id that a caller wrote. Raises NotFound."""
        message = self.get(ref, MessageId(message_id)) if MESSAGE_ID.fullmatch(message_id) else None
        if message is None:
            raise NotFound(f"There is no message {message_id[:40]} in this channel.")
        return message

    def add(self, message: Message) -> bool:
        """A message of our API. False if one of this id is there already; it stays as it is."""
        key = records.message_key(message.ref, message.id)
        item = {"pk": key.pk, "sk": key.sk, **records.to_item(message)}
        try:
            self._table.put(item, condition="attribute_not_exists(pk)")
        except ConditionFailed:
            return False
        return True

    def record_media(self, message: Message, media: Media) -> tuple[Message | None, bool]:
        """What became of a file that is `pending`; what is stored or given up stays.

        The message, and whether its file is now as given. None: no such message.
        """
        wanted = to_item(media)
        try:
            item = self._table.update(
                records.message_key(message.ref, message.id),
                "SET media = :media",
                values={":media": wanted, ":pending": "pending"},
                names={"#state": "state"},
                condition="media.#state = :pending",
                returning="ALL_NEW",
            )
        except ConditionFailed as failure:
            if failure.item is None or "id" not in failure.item:
                return None, False
            # Ours all the same if the answer to the first request was lost and the SDK repeated it.
            item = failure.item
        return records.from_item(message.ref, item), item.get("media") == wanted

    # --- what comes to us ---

    def take_in(self, message: Message) -> Taken:
        """Stores it unless an account of equal or higher precedence is there; facts and versions stay.

        Accounts of equal precedence say the same, but for the state that a history had reached by then.
        """
        item = records.to_item(message)
        expression, names, values = _overwriting(item)
        try:
            stored = self._table.update(
                records.message_key(message.ref, message.id),
                expression,
                names=names,
                values=values,
                condition="attribute_not_exists(#id) OR #precedence < :precedence",
                returning="ALL_NEW",
            )
        except ConditionFailed as failure:
            return Taken(records.message_of(message.ref, failure.item) or message, is_new=False)
        return Taken(records.from_item(message.ref, stored), is_new=True)

    def add_version(
        self, ref: ChannelRef, message_id: MessageId, version: Version
    ) -> tuple[Message | None, bool]:
        """The message, None while it has not come, and whether the version is new.

        The latest _MOST_VERSIONS stay, whatever the order of arrival.
        """
        try:
            item = self._table.update(
                records.message_key(ref, message_id),
                "SET #version = :version",
                names={"#version": records.version_attribute(version)},
                values={":version": records.version_to_item(version)},
                condition="attribute_not_exists(#version)",
                returning="ALL_NEW",
            )
            is_new = True
        except ConditionFailed as failure:
            item, is_new = failure.item or {}, False
        return records.message_of(ref, self._without_oldest_versions(ref, message_id, item)), is_new

    def _without_oldest_versions(self, ref: ChannelRef, message_id: MessageId, item: Item) -> Item:
        oldest = records.versions_from(item)[:-_MOST_VERSIONS]
        if not oldest:
            return item
        names = {f"#version{at}": records.version_attribute(version) for at, version in enumerate(oldest)}
        key, expression = records.message_key(ref, message_id), "REMOVE " + ", ".join(names)
        return self._table.update(key, expression, names=names, returning="ALL_NEW")

    def owner_of(self, ref: ChannelRef, original: Wamid, version: Version) -> MessageId | None:
        """The outbound message that the wamid names; while it names none, the version waits for `link`."""
        try:
            self._table.update(
                records.wamid_key(ref, original),
                "SET #version = :version",
                names={"#version": records.version_attribute(version)},
                values={":version": records.version_to_item(version)},
                condition="attribute_not_exists(message_id)",
            )
        except ConditionFailed as failure:
            return MessageId(failure.item["message_id"]) if failure.item else None
        return None

    # --- what WhatsApp reports ---

    def apply_fact(self, ref: ChannelRef, wamid: Wamid, message_id: MessageId | None, fact: Fact) -> Applied:
        """Adds a fact to the message; repetitions change nothing.

        `message_id` is what the provider echoed of ours, if it did. Without it the wamid tells the message;
        a fact whose wamid nobody knows yet waits under the wamid.
        """
        if message_id and (applied := self.add_fact(ref, message_id, wamid, fact)):
            return applied
        for _ in range(_ATTEMPTS):
            owner = self._park(ref, wamid, fact)
            if owner is None:
                return Applied(None, fact, is_new=False)
            if applied := self.add_fact(ref, owner, wamid, fact):
                return applied
        raise Contended("The owner of a status changed while it was being applied.")

    def link(self, ref: ChannelRef, wamid: Wamid, message_id: MessageId) -> list[Applied]:
        """From now on the wamid names the message; facts that were waiting for that are applied.
        Idempotent.
        """
        key = records.wamid_key(ref, wamid)
        known = self._table.update(
            key, "SET message_id = :id", values={":id": message_id}, returning="ALL_OLD"
        )
        for version in records.versions_from(known):
            self.add_version(ref, message_id, version)
        waiting = records.facts_from(known)
        applied = [self.add_fact(ref, message_id, wamid, fact) for fact in waiting.values()]
        return [result for result in applied if result]

    def add_fact(self, ref: ChannelRef, message_id: MessageId, wamid: Wamid, fact: Fact) -> Applied | None:
        """None if there is no such message."""
        try:
            item = self._table.update(
                records.message_key(ref, message_id),
                "SET #fact = :fact, wamid = if_not_exists(wamid, :wamid)",
                names={"#fact": records.fact_attribute(fact.key), "#order": "order"},
                values={":fact": records.fact_to_item(fact), ":wamid": wamid, ":order": fact.order},
                condition="attribute_exists(created_at)"
                " AND (attribute_not_exists(#fact) OR #fact.#order > :order)",
                returning="ALL_NEW",
            )
        except ConditionFailed as failure:
            known = records.message_of(ref, failure.item)
            return Applied(known, fact, is_new=False) if known else None
        return Applied(records.from_item(ref, item), fact, is_new=True)

    def _park(self, ref: ChannelRef, wamid: Wamid, fact: Fact) -> MessageId | None:
        """Keeps the fact under the wamid, or gives the message that the wamid names."""
        try:
            self._table.update(
                records.wamid_key(ref, wamid),
                "SET #fact = :fact",
                names={"#fact": records.fact_attribute(fact.key), "#order": "order"},
                values={":fact": records.fact_to_item(fact), ":order": fact.order},
                condition="attribute_not_exists(message_id)"
                " AND (attribute_not_exists(#fact) OR #fact.#order > :order)",
            )
        except ConditionFailed as failure:
            owner = (failure.item or {}).get("message_id")
            return MessageId(owner) if owner else None
        return None


def _overwriting(item: Item) -> tuple[str, dict[str, str], dict[str, Any]]:
    """An update after which the item has these attributes, and not those that are None."""
    kept = [name for name, value in item.items() if value is not None]
    gone = [name for name, value in item.items() if value is None]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in kept)
    expression += " REMOVE " + ", ".join(f"#{name}" for name in gone) if gone else ""
    return expression, {f"#{name}": name for name in item}, {f":{name}": item[name] for name in kept}
