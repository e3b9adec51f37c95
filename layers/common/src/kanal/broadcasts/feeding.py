"""Feeds a running broadcast into the lines of its channel, a portion at a time.

A portion is what the channel sends in a few seconds, so that a pause finds few messages in the lines, and a
channel with a slower pace gets no longer lines. One step at a time feeds: it holds a lease on the broadcast,
and has a number. What it leaves comes again in the next step, which it asks for before it says how far it
came: a step that dies is shown again by the queue, one that comes twice finds its number passed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from kanal.aws.queue import Again
from kanal.broadcasts.cutting import end_with_problem
from kanal.broadcasts.events import broadcast_updated
from kanal.broadcasts.handover import HandingOver, hand_over
from kanal.broadcasts.jobs import Step
from kanal.broadcasts.model import Broadcast, Position, Recipient
from kanal.broadcasts.ordering import Ordering
from kanal.channels.model import Channel
from kanal.ids import NewToken
from kanal.messages.waiting import WaitReason
from kanal.sending.lines import LINES
from kanal.sending.queue import SendQueue
from kanal.templates.model import Template
from kanal.templates.store import TemplateStore

LEASE_LASTS = timedelta(seconds=60)
"""No shorter than a worker lives: whoever holds a lease that has ended is gone."""
AHEAD_SECONDS = 3
"""So much of the channel's pace may stand in its lines."""
_LEAST_AHEAD = 10
_MOST_AT_ONCE = 2_000
_STEP = timedelta(seconds=1)
_LAST_STEPS = timedelta(seconds=5)
"""Once all are handed over and the last of them wait in the lines."""
_STANDSTILL = timedelta(seconds=30)
_ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Feeding:
    """What feeding needs."""

    ordering: Ordering
    handing_over: HandingOver
    templates: TemplateStore
    send_queue: SendQueue
    new_token: NewToken


@dataclass(frozen=True)
class _Fed:
    """How far a step came, and when the next one is due."""

    position: Position
    is_all: bool
    next_after: timedelta = _STEP
    waits_for: WaitReason | None = None
    is_complete: bool = False


def feed(parts: Feeding, broadcast: Broadcast, number: int) -> Again | None:
    """One step. A number that has passed is nothing; one that has not come yet comes again."""
    if broadcast.state == "cancelled":  # what stands in the lines is cancelled when it is its turn
        parts.send_queue.put_turns(broadcast.ref)
    if broadcast.state != "running" or number < broadcast.step:
        return None
    if number > broadcast.step:
        return Again(_STEP.total_seconds())
    holder, now = parts.new_token(), parts.ordering.clock()
    leased = parts.ordering.broadcasts.lease(broadcast, holder, now, now + LEASE_LASTS)
    if leased is None:
        return Again(_LAST_STEPS.total_seconds())
    _end_step(parts, leased, holder, _portion(parts, leased))
    return None


def _end_step(parts: Feeding, broadcast: Broadcast, holder: str, fed: _Fed | None) -> None:
    """None: the broadcast is over."""
    if fed is None:
        return
    store, queue = parts.ordering.broadcasts, parts.ordering.queue
    if fed.is_complete:
        ended = store.complete(broadcast, parts.ordering.clock()).broadcast
        if ended.state == "completed":
            parts.ordering.bus.publish([broadcast_updated(ended)])
        return
    queue.put(Step(broadcast.ref, broadcast.id, "feed", broadcast.step + 1), fed.next_after)
    store.end_step(broadcast, holder, fed.position, is_fed=fed.is_all, waits_for=fed.waits_for)


def _portion(parts: Feeding, broadcast: Broadcast) -> _Fed | None:
    channel = parts.ordering.channels.find(broadcast.ref)
    if channel is None or channel.state == "disconnected":
        words = "The channel was disconnected before all recipients had their message."
        end_with_problem(parts.ordering, broadcast, "channel_disconnected", words)
        return None
    template = parts.templates.get(broadcast.ref, broadcast.template, broadcast.language)
    still = _Fed(broadcast.fed, broadcast.is_fed, _STANDSTILL)
    if reason := _standstill(parts, channel, template):
        return replace(still, waits_for=reason)
    waiting, lines = _waiting(parts, broadcast, channel)
    room = min(_most_ahead(channel) - waiting, _MOST_AT_ONCE)
    if broadcast.is_fed:
        fed = replace(still, next_after=_LAST_STEPS, is_complete=waiting == 0)
    elif template and room > 0:
        fed, taken = _fed(parts, broadcast, template, room)
        lines |= taken
    else:
        fed = replace(still, next_after=_STEP)
    for line in lines:
        parts.send_queue.put_turn(broadcast.ref, ("bulk", line))
    return fed


def _standstill(parts: Feeding, channel: Channel, template: Template | None) -> WaitReason | None:
    """Why nothing would leave. The lines stand still by themselves then; nothing more is put into them."""
    if channel.state != "active":
        return "channel_paused"
    if template is None or template.status != "approved":
        return "template_paused"
    if channel.bulk_paused_until and parts.ordering.clock() < channel.bulk_paused_until:
        return "bulk_paused"
    return None


def _most_ahead(channel: Channel) -> int:
    return max(_LEAST_AHEAD, channel.messages_per_second * AHEAD_SECONDS)


def _waiting(parts: Feeding, broadcast: Broadcast, channel: Channel) -> tuple[int, set[int]]:
    """How many of its messages stand in the lines, and in which. A line longer than that counts as full: what
    others put there is sent before.

    Those lines get a turn: what stayed in them while the broadcast was paused goes on.
    """
    most = _most_ahead(channel)
    waiting, lines, is_full = 0, set[int](), False
    for line in range(LINES):
        entries, has_more = parts.handing_over.lines.page(broadcast.ref, "bulk", line, 0, most)
        own = sum(entry.broadcast_id == broadcast.id for entry in entries)
        lines |= {line} if own else set()
        waiting, is_full = waiting + own, is_full or has_more
    return (most if is_full else waiting), lines


# --- rows ---


def _fed(parts: Feeding, broadcast: Broadcast, template: Template, room: int) -> tuple[_Fed, set[int]]:
    """And the lines in which messages stand now."""
    position, lines = broadcast.fed, set[int]()
    for part, recipients, reached in _batches(parts, broadcast, room):
        lines |= hand_over(parts.handing_over, broadcast, part, template, recipients)
        position = reached
    return _Fed(position, position.part > (broadcast.parts or 0)), lines


def _batches(
    parts: Feeding, broadcast: Broadcast, room: int
) -> Iterator[tuple[int, list[Recipient], Position]]:
    """Up to `room` recipients in the order of the file: the part, some of its rows, and how far that is."""
    at, last_part = broadcast.fed, broadcast.parts or 0
    while room > 0 and at.part <= last_part:
        rows, has_more = parts.handing_over.rows.page(broadcast, at.part, at.row, min(room, _ROWS_AT_ONCE))
        recipients = [row for row in rows if row.outcome == "accepted"]
        room -= len(recipients)
        part, at = at.part, Position(at.part, rows[-1].row) if has_more else Position(at.part + 1)
        yield part, recipients, at
