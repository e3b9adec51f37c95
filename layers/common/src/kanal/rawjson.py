"""JSON as it came: read strictly, written so that nothing is lost."""

import json
import math
from typing import Any


class NotJson(ValueError):
    """The bytes are no JSON text (RFC 8259), or deeper or with larger numbers than any real payload."""


MAX_DEPTH = 200
"""Levels of nesting; real payloads have about fifteen. What is deeper might be read but not written again."""


def read(raw: bytes | str) -> Any:
    try:
        text = raw if isinstance(raw, str) else raw.decode(json.detect_encoding(raw), "surrogatepass")
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise NotJson(type(error).__name__) from error
    if text.count("{") + text.count("[") > MAX_DEPTH and _is_too_deep(value):
        raise NotJson("too deep")
    return value


def write(value: Any) -> str:
    """Compact, keeping letters as they are; a lone surrogate, which UTF-8 cannot carry, stays escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def storable(text: str) -> str:
    """The text with anything that UTF-8 cannot carry replaced."""
    if text.isascii():  # known without looking
        return text
    return text.encode(errors="replace").decode()


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for part in level
            if isinstance(part, dict | list)
            for child in (part.values() if isinstance(part, dict) else part)
        ]
        if not level:
            return False
    return any(isinstance(part, dict | list) for part in level)


def _finite(digits: str) -> float:
    """1e999 is JSON, but would be written as Infinity, which nobody could read again."""
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
"""One for all: `json.loads` would make one a call."""
