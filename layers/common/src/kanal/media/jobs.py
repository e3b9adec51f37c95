"""The queue of files to fetch. Fair: a channel that waits holds up no other."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kanal.aws.queue import Queue
from kanal.ids import ChannelRef, MessageId


@dataclass(frozen=True)
class Job:
    """One received queue message: the message whose file is to be fetched, and how often it came."""

    ref: ChannelRef
    message_id: MessageId
    receipt_handle: str
    queue_id: str
    receives: int


class MediaQueue(Queue):
    def put(self, ref: ChannelRef, message_id: MessageId) -> None:
        """A repetition does no harm: a file is stored once."""
        body = {"workspace_id": ref.workspace_id, "channel_id": ref.channel_id, "message_id": message_id}
        self._client.send_message(
            QueueUrl=self._url, MessageBody=json.dumps(body), MessageGroupId=ref.channel_id
        )


def job_of(record: Mapping[str, Any]) -> Job:
    """Reads a record of the queue's event."""
    body = json.loads(record["body"])
    return Job(
        ref=ChannelRef.named_in(body),
        message_id=MessageId(body["message_id"]),
        receipt_handle=record["receiptHandle"],
        queue_id=record["messageId"],
        receives=int(record["attributes"]["ApproximateReceiveCount"]),
    )
