"""How times are written and read."""

from datetime import UTC, datetime


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
