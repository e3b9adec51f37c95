"""InboundQueue: applies webhook bodies, item by item."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from kanal import composition
from kanal.inbox.process import process_body
from kanal.inbox.queued import read_delivery
from kanal.observability import count, failures_logged, metrics

_processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, _apply, _processor, context)


def _apply(record: SQSRecord) -> None:
    with failures_logged("A webhook will be processed again", queue_id=record.message_id):
        delivery = read_delivery(record.raw_event, composition.bucket())
        seen = process_body(composition.inbox(), delivery.ref, delivery.body, delivery.arrival)
    for kind, number in seen.items():
        count(f"Inbound.{kind}", number)
