"""The bucket of files, one prefix a channel.

| key | holds |
|---|---|
| media/workspace/channel/message id | the file of a message that came in |
"""

import base64
from typing import IO, TYPE_CHECKING

from kanal.ids import ChannelRef, MessageId

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class MediaBucket:
    def __init__(self, name: str, client: "S3Client") -> None:
        self._name = name
        self._client = client

    def put_received(
        self, ref: ChannelRef, message_id: MessageId, file: IO[bytes], sha256: bytes, mime_type: str
    ) -> None:
        """Idempotent. S3 itself compares what it got with the hash."""
        self._client.put_object(
            Bucket=self._name,
            Key=_received(ref, message_id),
            Body=file,
            ContentType=mime_type,
            ChecksumSHA256=base64.b64encode(sha256).decode(),
        )


def _received(ref: ChannelRef, message_id: MessageId) -> str:
    return f"media/{ref.workspace_id}/{ref.channel_id}/{message_id}"
