"""The state of an outbound message: which facts are known, and which of them is shown.

A fact is one thing that happened (`sent`, `delivered`, `read`, ...), with WhatsApp's time and the time of
arrival. Facts arrive in any order and repeatedly; each is kept once, and the state is the highest-ranked of
them.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kanal import rawjson
from kanal.times import rfc3339

Stage = Literal["queued", "cancelled", "expired", "sending", "unconfirmed", "sent", "failed"]
"""How far our own sender has come; the provider's facts may be ahead of it."""

RANK: dict[str, int] = {
    "queued": 0,
    "sending": 1,
    "cancelled": 2,
    "expired": 3,
    "unconfirmed": 4,
    "sent": 5,
    "failed": 6,  # WhatsApp may report it after `sent`
    "delivered": 7,  # and a delivery after `failed` is what happened in the end
    "read": 8,
    "played": 9,
}
"""Statuses without a rank (`deleted`, `warning`, and what WhatsApp invents next) are kept and never shown as
state.
"""


@dataclass(frozen=True)
class Fact:
    """`at` is WhatsApp's time, None where the status had none; `received_at` is when it reached us."""

    status: str
    at: datetime | None
    received_at: datetime
    errors: tuple[Any, ...] = ()
    pricing: Any = None
    conversation: Any = None
    participant: str | None = None
    """Of a message to a group: whose fact it is. What several participants did are several facts."""
    recipient: str = ""
    """By which names the payload knew the recipient, where it gave the number and the user id at once."""

    @property
    def key(self) -> str:
        """Of one key the store keeps one fact."""
        return f"{self.status}@{self.participant}" if self.participant else self.status

    @property
    def report(self) -> str:
        """What WhatsApp reported, and when by its time: the same whenever and however often it arrives."""
        content = rawjson.write([list(self.errors), self.pricing, self.conversation])
        digest = hashlib.sha256(content.encode()).hexdigest()[:16]
        return f"{rfc3339(self.at) if self.at else '~'}#{digest}"

    @property
    def order(self) -> str:
        """Decides between two reports of one fact: the least is kept, whichever arrives first.

        By WhatsApp's time, those without one last; in the same second by content. The time of arrival
        decides only between two that say the same.
        """
        return f"{self.report}#{rfc3339(self.received_at)}"


def state_of(stage: Stage, facts: Iterable[Fact]) -> str:
    reported = [fact.status for fact in facts if fact.status in RANK]
    return max([stage, *reported], key=lambda name: RANK[name])
