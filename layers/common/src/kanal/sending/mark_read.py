"""Tells a person that their message was read, and perhaps that somebody is typing an answer."""

from dataclasses import dataclass
from typing import Any

from kanal.channels.credentials import Providers, noting_rejected_key
from kanal.channels.model import WHY_NOT_SENDING
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.errors import ChannelCannotSend, MessageNotReferable
from kanal.ids import ChannelRef, MessageId
from kanal.messages.store import MessageStore
from kanal.sending.references import check_age, check_private, wamid_of


@dataclass(frozen=True)
class MarkingRead:
    """What marking as read needs."""

    channels: ChannelStore
    messages: MessageStore
    providers: Providers
    clock: Clock


def mark_read(parts: MarkingRead, ref: ChannelRef, message_id: MessageId, *, typing: bool) -> dict[str, Any]:
    """Marks the message and all earlier ones of the conversation. Repeating it changes nothing.

    Raises NotFound, ChannelCannotSend, MessageNotReferable, ProviderUnavailable and its kin.
    """
    channel = parts.channels.get(ref)
    message = parts.messages.existing(ref, message_id)
    if message.direction != "inbound":
        words = f"Message {message.id} is outbound; only what a contact wrote can be marked as read."
        raise MessageNotReferable(words, because="outbound")
    check_private(message)
    check_age(message, parts.clock())
    if channel.state != "active":
        raise ChannelCannotSend(WHY_NOT_SENDING[channel.state], state=channel.state)
    with noting_rejected_key(parts.channels, ref):
        parts.providers.of(channel).mark_read(wamid_of(message), typing=typing)
    return {"message_id": message.id, "read": True, "typing_indicator": typing}
