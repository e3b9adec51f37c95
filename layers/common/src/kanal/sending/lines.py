"""The lines out of a channel: what waits to be sent, in the order in which it was accepted.

| pk | sk | holds |
|---|---|---|
| line#workspace#channel#lane#line | number | an entry: one message that waits |
| lines#workspace#channel#lane#line | counter | the last number that was given out |

All messages to one contact stand in one line of a lane, and each has the next number of its line: the order
is that of acceptance, whatever the clocks of the functions say. A line is one partition of the table, so
several of them carry what the busiest channel sends.
"""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from kanal.aws.table import ConditionFailed, Item, Key, Table
from kanal.ids import BroadcastId, ChannelRef, ContactId, MediaId, MessageId
from kanal.messages.model import Message
from kanal.messages.waiting import Lane, Place, WaitReason
from kanal.sending.content.media import media_ids
from kanal.times import parse_rfc3339, rfc3339

LINES = 8
"""Of each lane. What one carries of 1,000 messages a second is 250 writes a second of a partition's 1,000."""
LANES: tuple[Lane, ...] = get_args(Lane)


@dataclass(frozen=True)
class Entry:
    """What a line says of a message. `contact_id` is the whole person's, whose messages keep their order."""

    ref: ChannelRef
    place: Place
    message_id: MessageId
    contact_id: ContactId
    entered_at: datetime
    media_ids: Sequence[MediaId] = ()
    """The uploads that the message names."""
    broadcast_id: BroadcastId | None = None
    tries: int = 0
    """How often it was put off."""
    not_before: datetime | None = None
    waits_for: WaitReason | None = None


def line_of(contact_id: ContactId) -> int:
    return zlib.crc32(contact_id.encode()) % LINES


def entry_of(message: Message, contact_id: ContactId, now: datetime) -> Entry:
    """Where the message stands. `contact_id` is the whole contact's."""
    if message.place is None:
        raise ValueError("the message stands in no line")
    return Entry(
        ref=message.ref,
        place=message.place,
        message_id=message.id,
        contact_id=contact_id,
        entered_at=now,
        media_ids=_uploads(message),
        broadcast_id=message.broadcast_id,
    )


def _uploads(message: Message) -> list[MediaId]:
    """Also those of what may go in its place."""
    instead = media_ids("template", message.wishes.fallback) if message.wishes.fallback else []
    return list(dict.fromkeys([*media_ids(message.type, message.content), *instead]))


class Lines:
    def __init__(self, table: Table) -> None:
        self._table = table

    # --- entering ---

    def next_place(self, ref: ChannelRef, lane: Lane, contact_id: ContactId) -> Place:
        """The end of the contact's line. A place that is never taken leaves a gap and costs nothing."""
        line = line_of(contact_id)
        return Place(lane, line, self._give_out(ref, lane, line, 1))

    def _give_out(self, ref: ChannelRef, lane: Lane, line: int, count: int) -> int:
        """The last of so many numbers in a row."""
        key = Key(f"lines#{ref.prefix}#{lane}#{line}", "counter")
        item = self._table.update(key, "ADD given_out :count", values={":count": count}, returning="ALL_NEW")
        return int(item["given_out"])

    def next_places(self, ref: ChannelRef, lane: Lane, contact_ids: Sequence[ContactId]) -> list[Place]:
        """For each a place as `next_place` would give it, with one update a line."""
        counts = Counter(map(line_of, contact_ids))
        free = {line: self._give_out(ref, lane, line, count) - count for line, count in counts.items()}
        places: list[Place] = []
        for line in map(line_of, contact_ids):
            free[line] += 1
            places.append(Place(lane, line, free[line]))
        return places

    def enter_all(self, entries: Sequence[Entry]) -> None:
        """As `enter`, of places that were only just given out."""
        self._table.put_all([_to_item(entry) for entry in entries])

    def enter(self, entry: Entry) -> None:
        """Idempotent. Comes before the message says that it stands there, so that none is forgotten: an
        entry whose message never says so is swept out of the line.
        """
        try:
            self._table.put(_to_item(entry), condition="attribute_not_exists(pk)")
        except ConditionFailed:
            return

    # --- looking ---

    def page(
        self, ref: ChannelRef, lane: Lane, line: int, after: int, limit: int
    ) -> tuple[list[Entry], bool]:
        """Entries behind a number (0 is before all), in order; and whether more follow."""
        pk = _pk(ref, lane, line)
        start = {"pk": pk, "sk": _number(after)} if after else None
        items, last = self._table.query(pk, after=start, limit=limit, consistent=True)
        return [_from_item(ref, lane, line, item) for item in items], last is not None

    def get(self, ref: ChannelRef, place: Place) -> Entry | None:
        item = self._table.get(_key(ref, place))
        return _from_item(ref, place.lane, place.line, item) if item else None

    def has_any(self, ref: ChannelRef, lane: Lane, line: int) -> bool:
        items, _ = self._table.query(_pk(ref, lane, line), limit=1)
        return bool(items)

    # --- moving on ---

    def put_off(self, entry: Entry, until: datetime, reason: WaitReason | None) -> None:
        """It stays in its line, if it is there still, and is not tried again before `until`."""
        reasons = {":reason": reason} if reason else {}
        try:
            self._table.update(
                _key(entry.ref, entry.place),
                "SET not_before = :until, tries = tries + :one"
                + (", waits_for = :reason" if reason else " REMOVE waits_for"),
                values={":until": rfc3339(until), ":one": 1, **reasons},
                condition="attribute_exists(pk)",
            )
        except ConditionFailed:
            return

    def remove(self, ref: ChannelRef, place: Place) -> None:
        """Idempotent."""
        self._table.delete(_key(ref, place))


def _pk(ref: ChannelRef, lane: Lane, line: int) -> str:
    return f"line#{ref.prefix}#{lane}#{line}"


def _number(number: int) -> str:
    return f"{number:016}"


def _key(ref: ChannelRef, place: Place) -> Key:
    return Key(_pk(ref, place.lane, place.line), _number(place.number))


def _to_item(entry: Entry) -> Item:
    key = _key(entry.ref, entry.place)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "message_id": entry.message_id,
        "contact_id": entry.contact_id,
        "entered_at": rfc3339(entry.entered_at),
        "media_ids": list(entry.media_ids) or None,
        "broadcast_id": entry.broadcast_id,
        "tries": entry.tries,
        "not_before": rfc3339(entry.not_before) if entry.not_before else None,
        "waits_for": entry.waits_for,
    }


def _from_item(ref: ChannelRef, lane: Lane, line: int, item: Item) -> Entry:
    return Entry(
        ref=ref,
        place=Place(lane, line, int(item["sk"])),
        message_id=MessageId(item["message_id"]),
        contact_id=ContactId(item["contact_id"]),
        entered_at=parse_rfc3339(item["entered_at"]),
        media_ids=[MediaId(media_id) for media_id in item.get("media_ids", ())],
        broadcast_id=BroadcastId(item["broadcast_id"]) if "broadcast_id" in item else None,
        tries=item["tries"],
        not_before=parse_rfc3339(item["not_before"]) if "not_before" in item else None,
        waits_for=item.get("waits_for"),
    )
