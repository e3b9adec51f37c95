"""The customer service window at its edges."""

from datetime import UTC, datetime, timedelta

import pytest

from kanal.windows.rules import (
    OPENS_WINDOW,
    Window,
    free_entry_started,
    later,
    opened_until,
)

_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_DAY = timedelta(hours=24)
_TICK = timedelta(microseconds=1)
_OPENING = {
    *("text", "image", "video", "audio", "document", "sticker", "location", "contacts"),
    *("interactive", "button", "order", "request_welcome"),
    *("call from the user", "accepted business call"),
}
_NOT_OPENING = {
    *("reaction", "system", "unsupported", "edit", "revoke"),
    *("group message", "echo", "history", "standby", "other call event", "automatic reply"),
}


def test_every_known_type_of_message_is_decided() -> None:
    """Promise 7: a type that is added to the table is added here too, with a reason."""
    assert set(OPENS_WINDOW) == _OPENING | _NOT_OPENING


@pytest.mark.parametrize("row", OPENS_WINDOW)
def test_every_row_opens_what_it_says_and_names_its_source(row: str) -> None:
    """Promise 7: whether something opens a window is never a guess nobody can trace."""
    assert (opened_until(row, _AT) == _AT + _DAY) is OPENS_WINDOW[row].opens
    assert OPENS_WINDOW[row].source.split(", ")[0].split(":")[0] in (
        *("WhatsApp", "practice", "inference", "unconfirmed"),
    )


@pytest.mark.parametrize(
    ("replied_after", "lasts"),
    [
        (timedelta(0), timedelta(hours=72)),
        (_DAY - _TICK, timedelta(hours=72)),
        (_DAY, None),
        (-_TICK, None),
    ],
)
def test_a_reply_within_a_day_of_a_referral_opens_72_hours_of_free_messages(
    replied_after: timedelta, lasts: timedelta | None
) -> None:
    """Counted from our reply; what was sent before the person came through the ad is no reply."""
    replied_at = _AT + replied_after
    assert free_entry_started(_AT, replied_at) == (lasts and replied_at + lasts)


@pytest.mark.parametrize("message_type", sorted(_OPENING))
def test_what_a_person_writes_or_taps_opens_24_hours(message_type: str) -> None:
    """Promise 7: counted from WhatsApp's own time of the message."""
    assert opened_until(message_type, _AT) == _AT + _DAY


@pytest.mark.parametrize("message_type", [*sorted(_NOT_OPENING), "invented_tomorrow", ""])
def test_everything_else_opens_nothing(message_type: str) -> None:
    """Promise 7: refusing costs a template, believing wrongly costs a failed message."""
    assert opened_until(message_type, _AT) is None


def test_a_message_without_a_time_opens_nothing() -> None:
    """The window follows from WhatsApp's clock, never from ours."""
    assert opened_until("text", None) is None


@pytest.mark.parametrize(
    ("passed", "is_open"),
    [
        (timedelta(0), True),
        (_DAY - _TICK, True),
        (_DAY, False),
        (_DAY + _TICK, False),
    ],
)
def test_a_window_ends_after_24_hours_exactly(passed: timedelta, is_open: bool) -> None:
    """Promise 7: the moment of the end is outside."""
    assert Window(opened_until("text", _AT)).is_open(_AT + passed) is is_open


def test_a_window_that_was_never_opened_is_closed() -> None:
    """Promise 7: nobody has written, so only a template may go."""
    assert not Window().is_open(_AT)
    assert not Window(closed_at=_AT).is_open(_AT)


@pytest.mark.parametrize(
    ("refused_after", "is_open"),
    [(-_TICK, True), (timedelta(0), False), (_TICK, False), (timedelta(hours=1), False)],
)
def test_a_refusal_closes_the_window_until_a_later_message(refused_after: timedelta, is_open: bool) -> None:
    """Promise 7: WhatsApp's 131047 overrules what we believed, and a message after it opens again."""
    window = Window(opened_until("text", _AT), closed_at=_AT + refused_after)
    assert window.is_open(_AT + timedelta(hours=2)) is is_open


@pytest.mark.parametrize(
    ("one", "other", "latest"),
    [
        (None, None, None),
        (_AT, None, _AT),
        (None, _AT, _AT),
        (_AT, _AT + _TICK, _AT + _TICK),
        (_AT + _TICK, _AT, _AT + _TICK),
    ],
)
def test_the_later_of_two_times_counts(
    one: datetime | None, other: datetime | None, latest: datetime | None
) -> None:
    """Promise 2: an older message that arrives later never shortens a window."""
    assert later(one, other) == latest
