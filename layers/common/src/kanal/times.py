"""How times are written and read."""

from datetime import UTC, datetime
from typing import Any

_YEAR_9999_SECONDS = 253_402_300_799
_MILLISECONDS_FROM = 100_000_000_000
"""A time this large is in milliseconds: in seconds it lies beyond the year 5000."""


def rfc3339(moment: datetime) -> str:
    """Fixed width, milliseconds, `Z`: text order is time order, which sort keys rely on."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_rfc3339(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def epoch_microseconds(moment: datetime) -> int:
    """Exact, unlike `timestamp()`: the pace is integer arithmetic."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_epoch(value: Any) -> datetime | None:
    """A time as WhatsApp writes it: number or text, in seconds and now and then in milliseconds. None for
    what is no such time.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return from_epoch_seconds(seconds)


def from_epoch_seconds(seconds: float) -> datetime | None:
    """Also of milliseconds, which their size gives away; None before 1970 and after the year 9999."""
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds <= _YEAR_9999_SECONDS else None
