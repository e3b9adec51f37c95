"""`Retry-After` (RFC 9110): seconds, or a date."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST_SECONDS = 300.0
"""Nobody waits longer because of one header."""


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """None without the header, or with one that says nothing. `headers` are looked up in lower case.

    A date is counted from the answer's own `Date`: the provider's clock need not agree with ours.
    """
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked[:9]), MOST_SECONDS)
    until, now = _date(asked), _date(headers.get("date", ""))
    if until is None or now is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), MOST_SECONDS)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
