"""How long the provider asks us to wait."""

import pytest

from kanal.providers.retryafter import MOST_SECONDS, retry_after_seconds

_DATE = "Fri, 20 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("86400", MOST_SECONDS),
        ("9" * 400, MOST_SECONDS),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30),
        ("Friday, 20-Nov-26 12:01:00 GMT", 60),
        ("Fri, 20 Nov 2026 11:59:00 GMT", 0),
        ("Sat, 21 Nov 2026 12:00:00 GMT", MOST_SECONDS),
        ("Fri, 20 Nov 2026 12:00:30", 30),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("Fri, 99 Nov 2026 12:00:00 GMT", None),
    ],
)
def test_seconds_and_dates_are_understood_and_nobody_waits_for_ever(
    asked: str, seconds: float | None
) -> None:
    """A date is counted from the provider's own clock."""
    assert retry_after_seconds({"retry-after": asked, "date": _DATE}) == seconds


def test_a_date_without_the_providers_own_time_says_nothing() -> None:
    """Our clock may differ from theirs by more than they ask for."""
    assert retry_after_seconds({"retry-after": _DATE}) is None
    assert retry_after_seconds({}) is None
