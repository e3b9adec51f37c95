"""The queue of steps of broadcasts. A step that comes twice, too late or for nothing does no harm.

Fair: each broadcast is a group of its own, so one with many steps holds up no other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from kanal.aws.queue import Queue, delay_seconds
from kanal.errors import QueueUnavailable
from kanal.ids import BroadcastId, ChannelRef

Kind = Literal["prepare", "import", "start", "feed", "count"]


@dataclass(frozen=True)
class Step:
    """`number` is the part to import or count, or which step of feeding it is."""

    ref: ChannelRef
    broadcast_id: BroadcastId
    kind: Kind
    number: int = 0


@dataclass(frozen=True)
class Job:
    """One received queue message."""

    step: Step
    receipt_handle: str
    queue_id: str
    receives: int


class BroadcastQueue(Queue):
    def put(self, step: Step, after: timedelta = timedelta(0)) -> None:
        """A step that has to wait longer than LONGEST_DELAY comes early, and is passed on. Raises
        QueueUnavailable.
        """
        body = {
            **vars(step.ref),
            "broadcast_id": step.broadcast_id,
            "kind": step.kind,
            "number": step.number,
        }
        try:
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=json.dumps(body),
                MessageGroupId=step.broadcast_id,
                DelaySeconds=delay_seconds(after),
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(
                "The broadcast is stored but its next step could not be queued. Repeat the request."
            ) from error


def job_of(record: Mapping[str, Any]) -> Job:
    """Reads a record of the queue's event."""
    body = json.loads(record["body"])
    return Job(
        step=Step(ChannelRef.named_in(body), BroadcastId(body["broadcast_id"]), body["kind"], body["number"]),
        receipt_handle=record["receiptHandle"],
        queue_id=record["messageId"],
        receives=int(record["attributes"]["ApproximateReceiveCount"]),
    )
