"""The event about a channel: what WhatsApp reported of it."""

import json
from collections.abc import Mapping

from kanal.aws.bus import MAX_DETAIL_BYTES, Event
from kanal.channels.reports import Report, as_json, one_as_json
from kanal.ids import ChannelRef, derived_token

_ROOM_FOR_THE_REST = 16 * 1024


def channel_updated(ref: ChannelRef, field: str, report: Report, known: Mapping[str, Report]) -> Event:
    """`changed` is what was reported, under its place in what is known; the rest is as it is after it.

    A rest too large for an event is left out (`facts_omitted`); the channel has it over the API.
    """
    facts = as_json(known)
    if len(json.dumps(facts)) > MAX_DETAIL_BYTES - _ROOM_FOR_THE_REST:
        facts = {"facts_omitted": True}
    event_id = "evt_" + derived_token("channel.updated", ref.prefix, report.digest)
    whose = {"workspace_id": ref.workspace_id, "channel_id": ref.channel_id}
    return Event(
        event_id, "channel.updated", {**whose, "field": field, "changed": one_as_json(report), **facts}
    )
