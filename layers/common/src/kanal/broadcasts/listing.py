"""Shows broadcasts, their recipients, and the file of those who were not reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kanal.broadcasts import records, results
from kanal.broadcasts.counting import is_stale
from kanal.broadcasts.files import LINK_LASTS, BroadcastFiles
from kanal.broadcasts.jobs import BroadcastQueue, Step
from kanal.broadcasts.model import FIRST_PART, Broadcast, Position, as_json
from kanal.broadcasts.rows import Rows
from kanal.broadcasts.store import BroadcastStore
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.ids import ChannelRef
from kanal.messages.store import MessageStore
from kanal.times import rfc3339

_ROUNDS = 10
"""Of reading on when what was read is not to be shown; a page may then be shorter than asked for."""
_COUNTING_LASTS = timedelta(minutes=10)
_SPARE = timedelta(seconds=5)


@dataclass(frozen=True)
class Listing:
    """What showing needs."""

    channels: ChannelStore
    broadcasts: BroadcastStore
    rows: Rows
    messages: MessageStore
    files: BroadcastFiles
    queue: BroadcastQueue
    clock: Clock


def list_broadcasts(
    parts: Listing, ref: ChannelRef, after: str | None, limit: int
) -> tuple[Sequence[dict[str, Any]], str | None]:
    """The newest first. Raises NotFound."""
    parts.channels.get(ref)
    page, last = parts.broadcasts.page(ref, after, limit)
    return [as_json(broadcast) for broadcast in page], last


def get_broadcast(parts: Listing, ref: ChannelRef, broadcast_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    return as_json(_counted_anew(parts, _existing(parts, ref, broadcast_id)))


def list_recipients(
    parts: Listing, ref: ChannelRef, broadcast_id: str, state: str | None, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """In the order of the file. `after` and the second value are positions. Raises NotFound."""
    broadcast = _existing(parts, ref, broadcast_id)
    position = records.position_of(after or "")
    shown: list[dict[str, Any]] = []
    for _ in range(_ROUNDS):
        rows, has_more = parts.rows.page(broadcast, position.part, position.row, limit - len(shown))
        found = results.results_of(parts.messages, broadcast, rows)
        shown += [results.as_json(broadcast, each) for each in found if state in (None, each.state)]
        if not has_more and position.part >= (broadcast.parts or FIRST_PART):
            return shown, None
        position = Position(position.part, rows[-1].row) if has_more else Position(position.part + 1)
        if len(shown) == limit:
            break
    return shown, records.position_text(position)


def link_to_failures(parts: Listing, ref: ChannelRef, broadcast_id: str) -> dict[str, Any]:
    """As of the last count; without a link while there was none, or none has failed. Raises NotFound."""
    broadcast = _counted_anew(parts, _existing(parts, ref, broadcast_id))
    failures = broadcast.failures or 0
    link = parts.files.link_to_failures(broadcast) if failures else None
    return {
        "counted_at": rfc3339(broadcast.counted_at) if broadcast.counted_at else None,
        "failures": broadcast.failures,
        "url": link,
        "expires_at": rfc3339(parts.clock() + LINK_LASTS - _SPARE) if link else None,
    }


def _existing(parts: Listing, ref: ChannelRef, broadcast_id: str) -> Broadcast:
    parts.channels.get(ref)
    return parts.broadcasts.existing(ref, broadcast_id)


def _counted_anew(parts: Listing, broadcast: Broadcast) -> Broadcast:
    """Whoever asks for what has changed since gets it counted; the answer is what was counted before."""
    now = parts.clock()
    if is_stale(broadcast, now) and parts.broadcasts.begin_counting(broadcast, now, now + _COUNTING_LASTS):
        parts.queue.put(Step(broadcast.ref, broadcast.id, "count", FIRST_PART))
    return broadcast
