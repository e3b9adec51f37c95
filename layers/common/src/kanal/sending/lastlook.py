"""The last look at a message before its bytes go out: is it still of use, and what may go as the window is
now. Pure.
"""

from datetime import datetime
from typing import Any, Literal

from kanal.messages.model import Message
from kanal.windows.rules import Window

Verdict = Literal["send", "send_fallback", "park", "expire", "settled"]
"""`settled`: a status has come since it was sent before, so it need not be sent again."""


def needs_window(message: Message) -> bool:
    """Whether the verdict depends on the window: it does only for those who asked what to do if it is closed.

    For all others the provider's answer decides, as it does in the end for these.
    """
    asked = message.wishes.parks_until_reply or message.wishes.fallback is not None
    return asked and message.sent_as is None and message.wamid is None


def verdict_on(message: Message, window: Window | None, now: datetime) -> Verdict:
    """`window` where it is needed."""
    if message.wamid is not None:
        return "settled"
    if message.wishes.expires_at and message.wishes.expires_at <= now:
        return "expire"
    if message.sent_as == "template":
        return "send_fallback"
    if window is None or window.is_open(now) or not needs_window(message):
        return "send"
    return "send_fallback" if message.wishes.fallback else "park"


def content_to_send(message: Message) -> tuple[str, Any]:
    """Type and content. Which it is was noted with the message before."""
    if message.sent_as == "template" and message.wishes.fallback is not None:
        return "template", dict(message.wishes.fallback)
    return message.type, message.content
