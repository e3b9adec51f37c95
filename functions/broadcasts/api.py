"""/v1/channels/{channel_id}/broadcasts: make, show, steer; who got it and who did not."""

from kanal import broadcast_composition as composition
from kanal.broadcasts import listing, making, ordering
from kanal.broadcasts.model import Order
from kanal.broadcasts.requests import MAX_BODY_BYTES, CreateBroadcast
from kanal.broadcasts.results import RecipientState as State
from kanal.http.api import Api
from kanal.http.cursors import cursor_of, position_of
from kanal.http.idempotency import checked_key
from kanal.http.parameters import Cursor, IdempotencyKey, Json, Limit

api = Api(max_body_bytes=MAX_BODY_BYTES)
handler = api.handle


@api.post("/v1/channels/<channel_id>/broadcasts")
def make(channel_id: str, request: CreateBroadcast, key: IdempotencyKey = None) -> tuple[Json, int]:
    ref = api.channel("broadcasts:write", channel_id)
    return making.make_broadcast(composition.making(), ref, checked_key(key), request), 201


@api.get("/v1/channels/<channel_id>/broadcasts")
def show_all(channel_id: str, cursor: Cursor = None, limit: Limit = 50) -> Json:
    ref = api.channel("broadcasts:read", channel_id)
    page, last = listing.list_broadcasts(composition.listing(), ref, position_of(cursor), limit)
    return {"data": page, "next_cursor": cursor_of(last)}


@api.get("/v1/channels/<channel_id>/broadcasts/<broadcast_id>")
def show(channel_id: str, broadcast_id: str) -> Json:
    ref = api.channel("broadcasts:read", channel_id)
    return listing.get_broadcast(composition.listing(), ref, broadcast_id)


@api.post("/v1/channels/<channel_id>/broadcasts/<broadcast_id>/<order>")
def obey(channel_id: str, broadcast_id: str, order: Order) -> Json:
    ref = api.channel("broadcasts:write", channel_id)
    return ordering.obey_caller(composition.ordering(), ref, broadcast_id, order)


@api.get("/v1/channels/<channel_id>/broadcasts/<broadcast_id>/recipients")
def recipients(
    channel_id: str, broadcast_id: str, state: State | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Json:
    ref, after = api.channel("broadcasts:read", channel_id), position_of(cursor)
    page, last = listing.list_recipients(composition.listing(), ref, broadcast_id, state, after, limit)
    return {"data": page, "next_cursor": cursor_of(last)}


@api.get("/v1/channels/<channel_id>/broadcasts/<broadcast_id>/failures")
def failures(channel_id: str, broadcast_id: str) -> Json:
    ref = api.channel("broadcasts:read", channel_id)
    return listing.link_to_failures(composition.listing(), ref, broadcast_id)
