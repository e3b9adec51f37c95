"""What a message refers to (the message it quotes or reacts to), by the id that WhatsApp knows."""

from datetime import datetime, timedelta
from typing import Any

from kanal.contacts.model import Contact
from kanal.errors import FieldError, InvalidRequest, MessageNotReferable
from kanal.ids import MESSAGE_ID, ChannelRef, MessageId, Wamid
from kanal.messages.model import Message
from kanal.messages.store import MessageStore

FORGOTTEN_AFTER = timedelta(days=30)
"""WhatsApp takes neither reactions to older messages nor marks them as read. Source: reaction messages."""


def with_wamids(
    messages: MessageStore, ref: ChannelRef, contact: Contact | None, body: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """The body with WhatsApp's id in place of ours. A wamid stays: it may be older than this deployment.

    Raises InvalidRequest, MessageNotReferable.
    """
    holder = "reaction" if body["type"] == "reaction" else "context"
    named = body.get(holder)
    if named is None or not MESSAGE_ID.fullmatch(named["message_id"]):
        return body
    target = _found(messages, ref, contact, MessageId(named["message_id"]), f"/{holder}/message_id")
    if holder == "reaction":
        _check_reaction(target, now)
    return {**body, holder: {**named, "message_id": wamid_of(target)}}


def wamid_of(message: Message) -> Wamid:
    """Raises MessageNotReferable."""
    if message.wamid is None:
        raise MessageNotReferable(
            f"Message {message.id} is {message.state}: WhatsApp has no id of it. Wait until it is sent"
            " (event message.status), or leave the reference out.",
            because="not_sent",
        )
    return message.wamid


def check_private(message: Message) -> None:
    """Raises MessageNotReferable."""
    if message.group_id:
        words = f"Message {message.id} belongs to a group; this is for messages of one contact only."
        raise MessageNotReferable(words, because="in_a_group")


def check_age(message: Message, now: datetime) -> None:
    """Raises MessageNotReferable."""
    if now - (message.sent_at or message.created_at) >= FORGOTTEN_AFTER:
        days = FORGOTTEN_AFTER.days
        words = f"Message {message.id} is older than {days} days; WhatsApp takes this for newer ones only."
        raise MessageNotReferable(words, because="too_old")


def _found(
    messages: MessageStore, ref: ChannelRef, contact: Contact | None, message_id: MessageId, pointer: str
) -> Message:
    message = messages.get(ref, message_id)
    if message is None:
        raise InvalidRequest(FieldError(pointer, "is no message of this channel", "message_unknown"))
    if contact is None or not _is_with(message, contact):
        words = "is a message of another contact; `to` must be the contact of that message"
        raise InvalidRequest(FieldError(pointer, words, "message_of_another_contact"))
    check_private(message)
    return message


def _is_with(message: Message, contact: Contact) -> bool:
    """Also if it was written under the id of a contact that was merged since."""
    return any(part.id == message.contact_id for part in contact.parts)


def _check_reaction(target: Message, now: datetime) -> None:
    check_age(target, now)
    if target.type == "reaction":
        words = f"Message {target.id} is a reaction; WhatsApp takes no reaction to one."
        raise MessageNotReferable(words, because="is_a_reaction")
