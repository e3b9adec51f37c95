"""What a webhook about a number or an account does: facts of the channel, and their events."""

from collections.abc import Iterator
from datetime import datetime

from kanal.aws.bus import Event
from kanal.channels.events import channel_updated
from kanal.channels.facts import ChannelFacts
from kanal.channels.model import Channel
from kanal.channels.reports import FIELDS, concerns, reports_in
from kanal.inbox.apply import Arrival
from kanal.inbox.explode import Item
from kanal.times import from_epoch


def reports_on_channel(item: Item) -> bool:
    return _field(item) in FIELDS


def apply_reports(
    facts: ChannelFacts, channel: Channel | None, item: Item, arrival: Arrival
) -> Iterator[Event]:
    """Keeps the facts that the item tells of the channel. Sending does not follow from them.

    Nothing for an item about another number of the account: no channel shows what is not its own.
    """
    if channel is None or not concerns(item.raw, channel.phone_number):
        return
    for report in reports_in(_field(item), item.raw, entry_time(item)):
        recorded = facts.record(channel.ref, report, arrival.received_at)
        if recorded and (recorded.is_new or arrival.may_be_repeated):
            yield channel_updated(channel.ref, _field(item), report, recorded.reports)


def entry_time(item: Item) -> datetime | None:
    """WhatsApp's time of the report. Fields of accounts and templates have it, `messages` has not."""
    return from_epoch(item.body["entry"][0].get("time"))


def _field(item: Item) -> str:
    return "errors" if item.kind == "error" else item.field
