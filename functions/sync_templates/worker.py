"""TemplateSyncQueue: syncs the templates of one channel."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from kanal import composition
from kanal.errors import KanalError
from kanal.observability import failures_logged, logger
from kanal.templates.jobs import ref_of
from kanal.templates.sync import sync_templates

_processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, _sync, _processor, context)


def _sync(record: SQSRecord) -> None:
    """A job that can only fail again ends here: the schedule makes another, and the channel's state tells."""
    ref = ref_of(record.body)
    try:
        with failures_logged("Templates not synced", channel_id=ref.channel_id):
            report = sync_templates(composition.syncing(), ref)
    except KanalError as error:
        if error.retryable:
            raise
    else:
        logger.info("Templates synced", extra={"channel_id": ref.channel_id, "report": report})
