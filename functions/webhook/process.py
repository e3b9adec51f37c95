"""InboundQueue: applies webhook bodies, item by item."""

from typing import Any

from kanal import composition
from kanal.inbox.batch import Batch, process_batch
from kanal.observability import count, metrics


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    batch = Batch(
        composition.inbox(),
        composition.inbound_queue(),
        composition.inbound_outbox(),
        composition.bucket(),
        lambda: context.get_remaining_time_in_millis() / 1000,
    )
    left, seen = process_batch(batch, event["Records"])
    count("Inbound.given_back", len(left))
    for kind, number in seen.items():
        count(f"Inbound.{kind}", number)
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in left]}
