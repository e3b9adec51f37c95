"""Fetches the file of a message that came in: look up, download, compare, store, tell.

A crash between any two steps leaves the message `pending`, and the queue shows the job again. Trouble that
passes is tried again until WhatsApp forgets the file; what does not pass is shown on the message.
"""

import mimetypes
import random
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import IO, Literal

from kanal.aws.bus import Bus
from kanal.aws.queue import Again, Done, Queue, backoff_seconds, seconds_until_next_try
from kanal.channels.cached import RecentChannels
from kanal.channels.credentials import Providers
from kanal.channels.model import Channel
from kanal.clock import Clock
from kanal.ids import NewToken
from kanal.media.bucket import MediaBucket
from kanal.media.budget import BLOCKED_FOR
from kanal.media.budgetstore import BudgetStore
from kanal.media.jobs import Job
from kanal.media.kinds import plain_type
from kanal.media.model import AVAILABLE_FOR, Media, digest_of
from kanal.messages.events import message_media
from kanal.messages.model import Message
from kanal.messages.store import MessageStore
from kanal.observability import log_failure, logger
from kanal.providers.dialog360_media import Downloaded, Kind, Trouble


@dataclass(frozen=True)
class Fetching:
    """What fetching needs. `jitter` gives a number from 0 to 1."""

    recent_channels: RecentChannels
    messages: MessageStore
    providers: Providers
    bucket: MediaBucket
    budgets: BudgetStore
    bus: Bus
    clock: Clock
    new_token: NewToken
    remaining_seconds: Callable[[], float]
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True)
class Remedy:
    """What to do about a trouble: give up, ask again later, or leave the whole channel alone for a while."""

    then: Literal["give_up", "try_again", "close_channel"]
    closed_for: timedelta = timedelta(0)


REMEDIES: dict[Kind, Remedy] = {
    "unknown_id": Remedy("give_up"),
    "refused_host": Remedy("give_up"),
    "too_large": Remedy("give_up"),
    "link_expired": Remedy("try_again"),  # a new link was tried at once
    "unavailable": Remedy("try_again"),
    "unreadable": Remedy("try_again"),
    "refused": Remedy("try_again"),  # unpaid invoices and switched-off numbers are a plain 400 of 360dialog's
    "no_access": Remedy("close_channel", timedelta(minutes=10)),
    "blocked": Remedy("close_channel", timedelta(microseconds=BLOCKED_FOR)),
}
_MOST_MISMATCHES = 3
_LONGEST_WAIT_SECONDS = 3600.0
_FIRST_WAIT_SECONDS = 15.0
_MOST_PATIENCE_SECONDS = 300.0
_NOTHING = Remedy("try_again")
_ANY_TYPE = "application/octet-stream"
_LONGEST_NAME = 130
"""S3 takes 2 KB about an object, and a letter may be twelve in its spelling."""
_HEADER_SAFE = re.compile(r"[\x20-\x7e]+")


def fetch_jobs(parts: Fetching, queue: Queue, jobs: Sequence[Job]) -> list[str]:
    """The queue ids of the jobs that have to come again."""
    left = []
    for job in jobs:
        try:
            ending = fetch_media(parts, job)
        except Exception as error:  # noqa: BLE001  # the queue shows it again, and gives up on it in the end
            log_failure("A file could not be fetched", error, message_id=job.message_id)
            ending = Again(seconds_until_next_try(job.receives))
        if isinstance(ending, Again):
            queue.give_back(job.receipt_handle, ending.after_seconds, message_id=job.message_id)
            left.append(job.queue_id)
    return left


def fetch_media(parts: Fetching, job: Job) -> Done | Again:
    """Idempotent: a file that is stored or given up stays so."""
    message = parts.messages.get(job.ref, job.message_id)
    if message is None or message.media is None:
        logger.error("A queued file belongs to no message", extra={"message_id": job.message_id})
        return Done()
    if message.media.state != "pending":
        if job.receives > 1:
            parts.bus.publish([message_media(message)])
        return Done()
    # The id is as old as its webhook, not as the message: the history tells of files of two weeks ago.
    if parts.clock() - message.created_at >= AVAILABLE_FOR:
        words = "WhatsApp keeps a file for seven days; it could not be fetched in that time."
        return _give_up(parts, message, message.media, "expired", words)
    channel = parts.recent_channels.find(job.ref)
    if channel is None or channel.state == "disconnected":
        words = "The channel was disconnected before the file was fetched."
        return _give_up(parts, message, message.media, "channel_disconnected", words)
    if channel.state == "credentials_invalid":
        return Again(_LONGEST_WAIT_SECONDS)
    return _visit(parts, job, channel, message, message.media)


