"""360dialog's media endpoints: look up an id, download what it points to, upload.

`GET /{media_id}` tells a link that lives for five minutes, on WhatsApp's host; the file is had by swapping
that host for 360dialog's and sending the key (360dialog, media). Nothing here raises for what network or
provider do: every ending is a value. Every error answer counts against the endpoint's error budget.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO, Any, Literal
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from kanal.providers.dialog360 import failure, not_accepted
from kanal.providers.errorbody import read_error
from kanal.providers.form import FileToSend, OutOfTime, form_of
from kanal.providers.outcomes import Refused, TryLater, Unknown

MOST_BYTES = 100 * 1024 * 1024
"""WhatsApp's largest file; what is larger does not come in (error 131052)."""

Kind = Literal[
    "unknown_id",
    "link_expired",
    "no_access",
    "blocked",
    "unavailable",
    "refused",
    "unreadable",
    "refused_host",
    "too_large",
]


@dataclass(frozen=True)
class Trouble:
    kind: Kind
    words: str
    is_error: bool = True
    """Whether it counts against the error budget; silence may, so it does."""


@dataclass(frozen=True)
class Link:
    """Where the file of an id is for the next five minutes."""

    url: str
    sha256: Any
    """As the provider spells it."""


@dataclass(frozen=True)
class Downloaded:
    size_bytes: int
    sha256: bytes
    """Of the bytes as they came."""
    told_sha256: Any = None
    """As the look-up told it."""


@dataclass(frozen=True)
class Visit:
    """How a fetch ended, and how many answers on the way count against the error budget."""

    ending: Downloaded | Trouble
    errors: int


@dataclass(frozen=True)
class Uploaded:
    media_id: str


LOOK_UP: dict[int, Kind] = {401: "no_access", 403: "no_access", 404: "unknown_id", 429: "blocked"}
DOWNLOAD: dict[int, Kind] = {401: "no_access", 403: "no_access", 404: "link_expired", 429: "blocked"}
"""By HTTP status. In the 500s the provider is unavailable; anything else it refuses."""
_UNKNOWN_OBJECT = 100
"""WhatsApp's code, HTTP 400, for an id that is not, or no longer, there."""

_ATTACHMENT_HOST = "lookaside.fbsbx.com"
_ATTACHMENT_PATH = "/whatsapp_business/attachments/"
_MOST_REDIRECTS = 2
_PLAIN_URL = re.compile(r"[\x21-\x7e]{1,4000}")
_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_CHUNK_BYTES = 256 * 1024
_SPARE_SECONDS = 15
"""What a worker needs after a download to store it."""


