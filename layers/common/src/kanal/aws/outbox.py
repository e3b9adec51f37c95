"""A queue from its writing side: many messages at once, and none of them lost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kanal.errors import QueueUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_MESSAGES_PER_CALL = 10
_BYTES_PER_CALL = 256 * 1024
"""Of all messages of a call together, in every version of SQS; attributes count."""
_TRIES = 3


@dataclass(frozen=True)
class Outgoing:
    """`group` spreads the queue's attention fairly; the order of messages is not kept."""

    body: str
    group: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: int = 0
    """SQS shows it only then; 900 at most."""

    @property
    def size(self) -> int:
        """In bytes, as SQS counts: names, types and values of the attributes are part of it."""
        attributes = sum(len(f"{name}String{value}".encode()) for name, value in self.attributes.items())
        return len(self.body.encode()) + attributes


class Outbox:
    def __init__(self, url: str, client: "SQSClient") -> None:
        self._url = url
        self._client = client

    def put(self, messages: Sequence[Outgoing]) -> None:
        """Raises QueueUnavailable when the queue refused any of them again and again; putting all of them
        again is then right, as whatever reads a queue of ours is idempotent.
        """
        for call in _calls(messages):
            self._send(call)

    def _send(self, messages: Sequence[Outgoing]) -> None:
        entries = [_entry(number, message) for number, message in enumerate(messages)]
        codes: set[str] = set()
        for _ in range(_TRIES):
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            refused = {refusal["Id"]: refusal["Code"] for refusal in answer.get("Failed", [])}
            if not refused:
                return
            codes = set(refused.values())
            entries = [entry for entry in entries if entry["Id"] in refused]
        raise QueueUnavailable(
            f"{len(entries)} messages were not taken by the queue: {', '.join(sorted(codes))}"
        )


def _entry(number: int, message: Outgoing) -> "SendMessageBatchRequestEntryTypeDef":
    return {
        "Id": str(number),
        "MessageBody": message.body,
        "MessageGroupId": message.group,
        "DelaySeconds": message.delay_seconds,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()
        },
    }


def _calls(messages: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """By count and by size, as SendMessageBatch limits both."""
    call: list[Outgoing] = []
    room = _BYTES_PER_CALL
    for message in messages:
        if call and (len(call) == _MESSAGES_PER_CALL or message.size > room):
            yield call
            call, room = [], _BYTES_PER_CALL
        call.append(message)
        room -= message.size
    if call:
        yield call