def _visit(parts: Fetching, job: Job, channel: Channel, message: Message, media: Media) -> Done | Again:
    provider, fetch_id = parts.providers.media_of(channel), parts.new_token()
    if wait := parts.budgets.begin(job.ref, fetch_id):
        return Again(wait.time.total_seconds() + _patience(parts, job))
    with tempfile.TemporaryFile() as file:
        visit = provider.fetch(media.media_id, file, parts.remaining_seconds)
        ending = visit.ending
        remedy = REMEDIES[ending.kind] if isinstance(ending, Trouble) else _NOTHING
        parts.budgets.end(job.ref, fetch_id, visit.errors, remedy.closed_for)
        if isinstance(ending, Trouble):
            return _after_trouble(parts, job, message, media, ending)
        expected = media.sha256 or _hex(ending.told_sha256)
        if expected and expected != ending.sha256.hex():
            return _after_mismatch(parts, job, message, media)
        return _store(parts, message, media, ending, file)


def _store(
    parts: Fetching, message: Message, media: Media, downloaded: Downloaded, file: IO[bytes]
) -> Done | Again:
    file.seek(0)
    mime_type = media.mime_type if media.mime_type and _HEADER_SAFE.fullmatch(media.mime_type) else _ANY_TYPE
    parts.bucket.put_received(
        message.ref,
        message.id,
        file,
        downloaded.sha256,
        mime_type=mime_type,
        filename=_filename(message, mime_type),
    )
    stored = replace(
        media,
        state="stored",
        sha256=downloaded.sha256.hex(),
        size_bytes=downloaded.size_bytes,
        ended_at=parts.clock(),
    )
    return _end(parts, message, stored)


def _filename(message: Message, mime_type: str) -> str:
    """As the sender named the file; else the message's id with the ending of the type."""
    given = message.content.get("filename") if isinstance(message.content, dict) else None
    if isinstance(given, str) and given:
        return given.encode(errors="replace").decode()[-_LONGEST_NAME:]
    return message.id + (mimetypes.guess_extension(plain_type(mime_type)) or "")


def _after_trouble(
    parts: Fetching, job: Job, message: Message, media: Media, trouble: Trouble
) -> Done | Again:
    logger.info("File not fetched", extra={"message_id": message.id, "why": trouble.kind})
    match REMEDIES[trouble.kind].then:
        case "give_up":
            return _give_up(parts, message, media, trouble.kind, trouble.words)
        case "close_channel":
            return Again(REMEDIES[trouble.kind].closed_for.total_seconds() + _patience(parts, job))
        case "try_again":
            return Again(_backoff(parts, job.receives))


def _after_mismatch(parts: Fetching, job: Job, message: Message, media: Media) -> Done | Again:
    if media.mismatches + 1 >= _MOST_MISMATCHES:
        words = f"The file's bytes did not have the hash that WhatsApp announced, {_MOST_MISMATCHES} times."
        return _give_up(parts, message, media, "hash_mismatch", words)
    parts.messages.record_media(message, replace(media, mismatches=media.mismatches + 1))
    return Again(_backoff(parts, job.receives))


def _give_up(parts: Fetching, message: Message, media: Media, reason: str, words: str) -> Done | Again:
    logger.warning("A file was given up", extra={"message_id": message.id, "reason": reason})
    failed = replace(media, state="failed", reason=reason, words=words, ended_at=parts.clock())
    return _end(parts, message, failed)


def _end(parts: Fetching, message: Message, media: Media) -> Done | Again:
    """Another worker with the same job may have been faster; what it recorded stays."""
    ended, is_ours = parts.messages.record_media(message, media)
    if ended and is_ours:
        parts.bus.publish([message_media(ended)])
    return Done()


def _backoff(parts: Fetching, receives: int) -> float:
    """Exponential, with the upper half random."""
    return backoff_seconds(_FIRST_WAIT_SECONDS, receives, _LONGEST_WAIT_SECONDS, parts.jitter())


def _patience(parts: Fetching, job: Job) -> float:
    """On top of a wait that many share, so that they do not all come at once: more, the longer one waits."""
    return parts.jitter() * min(5.0 * job.receives, _MOST_PATIENCE_SECONDS)


def _hex(told: object) -> str | None:
    digest = digest_of(told)
    return digest.hex() if digest else None
