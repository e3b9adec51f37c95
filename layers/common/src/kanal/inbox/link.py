"""Links to the files of messages that came in: short-lived, for whoever has them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kanal.clock import Clock
from kanal.errors import MediaFailed, MediaPending, NotFound
from kanal.ids import ChannelRef, MessageId
from kanal.media.bucket import LINK_LASTS, MediaBucket
from kanal.messages.store import MessageStore
from kanal.times import rfc3339

_SPARE = timedelta(seconds=5)


@dataclass(frozen=True)
class Linking:
    """What linking needs."""

    messages: MessageStore
    bucket: MediaBucket
    clock: Clock


def link_to_file(parts: Linking, ref: ChannelRef, message_id: MessageId) -> dict[str, Any]:
    """Raises NotFound (also for a message without a file), MediaPending, MediaFailed."""
    message = parts.messages.existing(ref, message_id)
    media = message.media
    if media is None:
        raise NotFound(f"No file came with message {message_id}.")
    if media.state == "pending":
        raise MediaPending("The file is still being fetched. The event message.media tells when it is there.")
    if media.state == "failed":
        raise MediaFailed(f"The file was given up: {media.words}", reason=media.reason)
    return {
        "url": parts.bucket.link(ref, message.id),
        "expires_at": rfc3339(parts.clock() + LINK_LASTS - _SPARE),
        "mime_type": media.mime_type,
        "size_bytes": media.size_bytes,
        "sha256": media.sha256,
    }
