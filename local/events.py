"""Remembers what was published on the bus, so that a person or a test can look at it."""

import json
import threading
from collections import deque
from typing import Any

from local.aws import ACCOUNT, Aws
from local.deploy import Deployment

_NAME = "kanal-local-events"
_KEPT = 10_000


class EventFeed:
    """A rule on the bus fills a queue, which is emptied into memory. Events of earlier runs are not kept."""

    def __init__(self, aws: Aws, deployment: Deployment) -> None:
        self._aws = aws
        self._events: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._draining = threading.Lock()
        self._queue_url = self._subscribe(deployment.physical[deployment.single("AWS::Events::EventBus")])

    def _subscribe(self, bus: str) -> str:
        url = self._aws.sqs.create_queue(QueueName=_NAME)["QueueUrl"]
        queue = self._aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        everything = json.dumps({"account": [ACCOUNT]})
        self._aws.events.put_rule(Name=_NAME, EventBusName=bus, EventPattern=everything)
        target: Any = {"Id": "feed", "Arn": queue["Attributes"]["QueueArn"]}
        self._aws.events.put_targets(Rule=_NAME, EventBusName=bus, Targets=[target])
        return url

    def drain(self) -> None:
        """Fetch what has arrived since; safe to call from several threads."""
        with self._draining:
            while messages := self._receive():
                for message in messages:
                    self._events.append(json.loads(message["Body"]))
                entries: Any = [
                    {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                    for place, message in enumerate(messages)
                ]
                self._aws.sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)

    def _receive(self) -> Any:
        answer = self._aws.sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10)
        return answer.get("Messages", [])

    def latest(self, detail_type: str | None, limit: int) -> list[dict[str, Any]]:
        """The last `limit` of them, oldest first, as EventBridge delivers them."""
        self.drain()
        found = [event for event in list(self._events) if detail_type in {None, event["detail-type"]}]
        return found[-limit:]
