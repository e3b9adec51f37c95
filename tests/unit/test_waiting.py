"""How long the sender waits before it tries a message again."""

import pytest

from kanal.sending.deliver import _wait_seconds as wait_seconds


@pytest.mark.parametrize(
    ("attempts", "shortest", "longest"),
    [(1, 0.5, 1), (2, 1, 2), (3, 2, 4), (8, 64, 128), (9, 128, 256), (10, 150, 300), (10_000, 150, 300)],
)
def test_the_wait_doubles_up_to_five_minutes_and_its_upper_half_is_random(
    attempts: int, shortest: float, longest: float
) -> None:
    """A throttled channel is not hammered, and its messages do not come back all at once."""
    assert wait_seconds(attempts, None, 0.0) == shortest
    assert wait_seconds(attempts, None, 1.0) == longest
    assert shortest < wait_seconds(attempts, None, 0.5) < longest


@pytest.mark.parametrize(
    ("asked_for", "waits"), [(0.0, 1.0), (0.2, 1.0), (60.0, 60.0), (300.0, 300.0), (10_800.0, 10_800.0)]
)
def test_the_provider_may_ask_for_more(asked_for: float, waits: float) -> None:
    """`Retry-After` is respected (five minutes of it, see test_retry_after), and so are the hours for which
    WhatsApp pauses a template: asking every five minutes would only bring more refusals.
    """
    assert wait_seconds(1, asked_for, 1.0) == waits
