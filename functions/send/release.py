"""ReleaseQueue: messages whose time has come, and those that waited for a reply."""

from typing import Any

from kanal import composition
from kanal.sending.release import release_batch
from kanal.sending.releases import release_of


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    left = release_batch(composition.releasing(), [release_of(record) for record in event["Records"]])
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in left]}
