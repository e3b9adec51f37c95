"""A queue from its reading side: giving back what cannot be finished now."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from kanal.observability import log_failure

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_DELAY = timedelta(minutes=15)
"""SQS's limit."""
_LONGEST_WAIT_SECONDS = 300


@dataclass(frozen=True)
class Done:
    """The queue can forget the message."""


@dataclass(frozen=True)
class Again:
    """The queue shows the message again after that many seconds."""

    after_seconds: float


def seconds_until_next_try(receives: int) -> int:
    """After trouble of our own: ten seconds the first time, twice as long each time, five minutes at most."""
    return min(5 << min(receives, 8), _LONGEST_WAIT_SECONDS)


def backoff_seconds(first: float, tries: int, longest: float, jitter: float) -> float:
    """Exponential from `first` at the first try, the upper half of it random (`jitter` from 0 to 1)."""
    return min(first * 2.0 ** min(tries - 1, 16), longest) * (0.5 + jitter / 2)


def delay_seconds(ahead: timedelta) -> int:
    """Of a message that is to come so far ahead, and not sooner; LONGEST_DELAY at most."""
    return math.ceil(min(max(ahead, timedelta(0)), LONGEST_DELAY) / timedelta(seconds=1))


class Queue:
    def __init__(self, url: str, client: "SQSClient") -> None:
        self._url = url
        self._client = client

    def give_back(self, receipt_handle: str, after_seconds: float, **ids: str) -> None:
        """A received message is shown again after that time; should this fail, all the same, only later.

        `ids` name it in the log.
        """
        try:
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=math.ceil(after_seconds)
            )
        except (BotoCoreError, ClientError) as error:
            log_failure("A queue message could not be given back at once", error, **ids)
