"""Accepts a message for sending: everything that can be refused is refused here, before it costs anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kanal import rawjson
from kanal.channels.model import ACCEPTING, WHY_NOT_SENDING, Channel
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.contacts.identity import Identity, WrittenNumber
from kanal.contacts.model import Contact
from kanal.contacts.recall import Named, first_sighting
from kanal.contacts.recipient import parse_recipient
from kanal.contacts.store import ContactStore
from kanal.errors import ChannelCannotSend, IdempotencyKeyReused, NotFound
from kanal.ids import ChannelRef, MessageId, derived_token, outbound_message_id
from kanal.media.bucket import MediaBucket
from kanal.media.uploads import UploadStore
from kanal.messages.model import Address, Message
from kanal.messages.store import MessageStore
from kanal.messages.waiting import Wishes
from kanal.sending.explaining import FRONT, waiting_of
from kanal.sending.lines import Entry
from kanal.sending.permission import IN_FALLBACK, check_permission, pointing_into, receiver_of
from kanal.sending.placing import Places, begin, call
from kanal.sending.references import with_wamids
from kanal.sending.uploads import check_uploads
from kanal.sending.wishes import check_times, wishes_of
from kanal.templates.store import TemplateStore
from kanal.windows.rules import unanswered_referral

if TYPE_CHECKING:  # the models take a while to build, and only the function that reads bodies needs them
    from kanal.sending.requests import OutboundMessage


@dataclass(frozen=True)
class Accepting:
    """What accepting needs."""

    channels: ChannelStore
    templates: TemplateStore
    uploads: UploadStore
    files: MediaBucket
    places: Places

    @property
    def contacts(self) -> ContactStore:
        return self.places.contacts

    @property
    def messages(self) -> MessageStore:
        return self.places.messages

    @property
    def clock(self) -> Clock:
        return self.places.clock


def accept_message(
    parts: Accepting, ref: ChannelRef, idempotency_key: str, request: "OutboundMessage"
) -> Message:
    """The message, stored and queued. The same key and request give the same message, sent once.

    Raises NotFound, ChannelCannotSend, InvalidRequest, WindowClosed, TemplateNotSendable,
    PhoneNumberRequired, MarketingOptedOut, MarketingSuppressed, MessageNotReferable, MediaNotUploaded,
    IdempotencyKeyReused, QueueUnavailable.
    """
    channel, asked = parts.channels.get(ref), request.as_json()
    digest = derived_token(rawjson.write({**asked, **request.asked()}))
    message_id = outbound_message_id(ref, idempotency_key)
    if known := parts.messages.get(ref, message_id):
        return _repeated(parts, known, digest)
    if channel.state not in ACCEPTING:
        raise ChannelCannotSend(WHY_NOT_SENDING[channel.state], state=channel.state)
    check_times(request, parts.clock())
    wishes = wishes_of(request, parts.clock())
    recipient = parse_recipient(request.to, channel.default_country)
    contact = _known_contact(parts.contacts, channel, recipient)
    receiver = receiver_of(contact, has_number=isinstance(recipient, WrittenNumber))
    check_permission(parts.templates, ref, receiver, asked, wishes, parts.clock())
    _check_uploads(parts, ref, asked, wishes)
    body = with_wamids(parts.messages, ref, contact, asked, parts.clock())
    if contact is None:
        contact = parts.contacts.sight(ref, first_sighting(recipient), parts.clock())
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
        wishes=wishes,
    )
    if stored := begin(parts.places, message, contact):
        return stored if channel.state == "active" else _explained(stored, channel, parts.clock())
    return _repeated(parts, parts.messages.get(ref, message_id) or message, digest)


def _check_uploads(parts: Accepting, ref: ChannelRef, asked: Mapping[str, Any], wishes: Wishes) -> None:
    check_uploads(parts.uploads, parts.files, ref, asked["type"], asked[asked["type"]])
    if wishes.fallback:
        with pointing_into(IN_FALLBACK):
            check_uploads(parts.uploads, parts.files, ref, "template", wishes.fallback)


def get_message(parts: Accepting, ref: ChannelRef, message_id: MessageId) -> Message:
    """With why it waits, if it does. Raises NotFound, also for a channel of another workspace."""
    channel = parts.channels.get(ref)
    message = parts.messages.existing(ref, message_id)
    front: Sequence[Entry] = ()
    if message.stage == "queued" and message.place and channel.state == "active":
        front, _ = parts.places.lines.page(ref, message.place.lane, message.place.line, 0, FRONT)
    return replace(message, waiting=waiting_of(message, channel, front, parts.clock()))


def _explained(message: Message, channel: Channel, now: datetime) -> Message:
    """As far as it is known without looking at its line."""
    return replace(message, waiting=waiting_of(message, channel, (), now))


def _repeated(parts: Accepting, known: Message, digest: str) -> Message:
    """The request came before. If it ended before the queue had a turn for it, the work is finished now."""
    if known.request_digest != digest:
        raise IdempotencyKeyReused(
            "This Idempotency-Key was used before for another message of this channel."
            " Use a new key for each message."
        )
    if known.stage == "queued":
        call(parts.places, known)
    return known


def _known_contact(contacts: ContactStore, channel: Channel, recipient: Named) -> Contact | None:
    found = contacts.find_recipient(channel.ref, recipient)
    if found is None and not isinstance(recipient, Identity | WrittenNumber):
        raise NotFound(f"There is no contact {recipient} in this channel.")
    return found
