"""MediaQueue: fetches the files of messages that came in."""

from typing import Any

from kanal import composition
from kanal.inbox.fetch import fetch_jobs
from kanal.media.jobs import job_of


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    parts = composition.fetching(lambda: context.get_remaining_time_in_millis() / 1000)
    left = fetch_jobs(parts, composition.media_queue(), [job_of(record) for record in event["Records"]])
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in left]}
