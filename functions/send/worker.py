"""SendQueue: sends accepted messages at their channel's pace."""

from datetime import timedelta
from typing import Any

from kanal import composition
from kanal.clock import utc_now
from kanal.sending.batch import Batch, deliver_batch
from kanal.sending.queue import job_of


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    deadline = utc_now() + timedelta(milliseconds=context.get_remaining_time_in_millis())
    batch = Batch(composition.sending(), composition.pace(), composition.send_queue(), deadline)
    left = deliver_batch(batch, [job_of(record) for record in event["Records"]])
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in left]}
