"""Uploads in messages: checked when a message is accepted, at the provider before it is sent.

Each file goes to the provider once; its id there is used for all messages until it is about to expire. That
happens before a message waits for its turn and is claimed, so a slow upload leaves nothing in doubt.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from kanal.aws.queue import Again, backoff_seconds
from kanal.channels.credentials import Providers
from kanal.channels.model import Channel
from kanal.clock import Clock
from kanal.errors import FieldError, InvalidRequest, MediaNotUploaded
from kanal.ids import ChannelRef, MediaId
from kanal.media.announce import look
from kanal.media.bucket import MediaBucket
from kanal.media.kinds import plain_type
from kanal.media.uploads import Upload, UploadStore
from kanal.observability import logger
from kanal.providers.dialog360_media import Uploaded
from kanal.providers.form import FileToSend, OutOfTime
from kanal.providers.outcomes import Refused, TryLater
from kanal.sending.content.media import Use, media_uses
from kanal.sending.lines import Entry

LEASE_LASTS = timedelta(minutes=3)
"""Longer than a worker lives: whoever holds a lease that has ended is gone."""
_NEEDS = timedelta(seconds=60)
"""What a worker must have left to begin an upload."""
_LEAVES = timedelta(seconds=35)
"""What an upload leaves of a worker's time, for sending the message."""
_GIVE_UP_AFTER = timedelta(hours=24)
_LONGEST_WAIT_SECONDS = 300.0
_VOICE_TYPE = "audio/ogg"
_WHILE_ANOTHER_UPLOADS_SECONDS = 2.0


@dataclass(frozen=True)
class Uploading:
    """What uploads need. `jitter` gives a number from 0 to 1."""

    uploads: UploadStore
    bucket: MediaBucket
    providers: Providers
    clock: Clock
    jitter: Callable[[], float] = random.random


# --- accepting ---


def check_uploads(
    uploads: UploadStore, bucket: MediaBucket, ref: ChannelRef, message_type: str, content: Any
) -> None:
    """Each upload is there, is what it was announced to be, and fits its place.

    Raises InvalidRequest for those that do not, all at once; MediaNotUploaded.
    """
    wrong: list[FieldError] = []
    missing: list[MediaId] = []
    for use in media_uses(message_type, content):
        upload = uploads.get(ref, use.media_id)
        if upload is None or upload.kind != use.kind:
            wrong.append(_misused(use, upload))
            continue
        if message_type == "audio" and content.get("voice") and plain_type(upload.mime_type) != _VOICE_TYPE:
            words = f"needs a file of type {_VOICE_TYPE} with the OPUS codec"
            wrong.append(FieldError("/audio/voice", words, "media_kind"))
        found = look(uploads, bucket, upload)
        if found.state == "refused":
            wrong.append(FieldError(use.pointer, str(found.words), "media_content"))
        elif found.state == "awaiting_upload":
            missing.append(use.media_id)
    if wrong:
        raise InvalidRequest(*wrong)
    if missing:
        raise MediaNotUploaded(
            f"The file of {missing[0]} was not uploaded yet. Upload it with the form that announced it, then"
            " send the message again."
        )


def _misused(use: Use, upload: Upload | None) -> FieldError:
    if upload is None:
        return FieldError(use.pointer, "is no upload of this channel", "media_unknown")
    words = f"is an upload of type {upload.kind}, and here must be one of type {use.kind}"
    return FieldError(use.pointer, words, "media_kind")


# --- sending ---


def provider_ids(
    parts: Uploading, entry: Entry, channel: Channel | None, deadline: datetime
) -> Mapping[MediaId, str] | Again | Refused:
    """The provider's id of each upload of the message; what is not there yet is uploaded now."""
    ids: dict[MediaId, str] = {}
    if not _sends(channel):
        return ids
    for media_id in entry.media_ids:
        ending = _provider_id(parts, entry, channel, media_id, deadline)
        if not isinstance(ending, str):
            return ending
        ids[media_id] = ending
    return ids


def _sends(channel: Channel | None) -> TypeGuard[Channel]:
    return channel is not None and channel.state == "active"


def _provider_id(
    parts: Uploading, entry: Entry, channel: Channel, media_id: MediaId, deadline: datetime
) -> str | Again | Refused:
    upload, now = parts.uploads.get(entry.ref, media_id), parts.clock()
    if upload is None or upload.etag is None:
        return _refused("media_not_uploaded", "The message names an upload whose file is not there.")
    if known := upload.at_provider(now):
        return known
    if now + _NEEDS > deadline:
        return Again(0)
    upload, leased = parts.uploads.lease(upload, now, now + LEASE_LASTS)
    if not leased:
        return upload.at_provider(now) or Again(_WHILE_ANOTHER_UPLOADS_SECONDS)
    return _hand_over(parts, entry, channel, upload, deadline - _LEAVES)


def _hand_over(
    parts: Uploading, entry: Entry, channel: Channel, upload: Upload, until: datetime
) -> str | Again | Refused:
    """The lease is held: from S3 to the provider. Should anything here raise, it ends by itself."""
    chunks = parts.bucket.chunks(upload.ref, upload.id, upload.etag or "")
    if chunks is None:
        return _refused("media_gone", "The file of the message was removed or changed since it was accepted.")
    name = upload.filename or upload.id
    file = FileToSend(_in_time(chunks, parts.clock, until), upload.size_bytes, upload.mime_type, name)
    ending = parts.providers.media_of(channel).upload(file)
    if isinstance(ending, Uploaded):
        parts.uploads.record_at_provider(upload, ending.media_id, parts.clock())
        return ending.media_id
    logger.info("File not uploaded", extra={"media_id": upload.id, "code": ending.error["code"]})
    parts.uploads.release(upload)
    if isinstance(ending, Refused):
        return ending
    if parts.clock() - entry.entered_at >= _GIVE_UP_AFTER:
        return Refused(ending.error)
    return Again(_wait_seconds(parts, entry, ending))


def _in_time(chunks: Iterator[bytes], clock: Clock, until: datetime) -> Iterator[bytes]:
    for chunk in chunks:
        if clock() > until:
            raise OutOfTime
        yield chunk


def _wait_seconds(parts: Uploading, entry: Entry, trouble: TryLater) -> float:
    """As the provider asks, else exponential from two seconds, with the upper half random."""
    backoff = backoff_seconds(2.0, entry.tries + 1, _LONGEST_WAIT_SECONDS, parts.jitter())
    return min(max(trouble.after_seconds or 0.0, backoff), _LONGEST_WAIT_SECONDS)


def _refused(code: str, words: str) -> Refused:
    advice = "Upload the file again and send the message with a new Idempotency-Key."
    return Refused({"code": code, "title": words, "message": words, "advice": advice})
