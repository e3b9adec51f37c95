"""The form of a row of the playbook."""

from dataclasses import dataclass
from typing import Literal

from kanal.providers.outcomes import Effect, Scope

Kind = Literal["try_later", "unknown", "refused"]
"""`try_later`: certainly refused before processing, and the same message may go through later. `unknown`: may
have been sent. `refused`: certainly not sent, and never will be as it is.
"""


@dataclass(frozen=True)
class Play:
    kind: Kind
    scope: Scope = "message"
    advice: str = ""
    """What the reader of the failed message can do; empty for what passes by itself."""
    effect: Effect | None = None
    wait_seconds: float | None = None
    """Of `try_later`: how long it lasts by WhatsApp's documentation; None where that is not known."""


def try_later(scope: Scope, effect: Effect | None = None) -> Play:
    return Play("try_later", scope, effect=effect)


def refused(advice: str, scope: Scope = "message", effect: Effect | None = None) -> Play:
    return Play("refused", scope, advice, effect)


UNKNOWN = Play("unknown")
