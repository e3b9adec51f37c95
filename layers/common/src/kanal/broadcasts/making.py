"""Makes a broadcast: everything that can be refused is refused here, before a file is uploaded for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kanal import rawjson
from kanal.broadcasts.csvfile import RECIPIENT, column_name
from kanal.broadcasts.files import FORM_LASTS, BroadcastFiles, csv_text
from kanal.broadcasts.filling import columns_in, sample_of
from kanal.broadcasts.jobs import BroadcastQueue, Step
from kanal.broadcasts.model import Broadcast, as_json
from kanal.broadcasts.reading import check_content
from kanal.broadcasts.requests import BroadcastRecipient, CreateBroadcast
from kanal.broadcasts.store import BroadcastStore
from kanal.channels.model import WHY_NOT_SENDING
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.errors import ChannelCannotSend, FieldError, IdempotencyKeyReused, InvalidRequest
from kanal.ids import ChannelRef, broadcast_id, derived_token
from kanal.media.bucket import MediaBucket
from kanal.media.uploads import UploadStore
from kanal.sending.permission import sendable_template
from kanal.sending.uploads import check_uploads
from kanal.templates.store import TemplateStore
from kanal.times import rfc3339

LATEST_START = timedelta(days=90)
_SPARE = timedelta(seconds=5)
_FIRST_LOOK = timedelta(seconds=5)


@dataclass(frozen=True)
class Making:
    """What making a broadcast needs."""

    channels: ChannelStore
    templates: TemplateStore
    uploads: UploadStore
    media: MediaBucket
    broadcasts: BroadcastStore
    files: BroadcastFiles
    queue: BroadcastQueue
    clock: Clock


def make_broadcast(
    parts: Making, ref: ChannelRef, idempotency_key: str, request: CreateBroadcast
) -> dict[str, Any]:
    """The broadcast as the API shows it; without recipients, with the form for their file. The same key and
    request give the same broadcast.

    Raises NotFound, ChannelCannotSend, TemplateNotSendable, InvalidRequest, MediaNotUploaded,
    IdempotencyKeyReused, QueueUnavailable.
    """
    digest = derived_token(rawjson.write(request.model_dump(mode="json")))
    broadcast = parts.broadcasts.find(ref, broadcast_id(ref, idempotency_key))
    if broadcast is None:
        _check(parts, ref, request)
        broadcast = parts.broadcasts.add(_new(parts, ref, idempotency_key, request, digest)).broadcast
    if broadcast.request_digest != digest:
        raise IdempotencyKeyReused(
            "This Idempotency-Key was used before for another broadcast of this channel."
            " Use a new key for each broadcast."
        )
    if broadcast.state == "uploading":
        _begin(parts, broadcast, request.recipients)
    return {**as_json(broadcast), **({} if request.recipients else {"upload": _form(parts, broadcast)})}


def _begin(parts: Making, broadcast: Broadcast, recipients: Sequence[BroadcastRecipient] | None) -> None:
    """Recipients of a request become a file, so that there is one way in."""
    if recipients is not None:
        parts.files.put_recipients(broadcast, _as_csv(broadcast, recipients))
    after = timedelta(0) if recipients else _FIRST_LOOK
    parts.queue.put(Step(broadcast.ref, broadcast.id, "prepare"), after)


def _as_csv(broadcast: Broadcast, recipients: Sequence[BroadcastRecipient]) -> str:
    columns = [name for name in columns_in(broadcast.components) if name != RECIPIENT]
    given = [{column_name(name): value for name, value in one.values.items()} for one in recipients]
    rows = (
        [one.to, *(values.get(name, "") for name in columns)]
        for one, values in zip(recipients, given, strict=True)
    )
    return csv_text([[RECIPIENT, *columns], *rows])


def _check(parts: Making, ref: ChannelRef, request: CreateBroadcast) -> None:
    channel, wanted = parts.channels.get(ref), request.template
    if channel.state not in ("active", "paused"):
        raise ChannelCannotSend(WHY_NOT_SENDING[channel.state], state=channel.state)
    if request.send_at and request.send_at > parts.clock() + LATEST_START:
        words = f"must be at most {LATEST_START.days} days from now"
        raise InvalidRequest(FieldError("/send_at", words, "send_at"))
    template = sendable_template(parts.templates, ref, wanted.name, wanted.language.code)
    content: dict[str, Any] = {"name": wanted.name, "language": wanted.language.model_dump()}
    if wanted.components:
        content["components"] = sample_of(wanted.components)
    check_content(template, content)
    check_uploads(parts.uploads, parts.media, ref, "template", content)


def _new(
    parts: Making, ref: ChannelRef, idempotency_key: str, request: CreateBroadcast, digest: str
) -> Broadcast:
    return Broadcast(
        id=broadcast_id(ref, idempotency_key),
        ref=ref,
        name=request.name,
        template=request.template.name,
        language=request.template.language.code,
        components=request.template.components,
        source="json" if request.recipients else "csv",
        state="uploading",
        created_at=parts.clock(),
        request_digest=digest,
        starts_by_itself=request.start,
        send_at=request.send_at,
    )


def _form(parts: Making, broadcast: Broadcast) -> dict[str, Any]:
    form = parts.files.form(broadcast)
    expires_at = rfc3339(parts.clock() + FORM_LASTS - _SPARE)
    return {"method": "POST", "url": form["url"], "fields": form["fields"], "expires_at": expires_at}
