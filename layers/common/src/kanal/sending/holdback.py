"""Claimed messages that do not go out after all, or not as they are: worthless by now, settled by a status,
or written to somebody whose window is closed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from kanal.aws.bus import Bus
from kanal.messages.events import outcomes
from kanal.messages.model import Attempt, Message
from kanal.sending.lastlook import Verdict, needs_window, verdict_on
from kanal.sending.placing import AWAITING_REPLY, Places, look_again, park
from kanal.sending.steps import grace_of
from kanal.windows.rules import Window

AroundWindow = Literal["again", "park"]
_RECORDING = timedelta(seconds=1)
"""More than lies between noting a look and recording what it is to look at."""


@dataclass(frozen=True)
class HoldingBack:
    """What that needs."""

    places: Places
    bus: Bus


def hold_back(parts: HoldingBack, message: Message, attempt: Attempt) -> tuple[Message, Verdict]:
    """The message and what to do with it: unless that is to send, it is done already."""
    verdict = verdict_on(message, _window(parts.places, message), parts.places.clock())
    if verdict == "send_fallback" and message.sent_as is None:
        message = parts.places.messages.attempts.record_fallback(message, attempt.id)
    if verdict in _INSTEAD:
        return message, _INSTEAD[verdict](parts, message, attempt)
    return message, verdict


def after_closed_window(parts: HoldingBack, message: Message, attempt: Attempt) -> AroundWindow | None:
    """The provider refused the message as its window is closed, whatever we believed. None: that stands.

    `again`: it is queued again, as the template that goes in its place, or because the contact has written
    since; `park`: it waits for a reply.
    """
    attempts = parts.places.messages.attempts
    if message.wishes.fallback and message.sent_as is None:
        attempts.record_requeued_as_template(message, attempt.id)
        return "again"
    if not message.wishes.parks_until_reply or message.type == "template":
        return None
    if park(parts.places, message):
        attempts.record_set_aside(message, attempt.id, AWAITING_REPLY)
        return "park"
    attempts.record_requeued(message, attempt.id)
    return "again"


def note_doubt(parts: HoldingBack, message: Message) -> None:
    """Before the message becomes `unconfirmed`: it is looked at again when a status would have come."""
    if message.wishes.on_unconfirmed != "hold":
        look_again(parts.places, message, parts.places.clock() + grace_of(message) + _RECORDING)


def _window(places: Places, message: Message) -> Window | None:
    if not needs_window(message):
        return None
    contact = places.contacts.get(message.ref, message.contact_id)
    return contact.window if contact else Window()


def _park(parts: HoldingBack, message: Message, attempt: Attempt) -> Verdict:
    """Unless the contact writes in this moment."""
    if not park(parts.places, message):
        return "send"
    parts.places.messages.attempts.record_set_aside(message, attempt.id, AWAITING_REPLY)
    return "park"


def _expire(parts: HoldingBack, message: Message, attempt: Attempt) -> Verdict:
    now = parts.places.clock()
    ended = parts.places.messages.attempts.record_ended(message, attempt.id, "expired", [], now)
    if ended.stage == "expired":
        parts.bus.publish(outcomes(ended))
    return "expire"


def _settle(parts: HoldingBack, message: Message, attempt: Attempt) -> Verdict:
    if message.wamid:
        attempts = parts.places.messages.attempts
        attempts.record_accepted(message, attempt.id, message.wamid, parts.places.clock())
    return "settled"


_INSTEAD: Mapping[Verdict, Callable[[HoldingBack, Message, Attempt], Verdict]] = {
    "park": _park,
    "expire": _expire,
    "settled": _settle,
}
