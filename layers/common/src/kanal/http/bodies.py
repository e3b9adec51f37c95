"""What a request body must be before anybody looks into it."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from kanal import rawjson
from kanal.errors import FieldError, InvalidRequest

MAX_BODY_BYTES = 256 * 1024
"""Far more than any message: WhatsApp's longest text is 4,096 characters."""


def check_body(event: Mapping[str, Any], max_bytes: int = MAX_BODY_BYTES) -> None:
    """Raises InvalidRequest for a body that is too large, or no JSON, or JSON that could not be stored."""
    body = event.get("body")
    if not body:
        return
    try:
        raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
        if len(raw) > max_bytes:
            words = f"The body has {len(raw)} bytes; the limit is {max_bytes}."
            raise InvalidRequest(FieldError("", words, "body_too_large"))
        rawjson.read(raw)
    except (rawjson.NotJson, UnicodeError, binascii.Error) as error:
        raise InvalidRequest(FieldError("", "The body is not JSON.", "json_invalid")) from error


def refuse_list(event: Mapping[str, Any]) -> None:
    """Raises InvalidRequest for a list, of which Powertools would take the first entry and drop the rest."""
    body = event.get("body") or ""
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    if raw.lstrip().startswith(b"["):
        raise InvalidRequest(FieldError("", "must be a JSON object", "model_type"))
