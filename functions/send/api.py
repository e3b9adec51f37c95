"""/v1/channels/{channel_id}/messages: accept a message, show or cancel one, mark one as read."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from kanal import composition
from kanal.http.api import Api
from kanal.http.idempotency import checked_key
from kanal.http.parameters import IdempotencyKey, Json
from kanal.ids import MessageId
from kanal.messages.model import as_json
from kanal.sending.accept import accept_message, get_message
from kanal.sending.cancel import cancel_message
from kanal.sending.mark_read import mark_read
from kanal.sending.requests import TAGGED_UNIONS, MarkRead, SendMessage

api = Api(TAGGED_UNIONS)
handler = api.handle


@api.post("/v1/channels/<channel_id>/messages")
def accept(
    channel_id: str, request: Annotated[SendMessage, Body()], key: IdempotencyKey = None
) -> tuple[Json, int]:
    ref = api.channel("messages:write", channel_id)
    return as_json(accept_message(composition.accepting(), ref, checked_key(key), request)), 202


@api.get("/v1/channels/<channel_id>/messages/<message_id>")
def read(channel_id: str, message_id: str) -> Json:
    ref = api.channel("messages:read", channel_id)
    return as_json(get_message(composition.accepting(), ref, MessageId(message_id)))


@api.delete("/v1/channels/<channel_id>/messages/<message_id>")
def cancel(channel_id: str, message_id: str) -> Json:
    ref = api.channel("messages:write", channel_id)
    return as_json(cancel_message(composition.cancelling(), ref, message_id))


@api.post("/v1/channels/<channel_id>/messages/<message_id>/read")
def read_receipt(
    channel_id: str, message_id: str, request: Annotated[MarkRead | None, Body()] = None
) -> Json:
    ref, parts = api.channel("messages:write", channel_id), composition.marking_read()
    typing = request is not None and request.typing_indicator
    return mark_read(parts, ref, MessageId(message_id), typing=typing)
