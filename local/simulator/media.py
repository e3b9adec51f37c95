"""Files at the provider: ids that last, links that do not, and the throttle on errors."""

import base64
import binascii
import hashlib
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from local.simulator.refusals import RefusalError

LINK_HOST = "https://lookaside.fbsbx.com"
LINK_PATH = "/whatsapp_business/attachments/"
LINK_SECONDS = 5 * 60
DAY = 24 * 60 * 60
KEPT_SECONDS: dict[str, int] = {"inbound": 7 * DAY, "upload": 30 * DAY}
MOST_FILES_KEPT = 200
"""Per number: a file may be large."""

ERRORS_ALLOWED = 20
ERRORS_WITHIN_SECONDS = 60 * 60
BLOCKED_SECONDS = 30 * 60

KB, MB = 1024, 1024 * 1024
LARGEST: dict[str, int] = {
    "image/jpeg": 5 * MB,
    "image/png": 5 * MB,
    "image/webp": 500 * KB,
    "video/mp4": 16 * MB,
    "video/3gpp": 16 * MB,
    "audio/aac": 16 * MB,
    "audio/amr": 16 * MB,
    "audio/mpeg": 16 * MB,
    "audio/mp4": 16 * MB,
    "audio/ogg": 16 * MB,
}
LARGEST_OTHER = 100 * MB


@dataclass
class File:
    id: str
    source: Literal["inbound", "upload"]
    mime_type: str
    content_base64: str
    stored_at: float
    filename: str | None = None

    @property
    def content(self) -> bytes:
        return base64.b64decode(self.content_base64)

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.content).digest()

    def is_kept(self, now: float) -> bool:
        return now < self.stored_at + KEPT_SECONDS[self.source]


@dataclass
class ErrorThrottle:
    """After 20 error answers within an hour the endpoint is blocked for half an hour."""

    _errors: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0

    def is_blocked(self, now: float) -> bool:
        return now < self.blocked_until

    def count_error(self, now: float) -> None:
        self._errors.append(now)
        while self._errors[0] <= now - ERRORS_WITHIN_SECONDS:
            self._errors.popleft()
        if len(self._errors) >= ERRORS_ALLOWED:
            self.blocked_until = now + BLOCKED_SECONDS
            self._errors.clear()


def find(files: dict[str, File], media_id: str, now: float) -> File:
    file = files.get(media_id)
    if file is None or not file.is_kept(now):
        raise RefusalError(
            100,
            f"Unsupported get request. Object with ID '{media_id}' does not exist, cannot be loaded due to "
            "missing permissions, or does not support this operation.",
        )
    return file


def look_up(file: File, now: float) -> dict[str, Any]:
    expires = int(now) + LINK_SECONDS
    query = urlencode({"mid": file.id, "ext": expires, "hash": _signature(file.id, expires)})
    return {
        "url": f"{LINK_HOST}{LINK_PATH}?{query}",
        "mime_type": file.mime_type,
        "sha256": file.sha256.hex(),
        "file_size": len(file.content),
        "id": file.id,
        "messaging_product": "whatsapp",
    }


def linked(files: dict[str, File], query: Any, now: float) -> File | None:
    """The file of a link that is ours and has not expired."""
    media_id, expires = query.get("mid", ""), query.get("ext", "")
    if not expires.isdigit() or int(expires) <= now:
        return None
    is_ours = query.get("hash") == _signature(media_id, int(expires))
    return files.get(media_id) if is_ours else None


def remember(files: dict[str, File], file: File) -> None:
    files[file.id] = file
    while len(files) > MOST_FILES_KEPT:
        del files[next(iter(files))]


def check_upload(mime_type: str, content: bytes) -> None:
    plain = mime_type.partition(";")[0].strip()
    if len(content) > LARGEST.get(plain, LARGEST_OTHER):
        raise RefusalError(131053, f"File of {len(content)} bytes is too large for {plain}.")
    if not content:
        raise RefusalError(100, "The file is empty.")


def parts_of(content_type: str, body: bytes) -> Iterator[tuple[str, str | None, str, bytes]]:
    """Name, file name, type and content of each part of a multipart body."""
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if not boundary:
        raise RefusalError(100, "The body must be multipart/form-data.")
    for part in body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        text = head.decode()
        name = re.search(r'[ ;]name="([^"]*)"', text)
        filename = re.search(r'filename="([^"]*)"', text)
        kind = re.search(r"(?im)^content-type: *(.+?)\r?$", text)
        yield (
            name[1] if name else "",
            filename[1] if filename else None,
            kind[1] if kind else "",
            content.removesuffix(b"\r\n"),
        )


def from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64") from error


def _signature(media_id: str, expires: int) -> str:
    return hashlib.sha256(f"{media_id} {expires}".encode()).hexdigest()[:32]
