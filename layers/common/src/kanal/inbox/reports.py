"""What a webhook about a number, its account or a template does: facts, states of templates, events."""

from collections.abc import Iterator
from datetime import datetime

from kanal.aws.bus import Event
from kanal.channels.events import channel_updated
from kanal.channels.facts import ChannelFacts
from kanal.channels.model import Channel
from kanal.channels.reports import concerns, reports_in
from kanal.ids import ChannelRef
from kanal.inbox.apply import Arrival
from kanal.inbox.explode import Item
from kanal.templates.apply import Updating, apply_update
from kanal.templates.events import template_updated
from kanal.templates.updates import update_in
from kanal.times import from_epoch


def apply_report(
    facts: ChannelFacts, channel: Channel | None, item: Item, arrival: Arrival
) -> Iterator[Event]:
    """Keeps the facts that the item tells of the channel. Sending does not follow from them.

    Nothing for an item about another number of the account: no channel shows what is not its own.
    """
    if channel is None or not concerns(item.raw, channel.phone_number):
        return
    for report in reports_in(item.kind, item.raw, _told_at(item)):
        recorded = facts.record(channel.ref, report, arrival.received_at)
        if recorded and (recorded.is_new or arrival.may_be_repeated):
            yield channel_updated(channel.ref, item.kind, report, recorded.reports)


def apply_template_update(
    parts: Updating, ref: ChannelRef, item: Item, arrival: Arrival, *, is_new: bool
) -> Iterator[Event]:
    """`is_new`: whether this very update was never seen before; a template may know it from a sync."""
    update = update_in(item.kind, item.raw, _told_at(item))
    if update is None:
        return
    template = apply_update(parts, ref, update, arrival.received_at)
    if is_new or arrival.may_be_repeated:
        yield template_updated(ref, update, template)


def _told_at(item: Item) -> datetime | None:
    """WhatsApp's time. Entries about accounts and templates have it; those of `messages` have not."""
    return from_epoch(item.entry.get("time"))