class Dialog360Media:
    """The files of the number behind one API key. `remaining_seconds` tells how long a download may take."""

    def __init__(self, http: httpx.Client, api_key: str, timeout: httpx.Timeout) -> None:
        self._http = http
        self._timeout = timeout
        self._headers = {"D360-API-KEY": api_key}
        self._secrets = (api_key,)

    def fetch(self, media_id: str, file: IO[bytes], remaining_seconds: Callable[[], float]) -> Visit:
        """Writes the file. A link that has expired meanwhile is fetched anew at once, once."""
        ending, errors = self._fetch(media_id, file, remaining_seconds), 0
        if isinstance(ending, Trouble) and ending.kind == "link_expired":
            errors += 1
            ending = self._fetch(media_id, file, remaining_seconds)
        return Visit(ending, errors + (isinstance(ending, Trouble) and ending.is_error))

    def _fetch(
        self, media_id: str, file: IO[bytes], remaining_seconds: Callable[[], float]
    ) -> Downloaded | Trouble:
        link = self._look_up(media_id)
        return link if isinstance(link, Trouble) else self._download(link, file, remaining_seconds)

    def _look_up(self, media_id: str) -> Link | Trouble:
        if not _MEDIA_ID.fullmatch(media_id):
            return Trouble("unknown_id", "This is no media id.", is_error=False)
        try:
            answer = self._http.get(f"/{media_id}", headers=self._headers, timeout=self._timeout)
        except httpx.RequestError as error:
            return _silence(error)
        if not answer.is_success:
            return self._refusal(answer, LOOK_UP)
        try:
            shown = answer.json()
        except ValueError:
            shown = None
        if not isinstance(shown, dict) or not isinstance(shown.get("url"), str):
            return Trouble("unreadable", "360dialog's answer about the file names no link.", is_error=False)
        if _number(shown.get("file_size")) > MOST_BYTES:
            return _too_large()
        return Link(shown["url"], shown.get("sha256"))

    def _download(
        self, link: Link, file: IO[bytes], remaining_seconds: Callable[[], float]
    ) -> Downloaded | Trouble:
        """The key goes to 360dialog and nowhere else, wherever the link or a redirect points."""
        url = link.url
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                target = attachment_target(url, str(self._http.base_url))
                if target is None:
                    words = "The link leads to a place that is not WhatsApp's."
                    return Trouble("refused_host", words, is_error=False)
                with self._http.stream(
                    "GET", target, headers=self._headers, timeout=self._timeout, follow_redirects=False
                ) as answer:
                    if answer.has_redirect_location:
                        url = _joined(url, answer.headers["location"])
                        continue
                    if not answer.is_success:
                        answer.read()
                        return self._refusal(answer, DOWNLOAD)
                    received = _received(answer, file, remaining_seconds)
                    return (
                        received
                        if isinstance(received, Trouble)
                        else replace(received, told_sha256=link.sha256)
                    )
        except httpx.RequestError as error:
            return _silence(error)
        except (httpx.InvalidURL, ValueError):
            return Trouble("refused_host", "The link is none that can be followed.", is_error=False)
        return Trouble("refused_host", "The link redirects again and again.", is_error=False)

    def upload(self, file: FileToSend) -> Uploaded | Refused | TryLater:
        """Piece by piece, so that no file is ever in memory as a whole. A file that is uploaded twice does
        no harm, so what is in doubt is tried again.
        """
        headers, content = form_of(file)
        try:
            answer = self._http.post(
                "/media", content=content, headers={**self._headers, **headers}, timeout=self._timeout
            )
        except httpx.RequestError as error:
            words = f"360dialog did not answer to an upload ({type(error).__name__})."
            return TryLater(failure("connection", words))
        except OutOfTime:
            return TryLater(failure("upload_too_slow", "The file was not uploaded to 360dialog in time."))
        if not answer.is_success:
            outcome = not_accepted(answer, self._secrets)
            return TryLater(outcome.error) if isinstance(outcome, Unknown) else outcome
        return _uploaded(answer)

    def _refusal(self, answer: httpx.Response, table: dict[int, Kind]) -> Trouble:
        body = read_error(answer.status_code, answer.content, self._secrets)
        words = f"360dialog answered HTTP {answer.status_code}: {body.words or body.title}"
        if table is LOOK_UP and answer.status_code == 400 and body.code == _UNKNOWN_OBJECT:
            return Trouble("unknown_id", words)
        kind = table.get(answer.status_code) or ("unavailable" if answer.status_code >= 500 else "refused")
        return Trouble(kind, words)


def attachment_target(url: str, base_url: str) -> str | None:
    """Path and query of a link, to be asked of the provider's own host; None for a link anywhere else."""
    if not _PLAIN_URL.fullmatch(url):
        return None
    try:
        parts, base = urlsplit(url), urlsplit(base_url)
        port = parts.port
    except ValueError:
        return None
    at_provider = (parts.scheme, parts.netloc) == (base.scheme, base.netloc)
    at_whatsapp = parts.scheme == "https" and parts.hostname == _ATTACHMENT_HOST and port in (None, 443)
    has_user = parts.username is not None or parts.password is not None
    is_attachment = parts.path.startswith(_ATTACHMENT_PATH) and ".." not in unquote(parts.path)
    if has_user or not is_attachment or not (at_provider or at_whatsapp):
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _joined(url: str, location: str) -> str:
    """Where a redirect leads; nowhere, if that is no address at all."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _received(
    answer: httpx.Response, file: IO[bytes], remaining_seconds: Callable[[], float]
) -> Downloaded | Trouble:
    """From the start of the file, whatever an earlier try left there."""
    file.seek(0)
    file.truncate()
    digest, size = hashlib.sha256(), 0
    for chunk in answer.iter_bytes(_CHUNK_BYTES):
        size += len(chunk)
        if size > MOST_BYTES:
            return _too_large()
        if remaining_seconds() < _SPARE_SECONDS:
            return Trouble("unavailable", "The download took too long.", is_error=False)
        digest.update(chunk)
        file.write(chunk)
    return Downloaded(size, digest.digest())


def _uploaded(answer: httpx.Response) -> Uploaded | TryLater:
    try:
        media_id = answer.json()["id"]
    except (ValueError, KeyError, TypeError):
        media_id = None
    if isinstance(media_id, bool) or not isinstance(media_id, str | int) or not media_id:
        return TryLater(failure("unreadable_answer", "360dialog took a file, but its answer names no id."))
    return Uploaded(str(media_id))


def _silence(error: httpx.RequestError) -> Trouble:
    return Trouble("unavailable", f"360dialog did not answer ({type(error).__name__}).")


def _too_large() -> Trouble:
    words = f"The file has more than {MOST_BYTES // 1024 // 1024} MB."
    return Trouble("too_large", words, is_error=False)


def _number(value: Any) -> int:
    """Sizes come as numbers and as text; what is neither limits nothing."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
