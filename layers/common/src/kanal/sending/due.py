"""The due list: which message to look at when.

| pk | sk | holds |
|---|---|---|
| due#shard | time#message id | a message that is to be looked at then |

It is the durable side of all that waits for a time; queues only carry it the last minutes. An entry is
written before what makes it needed, and removed after the look, so a crash never loses one. A look that comes
twice, or for nothing, does no harm.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from kanal.aws.table import Item, Key, Table
from kanal.ids import ChannelRef, MessageId
from kanal.times import parse_rfc3339, rfc3339

SHARDS = 8
"""Partitions of the list: a broadcast's worth of entries may lie at one minute."""
ARRIVES_WITHIN = timedelta(minutes=1)
"""How long the message may take to follow what is written before it."""
_PAGE = 500


@dataclass(frozen=True)
class Due:
    """`noted_at`: when the entry was written. Its message may follow within a moment, or never."""

    ref: ChannelRef
    message_id: MessageId
    at: datetime
    noted_at: datetime


class DueList:
    def __init__(self, table: Table) -> None:
        self._table = table

    def note(self, due: Due) -> None:
        """Idempotent."""
        key = _key(due)
        self._table.put(
            {
                "pk": key.pk,
                "sk": key.sk,
                "workspace_id": due.ref.workspace_id,
                "channel_id": due.ref.channel_id,
                "message_id": due.message_id,
                "noted_at": rfc3339(due.noted_at),
            }
        )

    def remove(self, due: Due) -> None:
        """Idempotent."""
        self._table.delete(_key(due))

    def between(self, shard: int, first: datetime | None, last: datetime) -> Iterator[Due]:
        """The entries of a shard, in the order of their times; without `first` from the earliest on."""
        after = rfc3339(first) if first else "0"
        while items := self._table.query_between(_pk(shard), after, f"{rfc3339(last)}~", limit=_PAGE):
            yield from (_due(item) for item in items)
            after = items[-1]["sk"] + "!"


def _key(due: Due) -> Key:
    shard = zlib.crc32(due.message_id.encode()) % SHARDS
    return Key(_pk(shard), f"{rfc3339(due.at)}#{due.message_id}")


def _pk(shard: int) -> str:
    return f"due#{shard}"


def _due(item: Item) -> Due:
    return Due(
        ref=ChannelRef.named_in(item),
        message_id=MessageId(item["message_id"]),
        at=parse_rfc3339(item["sk"].partition("#")[0]),
        noted_at=parse_rfc3339(item["noted_at"]),
    )
