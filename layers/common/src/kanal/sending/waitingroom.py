"""The messages of a contact that stand in no line yet: those for a later time, and those that wait for the
contact to write.

| pk | sk | holds |
|---|---|---|
| parked#workspace#channel#contact id | seat#number | a message that waits here |
| parked#workspace#channel#contact id | counter | the last number that was given out |

Numbers keep the order in which messages were accepted, whatever the clocks of the functions say: what may go
on at the same moment goes on in that order. Seats are of the part of a contact under which the message is
stored, so that merges and their undoing change nothing here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kanal.aws.table import Item, Key, Table
from kanal.ids import ChannelRef, ContactId, MessageId
from kanal.times import parse_rfc3339, rfc3339

_PAGE = 500


@dataclass(frozen=True)
class Seat:
    """`send_at`: for when it was asked for, if it was."""

    ref: ChannelRef
    contact_id: ContactId
    number: int
    message_id: MessageId
    seated_at: datetime
    send_at: datetime | None = None


class WaitingRoom:
    def __init__(self, table: Table) -> None:
        self._table = table

    def next_number(self, ref: ChannelRef, contact_id: ContactId) -> int:
        """One that is never used leaves a gap and costs nothing."""
        key = Key(_pk(ref, contact_id), "counter")
        item = self._table.update(key, "ADD given_out :one", values={":one": 1}, returning="ALL_NEW")
        return int(item["given_out"])

    def take(self, seat: Seat) -> None:
        """Idempotent. Comes before the message says that it waits."""
        key = _key(seat)
        self._table.put(
            {
                "pk": key.pk,
                "sk": key.sk,
                "message_id": seat.message_id,
                "seated_at": rfc3339(seat.seated_at),
                "send_at": rfc3339(seat.send_at) if seat.send_at else None,
            }
        )

    def seats(self, ref: ChannelRef, contact_id: ContactId) -> Sequence[Seat]:
        """All of them, in the order of acceptance."""
        found: list[Seat] = []
        after = "seat#"
        while items := self._table.query_between(_pk(ref, contact_id), after, "seat#~", limit=_PAGE):
            found += [_seat(ref, contact_id, item) for item in items]
            after = items[-1]["sk"] + "!"
        return found

    def leave(self, seat: Seat) -> None:
        """Idempotent."""
        self._table.delete(_key(seat))


def _pk(ref: ChannelRef, contact_id: ContactId) -> str:
    return f"parked#{ref.prefix}#{contact_id}"


def _key(seat: Seat) -> Key:
    return Key(_pk(seat.ref, seat.contact_id), f"seat#{seat.number:016}")


def _seat(ref: ChannelRef, contact_id: ContactId, item: Item) -> Seat:
    return Seat(
        ref=ref,
        contact_id=contact_id,
        number=int(item["sk"].removeprefix("seat#")),
        message_id=MessageId(item["message_id"]),
        seated_at=parse_rfc3339(item["seated_at"]),
        send_at=parse_rfc3339(item["send_at"]) if "send_at" in item else None,
    )
