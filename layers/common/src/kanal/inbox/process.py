"""Applies a webhook body, item by item: contacts, windows, messages, statuses, events.

Any repetition and any order of the same bodies ends in the same state. A poisoned item is set aside and does
not hold up the others; a failure that passes (an outage, a throttle) fails the whole body, which is then
tried again.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from kanal import rawjson
from kanal.aws.bus import Bus, Event
from kanal.aws.failures import is_passing
from kanal.channels.cached import RecentChannels
from kanal.channels.store import ChannelStore
from kanal.errors import KanalError
from kanal.ids import ChannelRef
from kanal.inbox.apply import Arrival, Stores, apply_message, apply_status
from kanal.inbox.decode import Undecodable, decode_message, decode_status
from kanal.inbox.explode import Item, explode
from kanal.inbox.keeping import DeadLetters, RawItems
from kanal.observability import log_failure


@dataclass(frozen=True)
class Inbox:
    """What processing needs."""

    channels: ChannelStore
    recent_channels: RecentChannels
    stores: Stores
    raw_items: RawItems
    dead_letters: DeadLetters
    bus: Bus


def process_body(inbox: Inbox, ref: ChannelRef, body: str, arrival: Arrival) -> Counter[str]:
    """How many items of each kind there were. When it returns, each is applied, kept or a dead letter.

    Raises what stood in the way if it passes; doing the same again is then right.
    """
    seen: Counter[str] = Counter()
    events: list[Event] = []
    poisoned: list[tuple[Item, str]] = []
    for item in _items(body):
        seen[item.kind] += 1
        try:
            events += _apply(inbox, ref, item, arrival)
        except Undecodable as error:
            poisoned.append((item, error.reason))
        except Exception as error:  # whatever is wrong with one item, its neighbours must not suffer for it
            if _passes(error):
                raise
            log_failure("An inbound item could not be applied", error)
            poisoned.append((item, f"could not be applied: {type(error).__name__}"))
    inbox.bus.publish(events)
    for item, reason in poisoned:
        seen["dead_letter"] += 1
        inbox.dead_letters.set_aside(ref, item.body, reason, arrival.received_at)
    return seen


def _items(body: str) -> Iterator[Item]:
    try:
        parsed = rawjson.read(body)
    except rawjson.NotJson:
        return iter([Item("malformed", "", body, body, reason="the body is not JSON")])
    return explode(parsed)


def _passes(error: Exception) -> bool:
    return error.retryable if isinstance(error, KanalError) else is_passing(error)


def _apply(inbox: Inbox, webhook_ref: ChannelRef, item: Item, arrival: Arrival) -> list[Event]:
    if item.kind == "malformed":
        raise Undecodable(item.reason)
    ref = _channel_of(inbox, webhook_ref, item)
    if item.kind == "status":
        return list(apply_status(inbox.stores, ref, decode_status(item), arrival))
    if item.kind == "message":
        decoded = decode_message(item)
        if decoded.sender and not decoded.is_group:
            return list(apply_message(inbox.stores, ref, decoded, decoded.sender, item.raw, arrival))
    inbox.raw_items.keep(ref, item.field, item.body, arrival.received_at)
    return []


def _channel_of(inbox: Inbox, webhook_ref: ChannelRef, item: Item) -> ChannelRef:
    """The channel whose number the item names; the webhook's own where it names none that we know.

    A number keeps its webhook when WhatsApp gives it another id (a move to another business account), so an
    unknown id is the webhook's number. One that is connected in another workspace is nobody's here.
    """
    number = item.phone_number_id
    channel = inbox.recent_channels.find(webhook_ref)
    if number is None or channel is None or number == channel.phone_number_id:
        return webhook_ref
    owner = inbox.channels.number_owner(channel.provider, number)
    if owner is None:
        return webhook_ref
    if owner.workspace_id != webhook_ref.workspace_id:
        raise Undecodable("the item belongs to a number that is not connected in this workspace")
    return owner
