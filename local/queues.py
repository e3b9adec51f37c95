"""What waits in the template's queues, and moving dead letters back."""

import json
from dataclasses import dataclass
from typing import Any

from local.aws import Aws
from local.deploy import Deployment

_WAITING = "ApproximateNumberOfMessages"
_IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"
_DELAYED = "ApproximateNumberOfMessagesDelayed"


class UnknownQueueError(Exception):
    """No queue of the template has that name, or it has no dead-letter queue."""


@dataclass(frozen=True)
class _Queue:
    logical_id: str
    url: str
    dead_letter: str | None

    @property
    def name(self) -> str:
        return self.url.rsplit("/", 1)[-1]


class Queues:
    def __init__(self, aws: Aws, deployment: Deployment) -> None:
        self._aws = aws
        found = deployment.of_type("AWS::SQS::Queue")
        dead_letters = {logical: _dead_letter_of(properties) for logical, properties in found.items()}
        self._queues = {
            logical: _Queue(logical, deployment.physical[logical], dead_letters[logical]) for logical in found
        }
        self._sources = {dead: logical for logical, dead in dead_letters.items() if dead}

    def counts(self) -> list[dict[str, Any]]:
        """One row a queue; the dead letters stand with the queue that they come from."""
        return [self._row(queue) for queue in self._queues.values() if queue.logical_id not in self._sources]

    def _row(self, queue: _Queue) -> dict[str, Any]:
        own = self._attributes(queue)
        dead = self._attributes(self._queues[queue.dead_letter]) if queue.dead_letter else {}
        return {
            "name": queue.logical_id,
            "queue_name": queue.name,
            "waiting": own[_WAITING],
            "delayed": own[_DELAYED],
            "in_flight": own[_IN_FLIGHT],
            "dead_letter_queue": queue.dead_letter,
            "dead_lettered": dead.get(_WAITING, 0) + dead.get(_IN_FLIGHT, 0),
        }

    def _attributes(self, queue: _Queue) -> dict[str, int]:
        names: Any = [_WAITING, _IN_FLIGHT, _DELAYED]
        answer = self._aws.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)
        return {name: int(value) for name, value in answer["Attributes"].items() if name in names}

    def redrive(self, name: str) -> int:
        """Move every waiting dead letter back to its queue; `name` is either of the two, logical or physical.

        By hand, as MiniStack has no StartMessageMoveTask. Raises UnknownQueueError.
        """
        source, dead = self._pair(name)
        moved = 0
        remaining = self._attributes(dead)[_WAITING]
        while moved < remaining and (messages := self._receive(dead, remaining - moved)):
            for message in messages:
                self._aws.sqs.send_message(QueueUrl=source.url, **_copy(message))
                self._aws.sqs.delete_message(QueueUrl=dead.url, ReceiptHandle=message["ReceiptHandle"])
            moved += len(messages)
        return moved

    def _pair(self, name: str) -> tuple[_Queue, _Queue]:
        for queue in self._queues.values():
            if name in {queue.logical_id, queue.name}:
                source = self._queues[self._sources.get(queue.logical_id, queue.logical_id)]
                if source.dead_letter:
                    return source, self._queues[source.dead_letter]
                raise UnknownQueueError(f"The queue {name} has no dead-letter queue.")
        known = ", ".join(sorted(self._queues))
        raise UnknownQueueError(f"The template has no queue {name}. It has: {known}.")

    def _receive(self, queue: _Queue, most: int) -> Any:
        answer = self._aws.sqs.receive_message(
            QueueUrl=queue.url,
            MaxNumberOfMessages=min(most, 10),
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages", [])


def _copy(message: dict[str, Any]) -> dict[str, Any]:
    """The same message for another queue, with a new deduplication id: the first one may still count."""
    attributes = message.get("Attributes", {})
    group = attributes.get("MessageGroupId")
    copy: dict[str, Any] = {"MessageBody": message["Body"]}
    if message.get("MessageAttributes"):
        copy["MessageAttributes"] = message["MessageAttributes"]
    if group:
        copy["MessageGroupId"] = group
    if group and "MessageDeduplicationId" in attributes:
        copy["MessageDeduplicationId"] = message["MessageId"]
    return copy


def _dead_letter_of(properties: Any) -> str | None:
    """The logical id that the redrive policy names."""
    policy = properties.get("RedrivePolicy", {})
    policy = json.loads(policy) if isinstance(policy, str) else policy
    target = policy.get("deadLetterTargetArn", {})
    attribute = target.get("Fn::GetAtt") if isinstance(target, dict) else None
    if not attribute:
        return None
    return str(attribute[0] if isinstance(attribute, list) else attribute.split(".")[0])
