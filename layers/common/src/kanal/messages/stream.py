"""A contact's messages in the order of their times, inbound and outbound in one stream."""

import heapq
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from kanal.aws.table import Index, Item, Key, Table
from kanal.ids import ChannelRef, ContactId
from kanal.messages import records
from kanal.messages.model import Message

BY_CONTACT = Index("by_contact", partition="stream", sort="stream_at")
"""What was stored under one contact id (`stream`: workspace#channel#contact id), by time and message id."""
_MOST_BYTES = 2_500_000
"""Of a page: an answer of a function has 6 MB at most, and some content is shown in two forms."""


class Streams:
    def __init__(self, table: Table) -> None:
        self._table = table

    def page(
        self,
        ref: ChannelRef,
        contact_ids: Iterable[ContactId],
        *,
        after: str | None,
        limit: int,
        descending: bool,
    ) -> tuple[Sequence[Message], str | None]:
        """What was stored under any of the ids: a person whose contacts were merged has several.

        `after` and the second value are places in the stream. A page of long messages has fewer of them.
        """
        pages = [
            self._table.page_of_index(
                BY_CONTACT, f"{ref.prefix}#{contact_id}", after=after, limit=limit, descending=descending
            )
            for contact_id in contact_ids
        ]
        ordered = heapq.merge(
            *(items for items, _ in pages), key=lambda item: str(item["stream_at"]), reverse=descending
        )
        places = {str(item["stream_at"]): Key(item["pk"], item["sk"]) for item in islice(ordered, limit)}
        found = {item["stream_at"]: item for item in self._table.get_all(list(places.values()))}
        there = [found[place] for place in places if place in found]
        shown = list(_beginning(there))
        messages = [records.from_item(ref, item) for item in shown]
        if len(shown) < len(there):
            return messages, messages[-1].stream_at
        is_more = any(more for _, more in pages) or sum(len(items) for items, _ in pages) > limit
        return messages, list(places)[-1] if is_more and places else None


def _beginning(items: Iterable[Item]) -> Iterator[Item]:
    """As many as fit a page, and one at least."""
    room = _MOST_BYTES
    for number, item in enumerate(items):
        room -= len(json.dumps(item))
        if room < 0 and number:
            return
        yield item
