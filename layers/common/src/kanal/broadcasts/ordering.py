"""Starts, pauses, resumes and cancels a broadcast."""

from dataclasses import dataclass
from typing import Any

from kanal.aws.bus import Bus
from kanal.broadcasts.events import broadcast_updated
from kanal.broadcasts.jobs import BroadcastQueue, Step
from kanal.broadcasts.model import Broadcast, Order, as_json
from kanal.broadcasts.store import BroadcastStore
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.ids import ChannelRef


@dataclass(frozen=True)
class Ordering:
    """What orders need."""

    channels: ChannelStore
    broadcasts: BroadcastStore
    queue: BroadcastQueue
    bus: Bus
    clock: Clock


def obey_caller(parts: Ordering, ref: ChannelRef, broadcast_id: str, order: Order) -> dict[str, Any]:
    """The broadcast as the API shows it. Given again, an order changes nothing.

    Raises NotFound, BroadcastStateForbids, QueueUnavailable.
    """
    parts.channels.get(ref)
    return as_json(obey(parts, parts.broadcasts.existing(ref, broadcast_id), order))


def obey(parts: Ordering, broadcast: Broadcast, order: Order) -> Broadcast:
    """The event and the next step come with a repetition too: the first may have ended before them."""
    changed = parts.broadcasts.obey(broadcast, order, parts.clock()).broadcast
    if changed.state in ("running", "cancelled"):
        parts.queue.put(Step(changed.ref, changed.id, "feed", changed.step))
    parts.bus.publish([broadcast_updated(changed)])
    return changed


def start_if_due(parts: Ordering, broadcast: Broadcast) -> None:
    """A start that was asked for beforehand. Given again, in case the first ended in the middle."""
    if broadcast.state not in ("ready", "running"):
        return
    if broadcast.send_at and parts.clock() < broadcast.send_at:
        wait = broadcast.send_at - parts.clock()
        parts.queue.put(Step(broadcast.ref, broadcast.id, "start"), wait)
        return
    obey(parts, broadcast, "start")
