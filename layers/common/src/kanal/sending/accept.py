"""Accepts a message for sending: everything that can be refused is refused here, before it costs anything."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kanal import rawjson
from kanal.channels.model import WHY_NOT_SENDING, Channel
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.contacts.identity import Identity, WrittenNumber
from kanal.contacts.model import Contact, Sighting
from kanal.contacts.recipient import parse_recipient
from kanal.contacts.store import ContactStore
from kanal.errors import ChannelCannotSend, IdempotencyKeyReused, NotFound
from kanal.ids import ChannelRef, ContactId, MessageId, derived_token, outbound_message_id
from kanal.media.bucket import MediaBucket
from kanal.media.uploads import UploadStore
from kanal.messages.model import Address, Message
from kanal.messages.store import MessageStore
from kanal.sending.lines import Lines, entry_of
from kanal.sending.permission import Receiver, check_permission
from kanal.sending.queue import SendQueue
from kanal.sending.references import with_wamids
from kanal.sending.uploads import check_uploads
from kanal.templates.store import TemplateStore
from kanal.windows.rules import Window, unanswered_referral

if TYPE_CHECKING:  # the models take a while to build, and only the function that reads bodies needs them
    from kanal.sending.requests import OutboundMessage


@dataclass(frozen=True)
class Accepting:
    """What accepting needs."""

    channels: ChannelStore
    contacts: ContactStore
    templates: TemplateStore
    messages: MessageStore
    uploads: UploadStore
    files: MediaBucket
    lines: Lines
    queue: SendQueue
    clock: Clock


def accept_message(
    parts: Accepting, ref: ChannelRef, idempotency_key: str, request: "OutboundMessage"
) -> Message:
    """The message, stored and queued. The same key and request give the same message, sent once.

    Raises NotFound, ChannelCannotSend, InvalidRequest, WindowClosed, TemplateNotSendable,
    PhoneNumberRequired, MarketingOptedOut, MarketingSuppressed, MessageNotReferable, MediaNotUploaded,
    IdempotencyKeyReused, QueueUnavailable.
    """
    channel, asked = parts.channels.get(ref), request.as_json()
    digest = derived_token(rawjson.write(asked))
    message_id = outbound_message_id(ref, idempotency_key)
    if known := parts.messages.get(ref, message_id):
        return _repeated(parts, known, digest)
    if channel.state != "active":
        raise ChannelCannotSend(WHY_NOT_SENDING[channel.state], state=channel.state)
    recipient = parse_recipient(request.to, channel.default_country)
    contact = _known_contact(parts.contacts, channel, recipient)
    check_permission(parts.templates, ref, _receiver(recipient, contact), asked, parts.clock)
    check_uploads(parts.uploads, parts.files, ref, request.type, asked[request.type])
    body = with_wamids(parts.messages, ref, contact, asked, parts.clock())
    if contact is None:
        contact = parts.contacts.sight(ref, _first_sighting(recipient), parts.clock())
    message = Message(
        id=message_id,
        ref=ref,
        contact_id=contact.via,
        direction="outbound",
        type=request.type,
        content=body[request.type],
        context=body.get("context"),
        created_at=parts.clock(),
        address=Address(contact.wa_id, contact.user_id),
        answers_referral=unanswered_referral(contact.window, parts.clock()),
        request_digest=digest,
        place=parts.lines.next_place(ref, "reply", contact.id),
    )
    parts.lines.enter(entry_of(message, contact.id, parts.clock()))
    if not parts.messages.add(message):
        return _repeated(parts, parts.messages.get(ref, message_id) or message, digest)
    _call(parts, message)
    return message


def get_message(parts: Accepting, ref: ChannelRef, message_id: MessageId) -> Message:
    """Raises NotFound, also for a channel of another workspace."""
    parts.channels.get(ref)
    return parts.messages.existing(ref, message_id)


def _repeated(parts: Accepting, known: Message, digest: str) -> Message:
    """The request came before. If it ended before the queue had a turn for it, the work is finished now."""
    if known.request_digest != digest:
        raise IdempotencyKeyReused(
            "This Idempotency-Key was used before for another message of this channel."
            " Use a new key for each message."
        )
    if known.stage == "queued":
        _call(parts, known)
    return known


def _call(parts: Accepting, message: Message) -> None:
    if message.place:
        parts.queue.put(message.ref, message.place)


def _first_sighting(recipient: ContactId | Identity | WrittenNumber) -> Sighting:
    """Of somebody we write to first. It has no time, so that all that WhatsApp says counts as later."""
    match recipient:
        case WrittenNumber(digits):
            return Sighting("", written_number=digits)
        case Identity(_, user_id):
            return Sighting("", user_id=user_id)
    raise TypeError("a contact id names a known contact")


def _known_contact(
    contacts: ContactStore, channel: Channel, recipient: ContactId | Identity | WrittenNumber
) -> Contact | None:
    found = contacts.find_recipient(channel.ref, recipient)
    if found is None and not isinstance(recipient, Identity | WrittenNumber):
        raise NotFound(f"There is no contact {recipient} in this channel.")
    return found


def _receiver(recipient: ContactId | Identity | WrittenNumber, contact: Contact | None) -> Receiver:
    if contact is None:
        return Receiver(Window(), has_phone=isinstance(recipient, WrittenNumber))
    return Receiver(
        contact.window,
        contact.wa_id is not None,
        contact.has_stopped_marketing,
        contact.marketing_suppressed_until,
    )
