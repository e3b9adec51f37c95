"""The Idempotency-Key header."""

import re

from kanal.errors import FieldError, InvalidRequest

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def checked_key(key: str | None) -> str:
    """Raises InvalidRequest when the key is missing or malformed."""
    if key is None:
        words = "is required: a key of your choice, new for each message, the same when you repeat a request."
        raise InvalidRequest(FieldError("header:Idempotency-Key", words, "idempotency_key_missing"))
    if not _KEY.fullmatch(key):
        words = "must be 1 to 255 printable ASCII characters without spaces."
        raise InvalidRequest(FieldError("header:Idempotency-Key", words, "idempotency_key_invalid"))
    return key


def optional_key(key: str | None) -> str | None:
    return None if key is None else checked_key(key)
