"""The queue between accepting and sending: FIFO, one group a contact, so that a contact's messages keep
their order.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from kanal.aws.queue import Queue
from kanal.errors import QueueUnavailable
from kanal.ids import ChannelId, ChannelRef, ContactId, MediaId, MessageId, WorkspaceId
from kanal.messages.model import Message
from kanal.sending.content.media import media_ids


class SendQueue(Queue):
    def put(self, message: Message, person: ContactId) -> None:
        """`person` is the contact as a whole, whose messages keep their order, whatever part of it is meant.

        A repetition within five minutes is dropped by the queue, a later one by the claim. Raises
        QueueUnavailable.
        """
        ref = message.ref
        body: dict[str, Any] = {
            "workspace_id": ref.workspace_id,
            "channel_id": ref.channel_id,
            "message_id": message.id,
        }
        if uploads := media_ids(message.type, message.content):
            body["media_ids"] = uploads
        try:
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=json.dumps(body),
                MessageGroupId=person,
                MessageDeduplicationId=message.id,
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(
                "The message is stored but could not be queued."
                " Repeat the request with the same Idempotency-Key."
            ) from error


@dataclass(frozen=True)
class Job:
    """One received queue message: which message to send, and how often it came."""

    ref: ChannelRef
    message_id: MessageId
    group: str
    receipt_handle: str
    queue_id: str
    receives: int
    """How often the queue has shown it, this time included."""
    queued_at: datetime
    media_ids: Sequence[MediaId] = ()
    """The uploads that the message names."""

    @property
    def may_be_repeated(self) -> bool:
        return self.receives > 1


def job_of(record: Mapping[str, Any]) -> Job:
    """Reads a record of the queue's event."""
    body = json.loads(record["body"])
    attributes = record["attributes"]
    return Job(
        ref=ChannelRef(WorkspaceId(body["workspace_id"]), ChannelId(body["channel_id"])),
        message_id=MessageId(body["message_id"]),
        group=attributes["MessageGroupId"],
        receipt_handle=record["receiptHandle"],
        queue_id=record["messageId"],
        receives=int(attributes["ApproximateReceiveCount"]),
        queued_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        media_ids=[MediaId(media_id) for media_id in body.get("media_ids", ())],
    )
