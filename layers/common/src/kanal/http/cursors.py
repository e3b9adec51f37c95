"""Opaque cursors of lists. A cursor holds only where in the caller's own list to go on.

The partition is rebuilt from path and token each time, so a cursor of another workspace shows nothing.
"""

import base64
import binascii

from kanal.errors import FieldError, InvalidRequest

_LONGEST_BYTES = 900
"""A sort key of DynamoDB has at most 1,024 bytes, and ours begin with a few letters."""


def cursor_of(position: str | None) -> str | None:
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=") if position else None


def position_of(cursor: str | None, *, prefix: str = "") -> str | None:
    """Raises InvalidRequest for what is no cursor of such a list."""
    if cursor is None:
        return None
    try:
        position = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        position = ""
    if not position.startswith(prefix) or not position or len(position.encode()) > _LONGEST_BYTES:
        words = (
            "is not a cursor of this list. Use `next_cursor` as it was given, or leave it out to begin anew."
        )
        raise InvalidRequest(FieldError("query:cursor", words, "cursor_invalid"))
    return position
