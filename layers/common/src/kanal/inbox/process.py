"""Applies a webhook body, item by item: contacts, windows, messages, statuses, events.

Any repetition and any order of the same bodies ends in the same state. A poisoned item is set aside and does
not hold up the others; a failure that passes (an outage, a throttle) fails the whole body, which is then
tried again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kanal import rawjson
from kanal.aws.bus import Bus, Event
from kanal.aws.failures import is_passing
from kanal.channels import reports
from kanal.channels.cached import RecentChannels
from kanal.channels.facts import ChannelFacts
from kanal.channels.store import ChannelStore
from kanal.errors import KanalError
from kanal.ids import ChannelRef
from kanal.inbox import told
from kanal.inbox.apply import Arrival, Stores, apply_told
from kanal.inbox.conversation import apply_message
from kanal.inbox.decode import (
    DecodedMessage,
    decode_call,
    decode_call_status,
    decode_echo,
    decode_message,
    decode_status,
)
from kanal.inbox.events import group_updated, history_imported
from kanal.inbox.explode import Item, Kind, explode
from kanal.inbox.history import decode_history
from kanal.inbox.inflow import Inflow
from kanal.inbox.keeping import DeadLetters, RawItems
from kanal.inbox.reading import Undecodable, object_of
from kanal.inbox.reports import apply_report, apply_template_update
from kanal.inbox.statuses import apply_status
from kanal.observability import log_failure
from kanal.templates import updates
from kanal.templates.apply import Updating


@dataclass(frozen=True)
class Inbox:
    """What processing needs."""

    channels: ChannelStore
    recent_channels: RecentChannels
    stores: Stores
    raw_items: RawItems
    dead_letters: DeadLetters
    channel_facts: ChannelFacts
    updating: Updating
    inflow: Inflow
    bus: Bus


def process_body(inbox: Inbox, ref: ChannelRef, body: str, arrival: Arrival) -> Counter[str]:
    """How many items of each kind there were. When it returns, each is applied, kept or a dead letter.

    Raises what stood in the way if it passes; doing the same again is then right.
    """
    seen: Counter[str] = Counter()
    events: list[Event] = []
    poisoned: list[tuple[Item, str]] = []
    came_in: Counter[ChannelRef] = Counter()
    for item in _items(body):
        seen[item.kind] += 1
        try:
            item_ref = _channel_of(inbox, ref, item)
            came_in[item_ref] += item.kind == "message"
            events += _apply(inbox, item_ref, item, arrival)
        except Undecodable as error:
            poisoned.append((item, error.reason))
        except Exception as error:  # whatever is wrong with one item, its neighbours must not suffer for it
            if _passes(error):
                raise
            log_failure("An inbound item could not be applied", error)
            poisoned.append((item, f"could not be applied: {type(error).__name__}"))
    inbox.bus.publish(_once(events))
    inbox.inflow.note(+came_in, arrival.received_at)
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


def _once(events: Iterable[Event]) -> list[Event]:
    """Several items may tell one fact; each is published as it was told last."""
    return list({event.id: event for event in events}.values())


def _passes(error: Exception) -> bool:
    return error.retryable if isinstance(error, KanalError) else is_passing(error)


def _apply(inbox: Inbox, ref: ChannelRef, item: Item, arrival: Arrival) -> list[Event]:
    return list(APPLY.get(item.kind, _keep)(inbox, ref, item, arrival))


def _channel_of(inbox: Inbox, webhook_ref: ChannelRef, item: Item) -> ChannelRef:
    """The channel whose number the item names; the webhook's own where it names none that we know.

    A number keeps its webhook when WhatsApp gives it another id (a move to another business account), so an
    unknown id is the webhook's number. One that is connected in another workspace is nobody's here.
    """
    if item.kind == "malformed":
        raise Undecodable(item.reason)
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


# --- what each kind of item does ---

Apply = Callable[[Inbox, ChannelRef, Item, Arrival], Iterable[Event]]

_MESSAGES: dict[Kind, Callable[[Item], DecodedMessage]] = {
    "message": decode_message,
    "echo": decode_echo,
    "history": decode_history,
    "call": decode_call,
    "call_status": decode_call_status,
}


def _keep(inbox: Inbox, ref: ChannelRef, item: Item, arrival: Arrival) -> Iterable[Event]:
    """Kept raw, for a later version of Kanal or for a person."""
    inbox.raw_items.keep(ref, item.field, item.body, arrival.received_at)
    return ()


def _message(inbox: Inbox, ref: ChannelRef, item: Item, arrival: Arrival) -> Iterable[Event]:
    decoded = _MESSAGES[item.kind](item)
    if not decoded.person.is_known:
        return _keep(inbox, ref, item, arrival)
    return apply_message(inbox.stores, ref, decoded, arrival)


def _history(inbox: Inbox, ref: ChannelRef, item: Item, arrival: Arrival) -> Iterable[Event]:
    """One event for all messages of a chunk: they have the same id."""
    yield from _message(inbox, ref, item, arrival)
    yield history_imported(ref, object_of(item.context.get("chunk")))


def _history_chunk(inbox: Inbox, ref: ChannelRef, item: Item, arrival: Arrival) -> Iterable[Event]:
    """A chunk or thread without messages: it tells of progress, or of the owner's refusal."""
    yield from _keep(inbox, ref, item, arrival)
    yield history_imported(ref, item.context.get("chunk") or item.raw)


def _status(inbox: Inbox, ref: ChannelRef, item: Item, arrival: Arrival) -> Iterable[Event]:
    return apply_status(inbox.stores, ref, decode_status(item), arrival)


def _told(inbox: Inbox, ref: ChannelRef, item: Item, arrival: Arrival) -> Iterable[Event]:
    """Kept raw as well: a person's wish or new id may have to be shown with the words it came in."""
    decoded = told.DECODERS[item.kind](item)
    if item.kind != "state_sync" or not decoded.person.is_known:
        yield from _keep(inbox, ref, item, arrival)
    if decoded.person.is_known:
        yield from apply_told(inbox.stores, ref, decoded, arrival)


def _group(inbox: Inbox, ref: ChannelRef, item: Item, arrival: Arrival) -> Iterable[Event]:
    yield from _keep(inbox, ref, item, arrival)
    yield group_updated(ref, item.field, item.raw)


def _report(inbox: Inbox, ref: ChannelRef, item: Item, arrival: Arrival) -> Iterable[Event]:
    """Kept raw as well: on the channel, the latest of each fact takes the place of the one before."""
    yield from _keep(inbox, ref, item, arrival)
    yield from apply_report(inbox.channel_facts, inbox.recent_channels.find(ref), item, arrival)


def _template(inbox: Inbox, ref: ChannelRef, item: Item, arrival: Arrival) -> Iterable[Event]:
    """Kept raw as well: the template may not be known yet."""
    is_new = inbox.raw_items.keep(ref, item.field, item.body, arrival.received_at)
    return apply_template_update(inbox.updating, ref, item, arrival, is_new=is_new)


APPLY: dict[Kind, Apply] = {
    **dict.fromkeys(reports.FIELDS, _report),
    **dict.fromkeys(updates.FIELDS, _template),
    **dict.fromkeys(_MESSAGES, _message),
    **dict.fromkeys(told.DECODERS, _told),
    "history": _history,
    "history_chunk": _history_chunk,
    "status": _status,
    "group": _group,
}
"""What is not listed is kept raw: standby (another handler has the conversation), unknown fields, and fields
that nothing follows from.
"""
