"""The event about a broadcast: it has come into another state."""

from kanal.aws.bus import Event
from kanal.broadcasts.model import Broadcast, as_json
from kanal.ids import derived_token


def broadcast_updated(broadcast: Broadcast) -> Event:
    """The same for every publication of the same change."""
    ref, change = broadcast.ref, str(broadcast.changes)
    event_id = "evt_" + derived_token("broadcast.updated", ref.prefix, broadcast.id, change)
    shown = as_json(broadcast)
    del shown["template"]["components"]  # texts that people will read
    whose = {"workspace_id": ref.workspace_id, "channel_id": ref.channel_id}
    return Event(event_id, "broadcast.updated", {**whose, "broadcast": shown})
