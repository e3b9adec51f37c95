"""Events about what comes in and is no message. Ids follow from the fact, so a repetition has the same."""

from collections.abc import Mapping
from typing import Any

from kanal import rawjson
from kanal.aws.bus import Event
from kanal.ids import ChannelRef, derived_token


def history_imported(ref: ChannelRef, chunk: Mapping[str, Any]) -> Event:
    """A chunk of the history was taken in: how far the whole has come, and why it comes no further."""
    about = chunk.get("metadata")
    about = about if isinstance(about, dict) else {}
    errors = chunk.get("errors")
    told: dict[str, Any] = {name: about.get(name) for name in ("phase", "chunk_order", "progress")}
    told["errors"] = errors if isinstance(errors, list) else []
    return _event("history.imported", ref, told, told)


def group_updated(ref: ChannelRef, field: str, group: Mapping[str, Any]) -> Event:
    """Something about a group changed; the details are WhatsApp's own."""
    return _event("group.updated", ref, [field, group], {"field": field, "group": group})


def _event(kind: str, ref: ChannelRef, fact: Any, detail: Mapping[str, Any]) -> Event:
    event_id = "evt_" + derived_token(kind, ref.prefix, rawjson.write(fact))
    return Event(event_id, kind, {"workspace_id": ref.workspace_id, "channel_id": ref.channel_id, **detail})
