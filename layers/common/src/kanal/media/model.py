"""The file of a message that came in: what WhatsApp announced of it, and what became of it."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from kanal.rawjson import storable
from kanal.times import parse_rfc3339, rfc3339

State = Literal["pending", "stored", "failed"]

KINDS = frozenset({"image", "video", "audio", "voice", "document", "sticker"})
"""Types of messages whose content is a file. `voice` is an older spelling of `audio`."""
AVAILABLE_FOR = timedelta(days=7)
"""Ids from webhooks can be downloaded for seven days: WhatsApp, media (since 9 Oct 2025)."""


@dataclass(frozen=True)
class Media:
    """`media_id`, `mime_type` and `sha256` (hex) are WhatsApp's; None where it did not say."""

    state: State
    media_id: str
    mime_type: str | None = None
    sha256: str | None = None
    size_bytes: int | None = None
    ended_at: datetime | None = None
    """When it was stored, or given up."""
    reason: str | None = None
    """Of a failure: a code, and words for people."""
    words: str | None = None
    mismatches: int = 0
    """How often its bytes had another hash than WhatsApp announced."""


def announced(message_type: str, content: Any) -> Media | None:
    """The file that a message announces; None for messages of other kinds and those that name no file."""
    if message_type not in KINDS or not isinstance(content, dict):
        return None
    media_id, mime_type = content.get("id"), content.get("mime_type")
    if isinstance(media_id, bool) or not isinstance(media_id, str | int) or media_id == "":
        return None
    digest = digest_of(content.get("sha256"))
    return Media(
        state="pending",
        media_id=storable(str(media_id))[:1024],
        mime_type=storable(mime_type)[:200] if isinstance(mime_type, str) and mime_type else None,
        sha256=digest.hex() if digest else None,
    )


def digest_of(text: Any) -> bytes | None:
    """A SHA-256 as bytes. Webhooks spell it in base64, the look-up of an id in hex or base64; None for
    neither.
    """
    if not isinstance(text, str):
        return None
    try:
        if len(text) == 64:
            return bytes.fromhex(text)
        digest = base64.b64decode(text.translate(_URL_SAFE) + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest if len(digest) == 32 else None


_URL_SAFE = str.maketrans("-_", "+/")


def as_json(media: Media) -> dict[str, Any]:
    shown: dict[str, Any] = {"state": media.state, "mime_type": media.mime_type, "sha256": media.sha256}
    at = rfc3339(media.ended_at) if media.ended_at else None
    if media.state == "stored":
        return {**shown, "size_bytes": media.size_bytes, "stored_at": at}
    if media.state == "failed":
        return {**shown, "reason": media.reason, "message": media.words, "failed_at": at}
    return shown


def to_item(media: Media) -> dict[str, Any]:
    shown = {
        "state": media.state,
        "media_id": media.media_id,
        "mime_type": media.mime_type,
        "sha256": media.sha256,
        "size_bytes": media.size_bytes,
        "ended_at": rfc3339(media.ended_at) if media.ended_at else None,
        "reason": media.reason,
        "words": media.words,
        "mismatches": media.mismatches or None,
    }
    return {name: value for name, value in shown.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> Media:
    return Media(
        state=item["state"],
        media_id=item["media_id"],
        mime_type=item.get("mime_type"),
        sha256=item.get("sha256"),
        size_bytes=item.get("size_bytes"),
        ended_at=parse_rfc3339(item["ended_at"]) if "ended_at" in item else None,
        reason=item.get("reason"),
        words=item.get("words"),
        mismatches=item.get("mismatches", 0),
    )
