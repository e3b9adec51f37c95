"""Error codes of WhatsApp and 360dialog, and what each means for a send. Data; one row a code.

This is the place to look a code up; its rows lie in a file a subject: `throttles` (not now), `accounts` (the
channel cannot send), `messages`, `templates`, `elsewhere` (not answers to a send), `dialog360` (answers
without a code). Source: WhatsApp's error-code page (2025-12-12), 360dialog's error list and practice (autumn
2026).

Only refusals that are known to come before processing are tried again; an answer that may follow a send is
`unknown`, because neither API has an idempotency key. Codes without a row are refusals: WhatsApp decides by
code and names new ones all the time. The same code comes as answer to a send or later in a status.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from kanal.providers.outcomes import Effect
from kanal.providers.playbook import accounts, elsewhere, messages, templates, throttles
from kanal.providers.playbook.dialog360 import BY_STATUS, BY_WORDS, NO_ANSWER, OTHER_REFUSAL
from kanal.providers.playbook.play import Play

SUBJECTS: tuple[Mapping[int, Play], ...] = (
    throttles.ROWS,
    accounts.ROWS,
    messages.ROWS,
    templates.ROWS,
    elsewhere.ROWS,
)
BY_CODE: Mapping[int, Play] = {code: play for rows in SUBJECTS for code, play in rows.items()}

_LEAST_SUBCODE = 1_000_000
"""Subcodes of WhatsApp's have seven digits and explain the code; shorter ones are of other products, and mean
something else than the codes that look the same.
"""


def play_for(status: int, code: int | None, *, subcode: int | None = None, words: str = "") -> Play:
    """The code decides, not the HTTP status; an answer in the 500s without a known code settles nothing.

    `words` decide only where there is no code: those of WhatsApp change and are translated.
    """
    for number in (subcode if subcode is not None and subcode >= _LEAST_SUBCODE else None, code):
        if number is not None and number in BY_CODE:
            return BY_CODE[number]
    if code is None:
        for known in BY_WORDS:
            if status in known.statuses and known.words.search(words):
                return known.play
    if status in BY_STATUS:
        return BY_STATUS[status]
    return NO_ANSWER if status >= 500 else OTHER_REFUSAL


def play_of(error: Any) -> Play | None:
    """Of an error object as statuses have them; None where it bears no code that we know."""
    code = error.get("code") if isinstance(error, Mapping) else None
    text = str(code) if isinstance(code, int | str) and not isinstance(code, bool) else ""
    return BY_CODE.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 12 else None


def effects_told(status: str, errors: Iterable[Any]) -> tuple[Effect, ...]:
    """What a status says beyond its message: nothing unless the message failed."""
    plays = [play_of(error) for error in errors] if status == "failed" else []
    return tuple(dict.fromkeys(play.effect for play in plays if play and play.effect))
