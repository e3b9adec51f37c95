"""The events about a channel: what WhatsApp reported of it, and that it stopped sending."""

import json
from collections.abc import Mapping
from datetime import datetime

from kanal.aws.bus import MAX_DETAIL_BYTES, Event
from kanal.channels.model import WHY_NOT_SENDING, State
from kanal.channels.reports import Report, as_json, one_as_json
from kanal.ids import ChannelRef, derived_token
from kanal.times import rfc3339

_ROOM_FOR_THE_REST = 16 * 1024


def channel_updated(ref: ChannelRef, field: str, report: Report, known: Mapping[str, Report]) -> Event:
    """`changed` is what was reported, under its place in what is known; the rest is as it is after it.

    A rest too large for an event is left out (`facts_omitted`); the channel has it over the API.
    """
    facts = as_json(known)
    if len(json.dumps(facts)) > MAX_DETAIL_BYTES - _ROOM_FOR_THE_REST:
        facts = {"facts_omitted": True}
    event_id = "evt_" + derived_token("channel.updated", ref.prefix, report.digest)
    return Event(
        event_id, "channel.updated", {**_whose(ref), "field": field, "changed": one_as_json(report), **facts}
    )


def channel_stopped(ref: ChannelRef, state: State, at: datetime, because: str) -> Event:
    """`because` names the message whose refusal told it: a repetition of that is no other stop."""
    event_id = "evt_" + derived_token("channel.stopped", ref.prefix, state, because)
    told = {"state": state, "at": rfc3339(at), "advice": WHY_NOT_SENDING[state]}
    return Event(event_id, "channel.stopped", {**_whose(ref), **told})


def channel_bulk_paused(ref: ChannelRef, until: datetime) -> Event:
    event_id = "evt_" + derived_token("channel.bulk_paused", ref.prefix, rfc3339(until))
    return Event(event_id, "channel.bulk_paused", {**_whose(ref), "until": rfc3339(until)})


def _whose(ref: ChannelRef) -> Mapping[str, str]:
    return {"workspace_id": ref.workspace_id, "channel_id": ref.channel_id}
