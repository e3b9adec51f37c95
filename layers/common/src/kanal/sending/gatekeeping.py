"""Messages of broadcasts that are paused or cancelled while they stand in the lines."""

from kanal.aws.queue import Done
from kanal.ids import BroadcastId
from kanal.messages.events import message_outcome
from kanal.sending.deliver import Sending, Stay
from kanal.sending.lines import Entry


def at_gate(parts: Sending, entry: Entry, broadcast_id: BroadcastId) -> Done | Stay | None:
    """None: it may go. Resuming a broadcast sends turns for the lines in which its messages stayed."""
    match parts.gate.state_of(entry.ref, broadcast_id):
        case "paused":
            return Stay()
        case "cancelled":
            return _cancel(parts, entry)
    return None


def _cancel(parts: Sending, entry: Entry) -> Done | None:
    """Unless it is on its way, or was: then it is seen to as any other."""
    message = parts.messages.get(entry.ref, entry.message_id)
    if message is None or message.stage != "queued":
        return None
    ended, is_new = parts.messages.moves.end(message, "cancelled", parts.clock())
    if is_new:
        parts.bus.publish([message_outcome(ended)])
    return Done() if ended.stage == "cancelled" else None
