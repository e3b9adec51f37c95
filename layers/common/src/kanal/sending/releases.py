"""The queue of releases: a message whose time comes, or a contact who wrote and for whom messages wait.

Standard, with a delay for each; one that comes twice, or for nothing, does no harm.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kanal.aws.outbox import Outbox, Outgoing
from kanal.aws.queue import Queue, delay_seconds
from kanal.ids import ChannelRef, ContactId, MessageId
from kanal.sending.due import Due
from kanal.times import parse_rfc3339, rfc3339

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class Replied:
    """A contact wrote for whom messages wait, or may wait."""

    ref: ChannelRef
    contact_id: ContactId


@dataclass(frozen=True)
class Release:
    """One received queue message."""

    what: Due | Replied
    receipt_handle: str
    queue_id: str
    receives: int


class ReleaseQueue(Queue):
    def __init__(self, url: str, client: "SQSClient") -> None:
        super().__init__(url, client)
        self._outbox = Outbox(url, client)

    def put(self, dues: Sequence[Due], now: datetime) -> None:
        """Each comes when its time does. `dues` lie at most LONGEST_DELAY ahead. Raises QueueUnavailable."""
        self._outbox.put(
            [
                Outgoing(_body_of_due(due), due.ref.channel_id, delay_seconds=delay_seconds(due.at - now))
                for due in dues
            ]
        )

    def put_replied(self, ref: ChannelRef, contact_id: ContactId) -> None:
        """Raises QueueUnavailable."""
        body = json.dumps({"kind": "replied", **vars(ref), "contact_id": contact_id})
        self._outbox.put([Outgoing(body, ref.channel_id)])


def release_of(record: Mapping[str, Any]) -> Release:
    """Reads a record of the queue's event."""
    body = json.loads(record["body"])
    ref = ChannelRef.named_in(body)
    receives = int(record["attributes"]["ApproximateReceiveCount"])
    return Release(_READ[body["kind"]](ref, body), record["receiptHandle"], record["messageId"], receives)


def _body_of_due(due: Due) -> str:
    return json.dumps(
        {
            "kind": "due",
            **vars(due.ref),
            "message_id": due.message_id,
            "at": rfc3339(due.at),
            "noted_at": rfc3339(due.noted_at),
        }
    )


def _due(ref: ChannelRef, body: Mapping[str, Any]) -> Due:
    at, noted_at = parse_rfc3339(body["at"]), parse_rfc3339(body["noted_at"])
    return Due(ref, MessageId(body["message_id"]), at, noted_at)


def _replied(ref: ChannelRef, body: Mapping[str, Any]) -> Replied:
    return Replied(ref, ContactId(body["contact_id"]))


_READ: Mapping[str, Callable[[ChannelRef, Mapping[str, Any]], Due | Replied]] = {
    "due": _due,
    "replied": _replied,
}
