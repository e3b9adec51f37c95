"""/v1/channels: connect, list, read, change, disconnect; /v1/health and /v1/openapi.json."""

from aws_lambda_powertools.event_handler import Response

from kanal import composition
from kanal.channels.configure import change_channel, disconnect_channel
from kanal.channels.connect import connect_channel
from kanal.channels.model import as_json
from kanal.channels.requests import ChangeChannel, ConnectChannel
from kanal.clock import utc_now
from kanal.http.api import Api
from kanal.http.cursors import cursor_of, position_of
from kanal.http.idempotency import optional_key
from kanal.http.parameters import Cursor, IdempotencyKey, Json, Limit

api = Api()
handler = api.handle


@api.post("/v1/channels")
def connect(request: ConnectChannel, key: IdempotencyKey = None) -> tuple[Json, int]:
    workspace, parts = api.workspace("channels:write"), composition.connecting(api.base_url())
    return as_json(connect_channel(parts, workspace, request, optional_key(key))), 201


@api.get("/v1/channels")
def list_channels(cursor: Cursor = None, limit: Limit = 50) -> Json:
    workspace = api.workspace("channels:read")
    page, last = composition.channels().page(workspace, position_of(cursor, prefix="chn_"), limit)
    return {"data": [as_json(channel) for channel in page], "next_cursor": cursor_of(last)}


@api.get("/v1/channels/<channel_id>")
def read(channel_id: str) -> Json:
    ref = api.channel("channels:read", channel_id)
    return as_json(composition.channels().get(ref))


@api.patch("/v1/channels/<channel_id>")
def change(channel_id: str, request: ChangeChannel) -> Json:
    ref, channels = api.channel("channels:write", channel_id), composition.channels()
    return as_json(change_channel(channels, ref, request, utc_now(), composition.send_queue().put_turns))


@api.delete("/v1/channels/<channel_id>")
def disconnect(channel_id: str) -> Response[str]:
    ref = api.channel("channels:write", channel_id)
    disconnect_channel(composition.channels(), composition.providers(), ref)
    return Response(204, body="")


@api.get("/v1/health")
def health() -> Json:
    return {"status": "ok"}


@api.get("/v1/openapi.json")
def describe() -> Response[str]:
    return api.description()
