"""Announcing a file that will be sent, and looking whether it was uploaded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from kanal.channels.model import WHY_NOT_SENDING
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.errors import ChannelDisconnected, FieldError, IdempotencyKeyReused, InvalidRequest, NotFound
from kanal.ids import MEDIA_ID, ChannelRef, MediaId, NewToken, derived_token
from kanal.media.bucket import FORM_LASTS, MediaBucket
from kanal.media.kinds import wrong_content, wrong_size, wrong_type
from kanal.media.requests import AnnounceUpload
from kanal.media.uploads import Upload, UploadStore
from kanal.times import rfc3339

_HEADER_SAFE = re.compile(r"[\x20-\x7e]+")
_SPARE = timedelta(seconds=5)


@dataclass(frozen=True)
class Announcing:
    """What announcing needs."""

    channels: ChannelStore
    uploads: UploadStore
    bucket: MediaBucket
    new_token: NewToken
    clock: Clock


@dataclass(frozen=True)
class Look:
    """What a look into the bucket found."""

    upload: Upload
    state: Literal["awaiting_upload", "ready", "refused"]
    words: str | None = None


def announce_upload(
    parts: Announcing, ref: ChannelRef, idempotency_key: str | None, request: AnnounceUpload
) -> dict[str, Any]:
    """The upload as the API shows it, with the form. The same idempotency key gives the same upload.

    Raises NotFound, ChannelDisconnected, InvalidRequest, IdempotencyKeyReused.
    """
    if parts.channels.get(ref).state == "disconnected":
        raise ChannelDisconnected(WHY_NOT_SENDING["disconnected"])
    _check(request)
    token = derived_token("media", ref.prefix, idempotency_key) if idempotency_key else parts.new_token()
    upload = Upload(
        id=MediaId(f"med_{token}"),
        ref=ref,
        kind=request.type,
        mime_type=request.mime_type,
        size_bytes=request.size_bytes,
        filename=request.filename,
        created_at=parts.clock(),
        request_digest=derived_token(*(str(value) for value in request.model_dump().values())),
    )
    if not parts.uploads.add(upload):
        known = parts.uploads.get(ref, upload.id)
        if known is None or known.request_digest != upload.request_digest:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used before for another file. Use a new key for each file."
            )
        upload = known
    form = parts.bucket.form(ref, upload.id, upload.mime_type, upload.size_bytes)
    return {
        **as_json(Look(upload, "ready" if upload.etag else "awaiting_upload")),
        "upload": _form(parts, form),
    }


def get_upload(parts: Announcing, ref: ChannelRef, media_id: MediaId) -> dict[str, Any]:
    """The upload as the API shows it. Raises NotFound."""
    parts.channels.get(ref)
    upload = parts.uploads.get(ref, media_id) if MEDIA_ID.fullmatch(media_id) else None
    if upload is None:
        raise NotFound(f"There is no upload {media_id[:40]} in this channel.")
    return as_json(look(parts.uploads, parts.bucket, upload))


def look(uploads: UploadStore, bucket: MediaBucket, upload: Upload) -> Look:
    """Whether the file is there and what it was announced to be; once it was found so, it is not looked at
    again.
    """
    if upload.etag:
        return Look(upload, "ready")
    peek = bucket.peek(upload.ref, upload.id)
    if peek is None:
        return Look(upload, "awaiting_upload")
    if (peek.size_bytes, peek.mime_type) != (upload.size_bytes, upload.mime_type):
        return Look(upload, "refused", "The file has another size or type than was announced.")
    if wrong := wrong_content(upload.kind, upload.mime_type, upload.size_bytes, peek.head):
        return Look(upload, "refused", wrong)
    return Look(uploads.record_found(upload, peek.etag), "ready")


def as_json(found: Look) -> dict[str, Any]:
    upload = found.upload
    return {
        "id": upload.id,
        "channel_id": upload.ref.channel_id,
        "type": upload.kind,
        "mime_type": upload.mime_type,
        "size_bytes": upload.size_bytes,
        "filename": upload.filename,
        "state": found.state,
        "message": found.words,
        "created_at": rfc3339(upload.created_at),
    }


def _form(parts: Announcing, form: Mapping[str, Any]) -> dict[str, Any]:
    expires_at = rfc3339(parts.clock() + FORM_LASTS - _SPARE)
    return {"method": "POST", "url": form["url"], "fields": form["fields"], "expires_at": expires_at}


def _check(request: AnnounceUpload) -> None:
    unsafe = "must hold plain characters only" if not _HEADER_SAFE.fullmatch(request.mime_type) else None
    wrong = {
        "/mime_type": unsafe or wrong_type(request.type, request.mime_type),
        "/size_bytes": wrong_size(request.type, request.size_bytes),
    }
    found = [FieldError(pointer, words, "media_not_allowed") for pointer, words in wrong.items() if words]
    if found:
        raise InvalidRequest(*found)
