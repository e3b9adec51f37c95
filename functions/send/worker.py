"""SendQueue: sends what waits in the lines of the channels whose turn it is."""

from datetime import timedelta
from typing import Any

from kanal import composition
from kanal.clock import utc_now
from kanal.sending.queue import turn_of
from kanal.sending.turns import work_off


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    deadline = utc_now() + timedelta(milliseconds=context.get_remaining_time_in_millis())
    left = work_off(composition.draining(deadline), [turn_of(record) for record in event["Records"]])
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in left]}
