"""/v1/channels/{channel_id}/contacts: find, show, their messages; merge by hand, and undo it."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from kanal import composition
from kanal.contacts import desk
from kanal.contacts.requests import OtherContact
from kanal.http.api import Api
from kanal.http.cursors import cursor_of, position_of
from kanal.http.parameters import Cursor, Json, Limit

api = Api()
handler = api.handle

Search = Annotated[
    str | None, Query(max_length=150, description="A name, its beginning, a number, a user name or an id.")
]


@api.get("/v1/channels/<channel_id>/contacts")
def find(channel_id: str, q: Search = None, cursor: Cursor = None, limit: Limit = 50) -> Json:
    ref = api.channel("contacts:read", channel_id)
    page, last = desk.find(composition.desk(), ref, q, position_of(cursor), limit)
    return {"data": page, "next_cursor": cursor_of(last)}


@api.get("/v1/channels/<channel_id>/contacts/<contact_id>")
def show(channel_id: str, contact_id: str) -> Json:
    ref = api.channel("contacts:read", channel_id)
    return desk.show(composition.desk(), ref, contact_id)


@api.get("/v1/channels/<channel_id>/contacts/<contact_id>/messages")
def read_along(
    channel_id: str, contact_id: str, order: desk.Order = "asc", cursor: Cursor = None, limit: Limit = 50
) -> Json:
    ref = api.channel("messages:read", channel_id)
    page, last = desk.read_along(composition.desk(), ref, contact_id, order, position_of(cursor), limit)
    return {"data": page, "next_cursor": cursor_of(last)}


@api.post("/v1/channels/<channel_id>/contacts/<contact_id>/merge")
def merge(channel_id: str, contact_id: str, request: OtherContact) -> Json:
    ref = api.channel("contacts:write", channel_id)
    return desk.merge(composition.desk(), ref, contact_id, request.contact_id)


@api.post("/v1/channels/<channel_id>/contacts/<contact_id>/unmerge")
def unmerge(channel_id: str, contact_id: str, request: OtherContact) -> Json:
    ref = api.channel("contacts:write", channel_id)
    return desk.unmerge(composition.desk(), ref, contact_id, request.contact_id)
