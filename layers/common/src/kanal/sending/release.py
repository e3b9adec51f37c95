"""Looks at messages whose time has come, and lets those go on whose contact has written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from kanal.aws.bus import Bus
from kanal.aws.queue import Again, Done, seconds_until_next_try
from kanal.ids import ContactId
from kanal.messages.events import outcomes
from kanal.messages.model import Message
from kanal.observability import log_failure
from kanal.sending.due import ARRIVES_WITHIN, Due
from kanal.sending.placing import Places, enter, free_seat, leave, let_go, look_again
from kanal.sending.releases import Release, Replied
from kanal.sending.steps import Step, step_of

_MESSAGE_FOLLOWS_SECONDS = 5.0


@dataclass(frozen=True)
class Releasing:
    """What releasing needs."""

    places: Places
    bus: Bus


def release_batch(parts: Releasing, releases: Sequence[Release]) -> list[str]:
    """The queue ids of those that have to come again."""
    left = []
    for release in releases:
        ending = _release(parts, release)
        if isinstance(ending, Again):
            queue = parts.places.releases
            queue.give_back(release.receipt_handle, ending.after_seconds, queue_id=release.queue_id)
            left.append(release.queue_id)
    return left


def _release(parts: Releasing, release: Release) -> Done | Again:
    try:
        if isinstance(release.what, Replied):
            return _let_go(parts, release.what)
        return look_at(parts, release.what)
    except Exception as error:  # noqa: BLE001  # the queue keeps it, and gives up on it in the end
        log_failure("A release will be tried again", error, queue_id=release.queue_id)
        return Again(seconds_until_next_try(release.receives))


def look_at(parts: Releasing, due: Due) -> Done | Again:
    """Does what the message's state asks for now. Idempotent; the list forgets the look last of all."""
    places = parts.places
    if (ahead := (due.at - places.clock()).total_seconds()) > 0:
        return Again(ahead)
    message = places.messages.get(due.ref, due.message_id)
    if message is None and places.clock() - due.noted_at < ARRIVES_WITHIN:
        return Again(_MESSAGE_FOLLOWS_SECONDS)
    if message:
        step = step_of(message, places.clock())
        if isinstance(step, datetime):
            look_again(places, message, step)
        else:
            _STEPS[step](parts, message)
    places.due.remove(due)
    return Done()


def _let_go(parts: Releasing, replied: Replied) -> Done | Again:
    is_done = let_go(parts.places, replied.ref, replied.contact_id)
    return Done() if is_done else Again(_MESSAGE_FOLLOWS_SECONDS)


# --- steps ---


def _go_on(parts: Releasing, message: Message) -> None:
    if message.waiting and message.waiting.reason == "scheduled_for":
        let_go(parts.places, message.ref, message.contact_id)
        return
    enter(parts.places, message, _person(parts, message), parts.places.messages.moves.enter)


def _wake(parts: Releasing, message: Message) -> None:
    """It entered a line, perhaps by an earlier look that died before it said so."""
    if message.place:
        parts.places.queue.put(message.ref, message.place)
    if message.wishes.send_at:
        free_seat(parts.places, message)


def _expire(parts: Releasing, message: Message) -> None:
    message, _ = parts.places.messages.moves.end(message, "expired", parts.places.clock())
    if message.stage == "expired":
        _tell(parts, message)


def _resend(parts: Releasing, message: Message) -> None:
    """At least once was asked for."""
    if message.attempt is None:
        return
    again = partial(parts.places.messages.moves.send_again, attempt=message.attempt)
    enter(parts.places, message, _person(parts, message), again)


def _person(parts: Releasing, message: Message) -> ContactId:
    contact = parts.places.contacts.get(message.ref, message.contact_id)
    return contact.id if contact else message.contact_id


def _fail(parts: Releasing, message: Message) -> None:
    if message.attempt is None:
        return
    words = "Nobody knows whether WhatsApp took the message. It was to count as failed then."
    advice = "It may have arrived all the same. Whoever sends it again uses a new Idempotency-Key."
    error = {"code": "unconfirmed", "title": words, "message": words, "advice": advice}
    now = parts.places.clock()
    message, _ = parts.places.messages.moves.give_up(message, message.attempt, error, now)
    if message.stage == "failed":
        _tell(parts, message)


def _tell(parts: Releasing, message: Message) -> None:
    leave(parts.places, message)
    parts.bus.publish(outcomes(message))


def _leave(parts: Releasing, message: Message) -> None:
    """It was sent, or ended, or waits for something else."""


_STEPS: Mapping[Step, Callable[[Releasing, Message], None]] = {
    "go_on": _go_on,
    "wake": _wake,
    "expire": _expire,
    "resend": _resend,
    "fail": _fail,
    "tell": _tell,
    "leave": _leave,
}
