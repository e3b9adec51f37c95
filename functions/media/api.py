"""/v1/channels/{channel_id}/media: uploads; .../messages/{message_id}/media: links to files that came in."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from kanal import composition
from kanal.http.api import Api
from kanal.http.idempotency import optional_key
from kanal.http.parameters import IdempotencyKey, Json
from kanal.ids import MediaId, MessageId
from kanal.inbox.link import link_to_file
from kanal.media.announce import announce_upload, get_upload
from kanal.media.requests import AnnounceUpload

api = Api()
handler = api.handle


@api.post("/v1/channels/<channel_id>/media")
def announce(
    channel_id: str, request: Annotated[AnnounceUpload, Body()], key: IdempotencyKey = None
) -> tuple[Json, int]:
    ref = api.channel("messages:write", channel_id)
    return announce_upload(composition.announcing(), ref, optional_key(key), request), 201


@api.get("/v1/channels/<channel_id>/media/<media_id>")
def read(channel_id: str, media_id: str) -> Json:
    ref = api.channel("messages:read", channel_id)
    return get_upload(composition.announcing(), ref, MediaId(media_id))


@api.get("/v1/channels/<channel_id>/messages/<message_id>/media")
def link(channel_id: str, message_id: str) -> Json:
    ref = api.channel("messages:read", channel_id)
    return link_to_file(composition.linking(), ref, MessageId(message_id))
