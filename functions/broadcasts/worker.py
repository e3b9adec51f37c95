"""BroadcastQueue: imports, feeds and counts broadcasts, a step at a time."""

from typing import Any

from kanal import broadcast_composition as composition
from kanal.broadcasts.jobs import job_of
from kanal.broadcasts.steps import take_steps


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    left = take_steps(composition.stepping(), [job_of(record) for record in event["Records"]])
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in left]}
