"""Takes back a message that has not left yet."""

from dataclasses import dataclass

from kanal.aws.bus import Bus
from kanal.channels.store import ChannelStore
from kanal.errors import MessageNotCancellable
from kanal.ids import ChannelRef
from kanal.messages.events import message_outcome
from kanal.messages.model import Message
from kanal.sending.placing import Places, leave


@dataclass(frozen=True)
class Cancelling:
    """What cancelling needs."""

    channels: ChannelStore
    places: Places
    bus: Bus


def cancel_message(parts: Cancelling, ref: ChannelRef, message_id: str) -> Message:
    """The message, which is not sent any more. Idempotent; of this and the sender's claim one comes first.

    Raises NotFound, MessageNotCancellable.
    """
    parts.channels.get(ref)
    message = parts.places.messages.existing(ref, message_id)
    if message.stage == "queued" and message.direction == "outbound":
        message, _ = parts.places.messages.moves.end(message, "cancelled", parts.places.clock())
    if message.stage != "cancelled":
        raise MessageNotCancellable(
            f"Message {message.id} is {message.state}; only what is queued can be cancelled.",
            state=message.state,
        )
    leave(parts.places, message)
    parts.bus.publish([message_outcome(message)])
    return message
