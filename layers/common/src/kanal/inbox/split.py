"""Splits a large webhook body into bodies of a few items, so that no single run has to apply a thousand.

Each part is a webhook body like any other: its items keep their own entry, metadata and contacts. Parts go
back to the inbound queue with the time at which the whole was received, and the whole is done. Dying in
between repeats the split; parts that come twice change nothing, as applying is idempotent. A part has too few
items to be split again.
"""

from collections.abc import Iterator, Sequence

from kanal import rawjson
from kanal.aws.outbox import Outgoing
from kanal.inbox.explode import Item, explode
from kanal.inbox.keeping import Bucket, carried
from kanal.inbox.queued import Delivery
from kanal.inbox.receive import INLINE_BYTES

MAX_ITEMS = 50
"""A second or two of work. WhatsApp puts up to a thousand updates into a body."""
_ENVELOPE_BYTES = 64


def parts_of(body: str) -> list[str]:
    """The parts of a large body, in the order of its items; nothing for one that is applied as it is."""
    if body.count(",") < MAX_ITEMS:  # cheaper than reading it, and true of most
        return []
    try:
        items = list(explode(rawjson.read(body)))
    except rawjson.NotJson:
        return []
    return list(_parts(items)) if len(items) > MAX_ITEMS else []


def _parts(items: Sequence[Item]) -> Iterator[str]:
    """At most MAX_ITEMS each, and what fits a queue message unless a single item is larger than that."""
    part: list[str] = []
    room = INLINE_BYTES - _ENVELOPE_BYTES
    for item in items:
        entries = [rawjson.write(entry) for entry in item.body["entry"]]
        size = sum(len(entry.encode()) + 1 for entry in entries)
        if part and (len(part) == MAX_ITEMS or size > room):
            yield _body(part)
            part, room = [], INLINE_BYTES - _ENVELOPE_BYTES
        part += entries
        room -= size
    yield _body(part)


def _body(entries: Sequence[str]) -> str:
    return f'{{"object":"whatsapp_business_account","entry":[{",".join(entries)}]}}'


def as_messages(delivery: Delivery, parts: Sequence[str], bucket: Bucket) -> list[Outgoing]:
    """The parts as `receive` would have queued them."""
    group = delivery.ref.channel_id
    return [
        Outgoing(text, group, attributes)
        for part in parts
        for text, attributes in [carried(delivery.ref, part, delivery.arrival.received_at, bucket)]
    ]
