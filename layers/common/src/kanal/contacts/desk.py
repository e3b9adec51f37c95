"""What the platform asks of contacts: find, show, read along, merge by hand and undo it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kanal.aws.bus import Bus
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.contacts.directory import find_contacts
from kanal.contacts.events import contact_merged, contact_unmerged
from kanal.contacts.merging import get_contact, merge_contacts, unmerge_contact
from kanal.contacts.store import ContactStore
from kanal.contacts.view import as_json
from kanal.ids import ChannelRef, ContactId
from kanal.messages.model import as_json as message_as_json
from kanal.messages.stream import Streams

Json = dict[str, Any]
Shown = tuple[Sequence[Json], str | None]
"""A page as it is shown, and the position after which the next begins."""
Order = Literal["asc", "desc"]


@dataclass(frozen=True)
class Desk:
    """What these need. All of them raise NotFound, also for a channel of another workspace."""

    channels: ChannelStore
    contacts: ContactStore
    streams: Streams
    bus: Bus
    clock: Clock


def find(desk: Desk, ref: ChannelRef, query: str | None, after: str | None, limit: int) -> Shown:
    channel = desk.channels.get(ref)
    page, last = find_contacts(desk.contacts, channel, query, after, limit)
    return [as_json(contact, desk.clock()) for contact in page], last


def show(desk: Desk, ref: ChannelRef, contact_id: str) -> Json:
    desk.channels.get(ref)
    return as_json(get_contact(desk.contacts, ref, ContactId(contact_id)), desk.clock())


def read_along(
    desk: Desk, ref: ChannelRef, contact_id: str, order: Order, after: str | None, limit: int
) -> Shown:
    """The conversation, inbound and outbound in one stream."""
    desk.channels.get(ref)
    contact = get_contact(desk.contacts, ref, ContactId(contact_id))
    page, last = desk.streams.page(
        ref, contact.part_ids, after=after, limit=limit, descending=order == "desc"
    )
    return [message_as_json(message) for message in page], last


def merge(desk: Desk, ref: ChannelRef, contact_id: str, other_id: str) -> Json:
    """Raises AlreadyOneContact, Contended, BusUnavailable; repeating it is right."""
    desk.channels.get(ref)
    ids = ContactId(contact_id), ContactId(other_id)
    contact, merged = merge_contacts(desk.contacts, ref, *ids, desk.clock())
    desk.bus.publish([contact_merged(contact, merged, desk.clock())])
    return as_json(contact, desk.clock())


def unmerge(desk: Desk, ref: ChannelRef, contact_id: str, part_id: str) -> Json:
    """Raises NotMerged, Contended, BusUnavailable; repeating it is right."""
    desk.channels.get(ref)
    ids = ContactId(contact_id), ContactId(part_id)
    apart = unmerge_contact(desk.contacts, ref, *ids, desk.clock())
    desk.bus.publish([contact_unmerged(apart.contact, apart.other, apart.at, desk.clock())])
    return {"contact": as_json(apart.contact, desk.clock()), "separated": as_json(apart.other, desk.clock())}
