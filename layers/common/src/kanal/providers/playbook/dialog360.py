"""360dialog's own answers: they bear no code, so HTTP status and words have to do.

Source: 360dialog, API error message list (autumn 2026), and texts met in practice. There is no 402: unpaid
invoices, a disabled API and a rate limit of its gateway are all HTTP 400.
"""

import re
from dataclasses import dataclass

from kanal.providers.playbook.accounts import BILLING, NEW_KEY
from kanal.providers.playbook.play import UNKNOWN, Play, refused, try_later


@dataclass(frozen=True)
class Words:
    """An answer of one of these statuses with these words in it. Never of the 500s: those settle nothing."""

    statuses: frozenset[int]
    words: re.Pattern[str]
    play: Play


def _words(statuses: set[int], pattern: str, play: Play) -> Words:
    return Words(frozenset(statuses), re.compile(pattern, re.IGNORECASE), play)


BY_WORDS: tuple[Words, ...] = (
    _words(
        {400, 403, 404},
        r"invalid api[ _-]?(key|token)|api[ _-]?key .*(expired|invalid)",
        refused(NEW_KEY, "channel", "credentials_invalid"),
    ),
    _words(
        {400, 403},
        r"unpaid|lack of payment|(overdue|outstanding|open) (invoice|payment|balance)",
        refused(BILLING, "channel", "payment_required"),
    ),
    _words(
        {400, 403},
        r"\bapi\b.{0,40}\bdisabled|disabled.{0,40}\bapi\b",
        refused(
            "360dialog has disabled the API for this number. Ask its support why.", "channel", "restricted"
        ),
    ),
    _words(
        {400},
        r"rate[ -]?limit|too many requests|requests?\b.{0,40}\b(every|per|within)\b.{0,20}\bsec",
        try_later("channel", "slow_channel"),
    ),
)
"""The first that fits."""

BY_STATUS: dict[int, Play] = {
    401: refused(NEW_KEY, "channel", "credentials_invalid"),
    403: refused("360dialog blocks this call; its words are beside this. Ask its support why."),
    404: refused("360dialog does not know what the message names; its words are beside this. Correct it."),
    429: try_later("channel", "slow_channel"),
}

OTHER_REFUSAL = refused(
    "The provider refuses this message; its words are beside this. Correct it, or ask them."
)
NO_ANSWER = UNKNOWN
