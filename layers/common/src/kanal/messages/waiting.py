"""Why a message of ours has not left yet, where in its channel's lines it stands, and what it may do.

Two lanes lead out of a channel: `reply`, where a person waits, and `bulk`. Each is a few lines side by side;
all messages to one contact stand in one line of a lane, in the order of their numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kanal.times import rfc3339

Lane = Literal["reply", "bulk"]
OnUnconfirmed = Literal["hold", "resend", "fail"]
WaitReason = Literal[
    "channel_pace",
    "channel_paused",
    "contact_pair_rate",
    "provider_busy",
    "template_paused",
    "bulk_paused",
    "scheduled_for",
    "awaiting_reply",
]


@dataclass(frozen=True)
class Waiting:
    """`until` is when it goes on by itself, or is looked at again; None where nobody knows."""

    reason: WaitReason
    until: datetime | None = None


@dataclass(frozen=True)
class Place:
    """Where a message stands: its lane, the line there, and its number in the line."""

    lane: Lane
    line: int
    number: int


@dataclass(frozen=True)
class Wishes:
    """What was asked for beside the content."""

    lane: Lane = "reply"
    send_at: datetime | None = None
    expires_at: datetime | None = None
    on_unconfirmed: OnUnconfirmed = "hold"
    parks_until_reply: bool = False
    """While the window is closed it waits for the contact to write."""
    fallback: Mapping[str, Any] | None = None
    """The template (WhatsApp's object) that goes in its place while the window is closed."""


def wishes_as_json(wishes: Wishes) -> dict[str, Any]:
    """As they were asked for; only what differs from the rule."""
    times = {"send_at": wishes.send_at, "expires_at": wishes.expires_at}
    shown: dict[str, Any] = {name: rfc3339(time) for name, time in times.items() if time}
    if wishes.lane != "reply":
        shown["lane"] = wishes.lane
    if wishes.on_unconfirmed != "hold":
        shown["on_unconfirmed"] = wishes.on_unconfirmed
    if wishes.parks_until_reply:
        shown["if_window_closed"] = "park_until_reply"
    if wishes.fallback:
        shown["if_window_closed"] = {"template": wishes.fallback}
    return shown
