"""Where the present comes from. Rules take times as arguments and never look here."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present as an aware UTC datetime."""


def utc_now() -> datetime:
    return datetime.now(UTC)
