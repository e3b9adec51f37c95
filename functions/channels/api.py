"""/v1/channels: connect, list, read, change, disconnect; /v1/health."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Query

from kanal import composition
from kanal.channels.configure import change_channel, disconnect_channel
from kanal.channels.connect import connect_channel
from kanal.channels.model import as_json
from kanal.channels.requests import ChangeChannel, ConnectChannel
from kanal.http.api import Api
from kanal.http.cursors import cursor_of, position_of
from kanal.http.idempotency import optional_key
from kanal.ids import ChannelId, ChannelRef

api = Api()
handler = api.handle


@api.post("/v1/channels")
def connect(
    request: Annotated[ConnectChannel, Body()],
    key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> tuple[dict[str, Any], int]:
    workspace = api.workspace("channels:write")
    parts = composition.connecting(api.base_url())
    return as_json(connect_channel(parts, workspace, request, optional_key(key))), 201


@api.get("/v1/channels")
def list_channels(
    cursor: Annotated[str | None, Query()] = None, limit: Annotated[int, Query(ge=1, le=100)] = 50
) -> dict[str, Any]:
    workspace = api.workspace("channels:read")
    after = position_of(cursor, prefix="chn_")
    page, last = composition.channels().page(workspace, ChannelId(after) if after else None, limit)
    return {"data": [as_json(channel) for channel in page], "next_cursor": cursor_of(last)}


@api.get("/v1/channels/<channel_id>")
def read(channel_id: str) -> dict[str, Any]:
    return as_json(composition.channels().get(_ref("channels:read", channel_id)))


@api.patch("/v1/channels/<channel_id>")
def change(channel_id: str, request: Annotated[ChangeChannel, Body()]) -> dict[str, Any]:
    return as_json(change_channel(composition.channels(), _ref("channels:write", channel_id), request))


@api.delete("/v1/channels/<channel_id>")
def disconnect(channel_id: str) -> Response[None]:
    disconnect_channel(composition.channels(), composition.providers(), _ref("channels:write", channel_id))
    return Response(204)


@api.get("/v1/health")
def health() -> dict[str, Any]:
    return {"status": "ok"}


def _ref(scope: str, channel_id: str) -> ChannelRef:
    return ChannelRef(api.workspace(scope), ChannelId(channel_id))
