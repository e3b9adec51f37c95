"""Processes a batch of the inbound queue: one webhook's trouble is not another's."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kanal.aws.outbox import Outbox
from kanal.aws.queue import Queue, seconds_until_next_try
from kanal.inbox.keeping import Bucket
from kanal.inbox.process import Inbox, process_body
from kanal.inbox.queued import Delivery, read_delivery
from kanal.inbox.split import as_messages, parts_of
from kanal.observability import log_failure

_ENOUGH_SECONDS = 60.0
"""Far more than a webhook of split.MAX_ITEMS takes; with less time left no further one is begun."""


@dataclass(frozen=True)
class Batch:
    """What a batch needs. `remaining_seconds` tells how long the function may still run."""

    inbox: Inbox
    queue: Queue
    outbox: Outbox
    """The same queue, for the parts of large bodies."""
    bucket: Bucket
    remaining_seconds: Callable[[], float]


def process_batch(batch: Batch, records: Sequence[Mapping[str, Any]]) -> tuple[list[str], Counter[str]]:
    """The queue ids of the webhooks that have to come again, and how many items of each kind were handled."""
    left: list[str] = []
    seen: Counter[str] = Counter()
    for number, record in enumerate(records):
        if number and batch.remaining_seconds() < _ENOUGH_SECONDS:
            left.append(_given_back(batch, record, 0))
            continue
        try:
            delivery = read_delivery(record, batch.bucket)
            seen += _handled(batch, delivery)
        except Exception as error:  # noqa: BLE001  # the queue keeps it, and gives up on it in the end
            log_failure("A webhook will be processed again", error, queue_id=record["messageId"])
            receives = int(record["attributes"]["ApproximateReceiveCount"])
            left.append(_given_back(batch, record, seconds_until_next_try(receives)))
    return left, seen


def _handled(batch: Batch, delivery: Delivery) -> Counter[str]:
    """A large body is split and done with; its parts come from the queue."""
    parts = parts_of(delivery.body)
    if not parts:
        return process_body(batch.inbox, delivery.ref, delivery.body, delivery.arrival)
    batch.outbox.put(as_messages(delivery, parts, batch.bucket))
    return Counter(split=1)


def _given_back(batch: Batch, record: Mapping[str, Any], wait_seconds: int) -> str:
    queue_id = str(record["messageId"])
    batch.queue.give_back(record["receiptHandle"], wait_seconds, queue_id=queue_id)
    return queue_id
