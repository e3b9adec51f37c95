"""Why a queued message waits, and until when. Pure: what is known of its line goes in."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from kanal.channels.model import Channel
from kanal.messages.model import Message
from kanal.messages.waiting import Place, Waiting
from kanal.sending.lines import LINES, Entry

FRONT = 25
"""Entries at the front of a line that are looked at. What was put off stays there while others leave."""


def waiting_of(message: Message, channel: Channel, front: Sequence[Entry], now: datetime) -> Waiting | None:
    """None if the message does not wait. `front` are the first entries of its line."""
    if message.stage != "queued":
        return None
    if message.waiting:
        return message.waiting
    if channel.state != "active":
        return Waiting("channel_paused")
    if message.place is None:
        return None
    return _put_off(message, front, now) or Waiting("channel_pace", _turn(message.place, channel, front, now))


def _put_off(message: Message, front: Sequence[Entry], now: datetime) -> Waiting | None:
    """It was tried and has to wait, or stands behind an earlier one to the same contact that has to."""
    own = next((entry for entry in front if entry.message_id == message.id), None)
    if own is None:
        return None
    for entry in front:
        waits = entry.not_before and entry.not_before > now and entry.contact_id == own.contact_id
        if waits and entry.waits_for and entry.place.number <= own.place.number:
            return Waiting(entry.waits_for, entry.not_before)
    return None


def _turn(place: Place, channel: Channel, front: Sequence[Entry], now: datetime) -> datetime:
    """An estimate: as if all lines were as long as this one, and nothing else were sent.

    It is right for a long backlog of one lane. With few messages, of which most stand in other lines or none
    do, it is up to eight times too early or too late; bulk takes longer while replies are sent.
    """
    ahead = place.number - front[0].place.number if front else 0
    return now + timedelta(seconds=max(ahead, 0) * LINES / channel.messages_per_second)
