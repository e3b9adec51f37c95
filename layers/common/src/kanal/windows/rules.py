"""What opens the customer service window, for how long, and what closes it early.

Source: WhatsApp, "customer service windows": a message from the user opens 24 hours, or restarts them. The
clock is WhatsApp's own timestamp of that message, never ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import NamedTuple

LENGTH = timedelta(hours=24)
FREE_ENTRY = timedelta(hours=72)


class Opening(NamedTuple):
    opens: bool
    source: str


_WRITTEN = Opening(True, "WhatsApp, send messages: a message from the user")
_TAPPED = Opening(True, "practice, taps come as messages from the user; WhatsApp does not list them")
_ABOUT_THE_CHAT = Opening(False, "inference: nobody wrote anything")
_NOT_FROM_THE_PERSON = Opening(False, "WhatsApp, coexistence: what the app sends does not affect the window")

OPENS_WINDOW: dict[str, Opening] = {
    **dict.fromkeys(("text", "image", "video", "audio", "document", "sticker"), _WRITTEN),
    **dict.fromkeys(("location", "contacts", "order"), _WRITTEN),
    **dict.fromkeys(("interactive", "button"), _TAPPED),
    "request_welcome": Opening(True, "WhatsApp, conversational components: the first opening of the chat"),
    "call from the user": Opening(True, "WhatsApp, calling: calls count too, even unanswered"),
    "accepted business call": Opening(True, "WhatsApp, calling: an accepted call of the business counts"),
    "other call event": Opening(False, "inference: the call itself has opened it or was not answered"),
    "automatic reply": Opening(False, "inference: WhatsApp answered for the person"),
    # Refusing costs a template, believing wrongly costs a failed message.
    "reaction": Opening(False, "unconfirmed: practice says yes, no page does"),
    "unsupported": Opening(False, "inference: a placeholder may be a poll or a pin of anybody's"),
    "system": _ABOUT_THE_CHAT,
    "edit": _ABOUT_THE_CHAT,
    "revoke": _ABOUT_THE_CHAT,
    "group message": Opening(False, "WhatsApp, groups: the window is of one person with the business"),
    "echo": _NOT_FROM_THE_PERSON,
    "history": Opening(False, "WhatsApp, coexistence: written before the number was connected"),
    "standby": Opening(False, "WhatsApp, Business Agent: another handler has the conversation"),
}
"""Per type of inbound message, and per kind of what is no message. What is not listed opens nothing."""


@dataclass(frozen=True)
class Window:
    """`open_until` follows from the last message that opened it, `closed_at` from the provider's refusal.

    The free entry point stands beside it: it makes messages free and allows none that the window does not.
    """

    open_until: datetime | None = None
    closed_at: datetime | None = None
    referral_at: datetime | None = None
    """When the person last wrote through an ad or post."""
    free_entry_for: datetime | None = None
    """The referral that our reply has answered already."""
    free_entry_until: datetime | None = None

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


def opened_until(opens_as: str, at: datetime | None) -> datetime | None:
    """Until when a row of the table, at WhatsApp's time `at`, keeps the window open."""
    row = OPENS_WINDOW.get(opens_as)
    return at + LENGTH if at and row and row.opens else None


def unanswered_referral(window: Window, now: datetime) -> datetime | None:
    """The referral to which a reply of now would be the first, if it still opens the free entry point."""
    referral = window.referral_at
    if referral is None or (window.free_entry_for is not None and window.free_entry_for >= referral):
        return None
    return referral if free_entry_started(referral, now) else None


def free_entry_started(referral_at: datetime, replied_at: datetime) -> datetime | None:
    """Until when our first reply makes messages free: 72 hours from a reply within 24 hours of the referral.

    Source: WhatsApp's pricing page, "free entry point conversations".
    """
    answered_in_time = referral_at <= replied_at < referral_at + LENGTH
    return replied_at + FREE_ENTRY if answered_in_time else None


def folded(windows: Iterable[Window]) -> Window:
    """What several windows of one person are together: of everything the latest."""
    known = list(windows)
    return Window(
        **{each.name: max_time(getattr(window, each.name) for window in known) for each in fields(Window)}
    )


def max_time(moments: Iterable[datetime | None]) -> datetime | None:
    """The latest of times of which any may be missing."""
    return max((moment for moment in moments if moment is not None), default=None)


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two times of which either may be missing."""
    return max_time((one, other))
