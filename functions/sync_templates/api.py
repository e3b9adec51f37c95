"""/v1/channels/{channel_id}/templates: list, sync now."""

from kanal import composition
from kanal.http.api import Api
from kanal.http.cursors import cursor_of, position_of
from kanal.http.parameters import Cursor, Json, Limit
from kanal.templates.model import as_json
from kanal.templates.sync import sync_templates

api = Api()
handler = api.handle


@api.get("/v1/channels/<channel_id>/templates")
def list_templates(channel_id: str, cursor: Cursor = None, limit: Limit = 50) -> Json:
    ref = api.channel("templates:read", channel_id)
    composition.channels().get(ref)
    store = composition.templates()
    page, last = store.page(ref, position_of(cursor, prefix="template#"), limit)
    report = store.report(ref) or {}
    return {
        "data": [as_json(template) for template in page],
        "synced_at": report.get("synced_at"),
        "next_cursor": cursor_of(last),
    }


@api.post("/v1/channels/<channel_id>/templates/sync")
def sync(channel_id: str) -> Json:
    ref = api.channel("templates:write", channel_id)
    report = sync_templates(composition.syncing(), ref)
    return {"synced_at": report["synced_at"], "report": report}
