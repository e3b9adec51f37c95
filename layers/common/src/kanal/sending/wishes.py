"""What the options of a message come to: checked against the clock, and as they are kept with the message."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kanal.errors import FieldError, InvalidRequest
from kanal.messages.waiting import Wishes
from kanal.times import rfc3339

if TYPE_CHECKING:
    from kanal.sending.options import Options

FURTHEST = timedelta(days=30)
"""What is checked when a message is accepted says less the longer it waits: templates change, and WhatsApp
keeps files and takes references for 30 days.
"""


def check_times(options: "Options", now: datetime) -> None:
    """Raises InvalidRequest that names each time that cannot be."""
    if wrong := list(_wrong_times(options, now)):
        raise InvalidRequest(*wrong)


def wishes_of(options: "Options", now: datetime) -> Wishes:
    """A message that waits for a reply does not wait for ever."""
    parks = options.if_window_closed == "park_until_reply"
    last = (options.send_at or now) + FURTHEST if parks else None
    closed = options.asked().get("if_window_closed")
    return Wishes(
        lane=options.lane,
        send_at=options.send_at,
        expires_at=options.expires_at or last,
        on_unconfirmed=options.on_unconfirmed,
        parks_until_reply=parks,
        fallback=closed["template"] if isinstance(closed, dict) else None,
    )


def _wrong_times(options: "Options", now: datetime) -> Iterator[FieldError]:
    begin, end = options.send_at, options.expires_at
    if begin and begin <= now:
        words = f"lies in the past (it is {rfc3339(now)}); leave it out to send at once"
        yield FieldError("/send_at", words, "time_past")
    if begin and begin > now + FURTHEST:
        words = f"must lie at most {FURTHEST.days} days ahead, not after {rfc3339(now + FURTHEST)}"
        yield FieldError("/send_at", words, "time_too_far")
    first = max(now, begin) if begin else now
    if end and end <= first:
        what = "send_at" if begin and first == begin else "now"
        yield FieldError("/expires_at", f"must lie after {what} ({rfc3339(first)})", "time_past")
    if end and end > first + FURTHEST:
        words = f"must lie at most {FURTHEST.days} days later, not after {rfc3339(first + FURTHEST)}"
        yield FieldError("/expires_at", words, "time_too_far")
