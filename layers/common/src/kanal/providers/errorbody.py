"""Reads the four shapes in which 360dialog reports an error, and bodies that are none of them.

A  {"error": {"message", "code", "error_data": {"details"}}}     WhatsApp's own, passed through
B  {"error": "words"}                                            newer 360dialog endpoints
D  {"meta": {"developer_message", "http_code"}}                  /v1/configs/*
E  {"meta": {"developerMessage", "httpCode"}}                    the older gateway
"""

import json
from dataclasses import dataclass
from typing import Any

_LONGEST = 500


@dataclass(frozen=True)
class ErrorBody:
    """`code` is WhatsApp's, if there is one; `words` are for people."""

    code: int | None
    title: str
    words: str


def read_error(status: int, body: bytes) -> ErrorBody:
    try:
        parsed: Any = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    parsed = parsed if isinstance(parsed, dict) else {}
    error, meta = parsed.get("error"), parsed.get("meta")
    if isinstance(error, dict):
        return _whatsapp(status, error)
    if isinstance(error, str):
        return ErrorBody(None, f"HTTP {status}", error[:_LONGEST])
    if isinstance(meta, dict):
        words = meta.get("developer_message") or meta.get("developerMessage") or ""
        return ErrorBody(None, f"HTTP {status}", str(words)[:_LONGEST])
    return ErrorBody(None, f"HTTP {status}", "")


def _whatsapp(status: int, error: dict[str, Any]) -> ErrorBody:
    code, data = error.get("code"), error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    message = str(error.get("message") or f"HTTP {status}")
    number = code if isinstance(code, int) and not isinstance(code, bool) else None
    return ErrorBody(number, message[:_LONGEST], str(details or message)[:_LONGEST])
