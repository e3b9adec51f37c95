"""The bucket of files, one prefix a channel.

| key | holds |
|---|---|
| media/workspace/channel/message id | the file of a message that came in |
| uploads/workspace/channel/media id | a file that is to be sent |
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

from kanal.aws.files import read_if_there, size_of
from kanal.ids import ChannelRef, MediaId, MessageId
from kanal.media.kinds import HEAD_BYTES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


LINK_LASTS = timedelta(minutes=5)
FORM_LASTS = timedelta(minutes=15)
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class Peek:
    """An object: what S3 knows of it, and how it begins."""

    etag: str
    size_bytes: int
    mime_type: str
    head: bytes


class MediaBucket:
    def __init__(self, name: str, client: "S3Client") -> None:
        self._name = name
        self._client = client

    def put_received(
        self,
        ref: ChannelRef,
        message_id: MessageId,
        file: IO[bytes],
        sha256: bytes,
        *,
        mime_type: str,
        filename: str,
    ) -> None:
        """Idempotent. S3 itself compares what it got with the hash. A browser saves the file under its name
        and never shows it.
        """
        self._client.put_object(
            Bucket=self._name,
            Key=_received(ref, message_id),
            Body=file,
            ContentType=mime_type,
            ContentDisposition=f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
            ChecksumSHA256=base64.b64encode(sha256).decode(),
        )

    def link(self, ref: ChannelRef, message_id: MessageId) -> str:
        """Whoever has it can get the file for LINK_LASTS. Links end up in logs, so it tells no name."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._name, "Key": _received(ref, message_id)},
            ExpiresIn=int(LINK_LASTS.total_seconds()),
        )

    # --- uploads ---

    def form(self, ref: ChannelRef, media_id: MediaId, mime_type: str, size_bytes: int) -> Mapping[str, Any]:
        """`url` and `fields` of a form with which a file of exactly this type and size can be uploaded, for
        FORM_LASTS.
        """
        return self._client.generate_presigned_post(
            self._name,
            _upload(ref, media_id),
            Fields={"Content-Type": mime_type},
            Conditions=[{"Content-Type": mime_type}, ["content-length-range", size_bytes, size_bytes]],
            ExpiresIn=int(FORM_LASTS.total_seconds()),
        )

    def peek(self, ref: ChannelRef, media_id: MediaId) -> Peek | None:
        """None while nothing was uploaded."""
        key, head = _upload(ref, media_id), f"bytes=0-{HEAD_BYTES - 1}"
        answer = read_if_there(self._client, self._name, key, Range=head)
        if answer is None:
            return None
        return Peek(answer["ETag"], size_of(answer), answer["ContentType"], answer["Body"].read())

    def chunks(self, ref: ChannelRef, media_id: MediaId, etag: str) -> Iterator[bytes] | None:
        """The file piece by piece; None if it is not there any more as it was found."""
        answer = read_if_there(self._client, self._name, _upload(ref, media_id), IfMatch=etag)
        return answer["Body"].iter_chunks(_CHUNK_BYTES) if answer else None


def _upload(ref: ChannelRef, media_id: MediaId) -> str:
    return f"uploads/{ref.workspace_id}/{ref.channel_id}/{media_id}"


def _received(ref: ChannelRef, message_id: MessageId) -> str:
    return f"media/{ref.workspace_id}/{ref.channel_id}/{message_id}"
