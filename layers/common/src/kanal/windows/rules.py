"""What opens the customer service window, for how long, and what closes it early.

Source: WhatsApp, "customer service windows": a message from the user opens 24 hours, or restarts them. The
clock is WhatsApp's own timestamp of that message, never ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

LENGTH = timedelta(hours=24)

OPENS_WINDOW: dict[str, bool] = {
    # A person wrote or tapped: WhatsApp's send-messages page, "a message from the user".
    "text": True,
    "image": True,
    "video": True,
    "audio": True,
    "voice": True,
    "document": True,
    "sticker": True,
    "location": True,
    "contacts": True,
    "interactive": True,
    "button": True,
    "order": True,
    # WhatsApp's conversational-components page: the first opening of the chat opens the window.
    "request_welcome": True,
    # Practice only, not documented as opening: refusing costs a template, believing costs a failed message.
    "reaction": False,
    # About the chat, not from the person.
    "system": False,
    "unsupported": False,
    "unknown": False,
    "edit": False,
    "revoke": False,
}
"""Per type of inbound message. A type that is not listed opens nothing."""

OUTSIDE_WINDOW_CODE = 131047
"""The provider's answer to a free-form message outside the window; it overrules what we believed."""


def says_outside_window(status: str, errors: Iterable[Any]) -> bool:
    """Whether a status reports that a message failed because the window was closed."""
    codes = [error.get("code") for error in errors if isinstance(error, dict)]
    return status == "failed" and OUTSIDE_WINDOW_CODE in codes


@dataclass(frozen=True)
class Window:
    """`open_until` follows from the last message that opened it, `closed_at` from the provider's refusal."""

    open_until: datetime | None = None
    closed_at: datetime | None = None

    @property
    def is_refused(self) -> bool:
        """A refusal closes what was opened before it, not what a later message opens."""
        return self.closed_at is not None and (
            self.open_until is None or self.open_until - LENGTH <= self.closed_at
        )

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, or ended."""
        if self.open_until and self.closed_at and self.is_refused:
            return min(self.open_until, self.closed_at)
        return self.open_until

    def is_open(self, now: datetime) -> bool:
        return self.open_until is not None and now < self.open_until and not self.is_refused


def opened_until(message_type: str, at: datetime | None) -> datetime | None:
    """Until when a message of this type, sent at WhatsApp's time `at`, keeps the window open."""
    if at is None or not OPENS_WINDOW.get(message_type, False):
        return None
    return at + LENGTH


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two times of which either may be missing."""
    return max((moment for moment in (one, other) if moment is not None), default=None)
