"""What can come of a send. Values, not exceptions: each leads to a state that is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Scope = Literal["message", "contact", "channel", "template", "bulk"]
"""What an answer is about: this message alone, all to this contact, all of the channel, all of this template,
or all that the channel sends in bulk.
"""
Effect = Literal[
    "slow_channel",
    "delay_contact",
    "pause_bulk",
    "suppress_marketing",
    "marketing_stopped",
    "window_closed",
    "template_paused",
    "template_disabled",
    "template_unknown",
    "credentials_invalid",
    "payment_required",
    "restricted",
]
"""What an answer says beyond the message, and is to be remembered."""


@dataclass(frozen=True)
class Accepted:
    """The provider took the message. `wa_id` and `user_id` are who the recipient is for WhatsApp, as far as
    its answer says.
    """

    wamid: str
    wa_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True)
class Refused:
    """Certainly not sent, and the same message never will be."""

    error: Mapping[str, Any]
    effect: Effect | None = None
    scope: Scope = "message"


@dataclass(frozen=True)
class TryLater:
    """Certainly not sent, refused before processing: the same message may go through later."""

    error: Mapping[str, Any]
    after_seconds: float | None = None
    """As asked for by the provider, or known from its documentation; None where it is ours to choose."""
    scope: Scope = "message"
    """What waits."""
    effect: Effect | None = None


@dataclass(frozen=True)
class Unknown:
    """Sent or not, nobody knows: the bytes went out and no answer came that settles it."""

    error: Mapping[str, Any]


Outcome = Accepted | Refused | TryLater | Unknown
