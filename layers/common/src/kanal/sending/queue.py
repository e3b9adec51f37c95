"""The queue of turns: each says that a channel's line has something to send, and nothing of what it is.

A turn that comes twice, too early or for nothing does no harm; what waits lies in the lines.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from kanal.aws.outbox import Outbox, Outgoing
from kanal.aws.queue import LONGEST_DELAY, Queue, delay_seconds
from kanal.errors import QueueUnavailable
from kanal.ids import ChannelRef
from kanal.messages.waiting import Place
from kanal.sending.lineleases import Track
from kanal.times import epoch_microseconds


@dataclass(frozen=True)
class Turn:
    """One received queue message. Without `tracks`, all lines of the channel are meant."""

    ref: ChannelRef
    tracks: frozenset[Track]
    at: int | None
    """When it was to come, if later than at once: microseconds since 1970."""
    receipt_handle: str
    queue_id: str


class SendQueue(Queue):
    def put(self, ref: ChannelRef, place: Place) -> None:
        """A message has entered a line. Raises QueueUnavailable."""
        try:
            self.put_turn(ref, (place.lane, place.line))
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(
                "The message is stored but could not be queued."
                " Repeat the request with the same Idempotency-Key."
            ) from error

    def put_turns(self, ref: ChannelRef) -> None:
        """All lines of the channel may have something to send."""
        self._send(ref, ())

    def put_turns_of(self, refs: Sequence[ChannelRef]) -> None:
        """The same for many channels. Raises QueueUnavailable."""
        Outbox(self._url, self._client).put([Outgoing(turn_body(ref, ()), ref.channel_id) for ref in refs])

    def put_turn(self, ref: ChannelRef, track: Track) -> None:
        self._send(ref, [track])

    def pass_on(self, ref: ChannelRef, tracks: Collection[Track], at: datetime, now: datetime) -> datetime:
        """A turn for later; when it comes, as a very late one comes early and has to be passed on again."""
        comes = min(at, now + LONGEST_DELAY)
        self._send(ref, tracks, delay_seconds(comes - now), epoch_microseconds(comes))
        return comes

    def _send(
        self, ref: ChannelRef, tracks: Collection[Track], delay_seconds: int = 0, at: int | None = None
    ) -> None:
        """The group makes the queue serve channels with few turns before those with many."""
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=turn_body(ref, tracks, at),
            MessageGroupId=ref.channel_id,
            DelaySeconds=delay_seconds,
        )

    def others_wait(self) -> bool:
        """Whether turns wait that nobody has taken; by and large, as SQS counts."""
        answer = self._client.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return answer["Attributes"]["ApproximateNumberOfMessages"] != "0"


def turn_body(ref: ChannelRef, tracks: Collection[Track], at: int | None = None) -> str:
    where = {"tracks": sorted(tracks)} if tracks else {}
    return json.dumps({**vars(ref), **where, **({"at": at} if at else {})})


def turn_of(record: Mapping[str, Any]) -> Turn:
    """Reads a record of the queue's event."""
    body = json.loads(record["body"])
    tracks = frozenset((lane, line) for lane, line in body.get("tracks", ()))
    return Turn(
        ChannelRef.named_in(body), tracks, body.get("at"), record["receiptHandle"], record["messageId"]
    )
