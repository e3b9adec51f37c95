"""Reads the four shapes in which 360dialog reports an error, and bodies that are none of them.

A  {"error": {"message", "code", "error_data": {"details"}}}     WhatsApp's own, passed through
B  {"error": "words"}                                            newer 360dialog endpoints
D  {"meta": {"developer_message", "http_code"}}                  /v1/configs/*
E  {"meta": {"developerMessage", "httpCode"}}                    the older gateway
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_LONGEST = 500


@dataclass(frozen=True)
class ErrorBody:
    """`code` is WhatsApp's, if there is one; `words` are for people."""

    code: int | None
    title: str
    words: str


def read_error(status: int, body: bytes, secrets: Sequence[str] = ()) -> ErrorBody:
    """`secrets` are what the request held of them: a provider may echo them, and its words go far."""
    try:
        parsed: Any = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    code, title, words = _told(status, parsed if isinstance(parsed, dict) else {})
    return ErrorBody(code, _safe(title, secrets), _safe(words, secrets))


def _told(status: int, parsed: dict[str, Any]) -> tuple[int | None, str, str]:
    error, meta = parsed.get("error"), parsed.get("meta")
    if isinstance(error, dict):
        return _whatsapp(status, error)
    if isinstance(error, str):
        return None, f"HTTP {status}", error
    if isinstance(meta, dict):
        return (
            None,
            f"HTTP {status}",
            str(meta.get("developer_message") or meta.get("developerMessage") or ""),
        )
    return None, f"HTTP {status}", ""


def _whatsapp(status: int, error: dict[str, Any]) -> tuple[int | None, str, str]:
    code, data = error.get("code"), error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    message = str(error.get("message") or f"HTTP {status}")
    number = code if isinstance(code, int) and not isinstance(code, bool) else None
    return number, message, str(details or message)


def _safe(words: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        words = words.replace(secret, "[removed]")
    return words[:_LONGEST]
