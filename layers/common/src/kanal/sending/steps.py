"""What a look at a message comes to, when its time has come: a table over its stage and what it waits for."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from kanal.messages.model import Message
from kanal.messages.waiting import OnUnconfirmed, WaitReason

Step = Literal["go_on", "wake", "expire", "resend", "fail", "tell", "leave"]
"""`go_on`: what waited outside goes on to a line; `wake`: it stands in one, which gets another turn; `tell`:
an earlier look ended it, and may have died before it said so.
"""

GRACE = timedelta(minutes=10)
"""How long a status may take to settle a doubt. They come within seconds, but for a webhook that was not
taken at first and comes again with growing delays.
"""
MOST_RESENDS = 5
"""The sixth doubt in a row stays one: something else is wrong, and the contact may have got five copies."""

_GOES_ON: Mapping[WaitReason | None, Step] = {
    None: "wake",
    "scheduled_for": "go_on",
    "template_paused": "go_on",
    "awaiting_reply": "leave",
}
_OF_DOUBT: Mapping[OnUnconfirmed, Step] = {"hold": "leave", "resend": "resend", "fail": "fail"}


def step_of(message: Message, now: datetime) -> Step | datetime:
    """A time where it is too early: then it has to be looked at again."""
    if message.stage == "queued":
        return _of_queued(message, now)
    if message.stage == "unconfirmed" and message.wamid is None:
        return _of_unconfirmed(message, now)
    if message.stage == "expired" or (message.stage == "failed" and message.wishes.on_unconfirmed == "fail"):
        return "tell"
    return "leave"


def grace_of(message: Message) -> timedelta:
    """Longer each time, so that not many copies are under way when the provider is in trouble."""
    return GRACE * (1 << message.resends)


def _of_queued(message: Message, now: datetime) -> Step | datetime:
    if _is_worthless(message, now):
        return "expire"
    waiting = message.waiting
    step = _GOES_ON.get(waiting.reason if waiting else None, "leave")
    if step == "go_on" and waiting and waiting.until and waiting.until > now:
        return waiting.until
    return step


def _of_unconfirmed(message: Message, now: datetime) -> Step | datetime:
    step = _OF_DOUBT[message.wishes.on_unconfirmed]
    if step == "resend" and (_is_worthless(message, now) or message.resends >= MOST_RESENDS):
        return "leave"
    if step != "leave" and message.ended_at and message.ended_at + grace_of(message) > now:
        return message.ended_at + grace_of(message)
    return step


def _is_worthless(message: Message, now: datetime) -> bool:
    return message.wishes.expires_at is not None and message.wishes.expires_at <= now
