"""Reads a record of the inbound queue: whose webhook it is, when it came, and its body."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kanal.ids import ChannelRef
from kanal.inbox.apply import Arrival
from kanal.inbox.keeping import Bucket
from kanal.times import parse_rfc3339

_REDRIVEN_AFTER = timedelta(minutes=1)
"""`receive` queues at once; a queue message that is so much younger than its webhook was moved back by a
person.

So may be a part of a large body (`split`) that waited in the queue, and it is taken for the same: what is new
in it is told once either way, and what was applied before is told again, under the same event ids. The other
choice, to trust a part's own mark, would keep silent about a part that a person moves back.
"""


@dataclass(frozen=True)
class Delivery:
    ref: ChannelRef
    body: str
    arrival: Arrival


def read_delivery(record: Mapping[str, Any], bucket: Bucket) -> Delivery:
    given = {name: value["stringValue"] for name, value in record["messageAttributes"].items()}
    received_at = parse_rfc3339(given["received_at"])
    queued_at = datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC)
    tried_before = record["attributes"]["ApproximateReceiveCount"] != "1"
    key = given.get("s3_key")
    return Delivery(
        ref=ChannelRef.named_in(given),
        body=bucket.get(key) if key else record["body"],
        arrival=Arrival(received_at, tried_before or queued_at - received_at > _REDRIVEN_AFTER),
    )
