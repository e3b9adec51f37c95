"""What WhatsApp takes of files: per kind its types and sizes, per type how such a file begins. Data.

Source: WhatsApp, media (11 Dec 2025) and audio messages (12 Dec 2025). Sizes are in units of 1,024.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "video", "audio", "document", "sticker"]

KB, MB = 1024, 1024 * 1024
HEAD_BYTES = 1024
"""So much of a file is looked at."""
_SUBTYPE = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"
_TYPE = re.compile(rf"(application|audio|font|image|message|model|multipart|text|video)/{_SUBTYPE}")


@dataclass(frozen=True)
class Rule:
    """`mime_types` None: any, as other types than those documented pass in practice."""

    most_bytes: int
    mime_types: frozenset[str] | None


RULES: Mapping[Kind, Rule] = {
    "image": Rule(5 * MB, frozenset({"image/jpeg", "image/png"})),
    "video": Rule(16 * MB, frozenset({"video/mp4", "video/3gpp"})),
    "audio": Rule(16 * MB, frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"})),
    "document": Rule(100 * MB, None),
    "sticker": Rule(500 * KB, frozenset({"image/webp"})),
}
MOST_STATIC_STICKER_BYTES = 100 * KB
"""Animated ones may have RULES' 500 KB."""

_OFFICE = "application/vnd.openxmlformats-officedocument"
_ZIP, _OLE = rb"PK\x03\x04", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BEGINNINGS: Mapping[str, bytes] = {
    "image/jpeg": rb"\xff\xd8\xff",
    "image/png": rb"\x89PNG\r\n\x1a\n",
    "image/webp": rb"RIFF.{4}WEBP",
    "video/mp4": rb".{4}ftyp",
    "video/3gpp": rb".{4}ftyp",
    "audio/mp4": rb".{4}ftyp",
    "audio/aac": rb"\xff[\xf0-\xff]|ADIF",
    "audio/amr": rb"#!AMR",
    "audio/mpeg": rb"ID3|\xff[\xe0-\xff]",
    "audio/ogg": rb"OggS.{24}OpusHead",  # WhatsApp plays no other codec in it
    "application/pdf": rb".{0,1019}%PDF-",
    "application/msword": _OLE,
    "application/vnd.ms-excel": _OLE,
    "application/vnd.ms-powerpoint": _OLE,
    f"{_OFFICE}.wordprocessingml.document": _ZIP,
    f"{_OFFICE}.spreadsheetml.sheet": _ZIP,
    f"{_OFFICE}.presentationml.presentation": _ZIP,
    "text/plain": rb"[^\x00]*\Z",
}
SIGNATURES = {name: re.compile(pattern, re.DOTALL) for name, pattern in _BEGINNINGS.items()}
"""How a file of a type begins; of other types nothing is known."""


def plain_type(mime_type: str) -> str:
    """Without parameters: `audio/ogg; codecs=opus` is audio/ogg."""
    return mime_type.partition(";")[0].strip().lower()


def wrong_type(kind: Kind, mime_type: str) -> str | None:
    """What is wrong with a type for that kind of file, in words."""
    plain, allowed = plain_type(mime_type), RULES[kind].mime_types
    if allowed is not None and plain not in allowed:
        return f"must be {' or '.join(sorted(allowed))} for type {kind}"
    return None if _TYPE.fullmatch(plain) else "must be a media type, such as application/pdf"


def wrong_size(kind: Kind, size_bytes: int) -> str | None:
    most = RULES[kind].most_bytes
    return None if 1 <= size_bytes <= most else f"must be between 1 and {most} for type {kind}"


def wrong_content(kind: Kind, mime_type: str, size_bytes: int, head: bytes) -> str | None:
    """What is wrong with the bytes of a file, of which the first HEAD_BYTES are given."""
    signature = SIGNATURES.get(plain_type(mime_type))
    if signature and not signature.match(head):
        return f"The file does not begin as {plain_type(mime_type)} does; WhatsApp would refuse it."
    if kind == "sticker" and size_bytes > MOST_STATIC_STICKER_BYTES and not _moves(head):
        return f"A sticker that does not move may have {MOST_STATIC_STICKER_BYTES} bytes at most."
    return None


def _moves(webp: bytes) -> bool:
    """WebP, extended file format: the animation bit of the VP8X chunk."""
    return webp[12:16] == b"VP8X" and len(webp) > 20 and bool(webp[20] & 0x02)
