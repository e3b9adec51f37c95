"""The event about a template: what a webhook told of it."""

import json
from typing import Any

from kanal.aws.bus import MAX_DETAIL_BYTES, Event
from kanal.ids import ChannelRef, derived_token
from kanal.templates.model import Template, as_json
from kanal.templates.updates import TemplateUpdate

_ROOM_FOR_THE_REST = 8 * 1024


def template_updated(ref: ChannelRef, update: TemplateUpdate, template: Template | None) -> Event:
    """`told` is WhatsApp's own object; `template` is as it is afterwards, null if it is not known yet.

    Both are left out of an event that would be too large (`content_omitted`); the API has the template.
    """
    shown: dict[str, Any] = {"told": update.said, "template": as_json(template) if template else None}
    if len(json.dumps(shown)) > MAX_DETAIL_BYTES - _ROOM_FOR_THE_REST:
        shown = {"told": None, "template": None, "content_omitted": True}
    detail = {
        "workspace_id": ref.workspace_id,
        "channel_id": ref.channel_id,
        "aspect": update.aspect,
        "id": update.provider_id or None,
        "name": update.name or None,
        "language": update.language or None,
        **shown,
    }
    event_id = "evt_" + derived_token("template.updated", ref.prefix, update.digest)
    return Event(event_id, "template.updated", detail)
