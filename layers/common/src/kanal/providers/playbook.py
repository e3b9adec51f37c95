"""Error codes of WhatsApp and 360dialog, and what each means for a send. Data; one row a code.

Source: WhatsApp's error-code page (2025-12-12) and 360dialog's error list (autumn 2026). Only refusals that
are known to come before processing are tried again; an answer that may follow a send is `unknown`, because
neither API has an idempotency key. Codes without a row are refusals: WhatsApp decides by code and names new
ones all the time.
"""

from dataclasses import dataclass
from typing import Literal

from kanal.providers.outcomes import Effect

Kind = Literal["try_later", "unknown", "refused"]


@dataclass(frozen=True)
class Play:
    kind: Kind
    advice: str
    """What the reader of the failed message can do; empty for what passes by itself."""
    effect: Effect | None = None


_NEW_KEY = "The provider does not accept the API key any more. Connect the channel again with a valid key."
_BILLING = "Sending is stopped for unpaid invoices or a missing payment method. Settle it with the provider."
_RESTRICTED = "WhatsApp restricts the business account or number. Look at its health in the provider's hub."

BY_CODE: dict[int, Play] = {
    # Refused before processing: safe to try again.
    4: Play("try_later", ""),
    17: Play("try_later", ""),
    32: Play("try_later", ""),
    613: Play("try_later", ""),
    80007: Play("try_later", ""),
    130429: Play("try_later", ""),
    131056: Play("try_later", ""),
    133004: Play("try_later", ""),
    # May have been processed: never tried again blindly.
    1: Play("unknown", ""),
    2: Play("unknown", ""),
    131000: Play("unknown", ""),
    131016: Play("unknown", ""),
    131057: Play("unknown", ""),
    2494100: Play("unknown", ""),
    # The channel cannot send at all.
    0: Play("refused", _NEW_KEY, "credentials_invalid"),
    190: Play("refused", _NEW_KEY, "credentials_invalid"),
    131042: Play("refused", _BILLING, "payment_required"),
    368: Play("refused", _RESTRICTED, "restricted"),
    131031: Play("refused", _RESTRICTED, "restricted"),
    # The message cannot be sent.
    131047: Play(
        "refused",
        "More than 24 hours passed since the contact last wrote. Send a template instead.",
        "window_closed",
    ),
    131026: Play("refused", "The recipient cannot be reached on WhatsApp. Check the number."),
    131021: Play("refused", "The recipient is the channel's own number."),
    131030: Play("refused", "The number is a test number and the recipient is not on its list."),
    131049: Play(
        "refused", "WhatsApp limits marketing to this person. Try again after 24 hours at the earliest."
    ),
    131050: Play(
        "refused",
        "This person stopped marketing messages. Do not send marketing to them.",
        "marketing_stopped",
    ),
    130472: Play(
        "refused", "WhatsApp holds marketing back from this person. A utility template may go through."
    ),
    132000: Play("refused", "The number of parameters does not fit the template. Compare with its text."),
    132001: Play(
        "refused", "WhatsApp knows no approved template of this name and language. Sync the templates."
    ),
    132005: Play("refused", "The template's text is too long with these parameters. Shorten them."),
    132007: Play("refused", "A template parameter breaks WhatsApp's rules on characters or format."),
    132012: Play("refused", "A template parameter has the wrong format. Compare with the template."),
    132015: Play("refused", "WhatsApp paused the template for low quality. Wait, or use another."),
    132016: Play("refused", "WhatsApp disabled the template for low quality. Use another."),
    132018: Play(
        "refused", "A template parameter is not valid. Line breaks, tabs and rows of spaces are refused."
    ),
    131008: Play("refused", "WhatsApp misses a required parameter; its words are beside this."),
    131009: Play("refused", "WhatsApp refuses the value of a parameter; its words are beside this."),
    100: Play("refused", "WhatsApp refuses a parameter; its words are beside this."),
}

BY_STATUS: dict[int, Play] = {
    401: Play("refused", _NEW_KEY, "credentials_invalid"),
    429: Play("try_later", ""),
}
"""For answers without a code of WhatsApp's."""

OTHER_REFUSAL = Play("refused", "The provider refuses this message; its words are beside this.")
NO_ANSWER = Play("unknown", "")


def play_for(status: int, code: int | None) -> Play:
    """The code decides, not the HTTP status; an answer in the 500s without a known code settles nothing."""
    if code is not None and code in BY_CODE:
        return BY_CODE[code]
    if status in BY_STATUS:
        return BY_STATUS[status]
    return NO_ANSWER if status >= 500 else OTHER_REFUSAL
