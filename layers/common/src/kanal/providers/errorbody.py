"""Reads the shapes in which 360dialog reports an error, and bodies that are none of them.

A  {"error": {"message", "code", "error_data": {"details"}}}     WhatsApp's own, passed through
B  {"error": "words"}                                            newer 360dialog endpoints
C  {"message": "words"}                                          the same, where it is no error by itself
D  {"meta": {"developer_message", "http_code"}}                  /v1/configs/*
E  {"meta": {"developerMessage", "httpCode"}}                    the older gateway
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

_LONGEST = 500


@dataclass(frozen=True)
class ErrorBody:
    """`code` is WhatsApp's, if there is one; `words` are for people."""

    code: int | None
    title: str
    words: str
    subcode: int | None = None
    """Beside the code, where WhatsApp explains it so."""


def read_error(status: int, body: bytes, secrets: Sequence[str] = ()) -> ErrorBody:
    """`secrets` are what the request held of them: a provider may echo them, and its words go far."""
    try:
        parsed: Any = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    told = _told(status, parsed if isinstance(parsed, dict) else {})
    return replace(told, title=_safe(told.title, secrets), words=_safe(told.words, secrets))


def _told(status: int, parsed: dict[str, Any]) -> ErrorBody:
    error, meta, message = parsed.get("error"), parsed.get("meta"), parsed.get("message")
    if isinstance(error, dict):
        return _whatsapp(status, error)
    words = error if isinstance(error, str) else ""
    if not words and isinstance(meta, dict):
        words = str(meta.get("developer_message") or meta.get("developerMessage") or "")
    if not words and isinstance(message, str):
        words = message
    return ErrorBody(None, f"HTTP {status}", words)


def _whatsapp(status: int, error: dict[str, Any]) -> ErrorBody:
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    title = str(error.get("message") or f"HTTP {status}")
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    return ErrorBody(code, title, str(details or title), subcode)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _safe(words: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        words = words.replace(secret, "[removed]")
    return words[:_LONGEST]
