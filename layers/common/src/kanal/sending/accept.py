"""Accepts a message for sending: everything that can be refused is refused here, before it costs anything."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from kanal import rawjson
from kanal.channels.model import WHY_NOT_SENDING, Channel
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.contacts.model import Contact, Identity, Sighting
from kanal.contacts.recipient import parse_recipient
from kanal.contacts.store import ContactStore
from kanal.contacts.view import window_as_json
from kanal.errors import ChannelCannotSend, IdempotencyKeyReused, NotFound, TemplateNotSendable, WindowClosed
from kanal.ids import MESSAGE_ID, ChannelRef, ContactId, MessageId, derived_token, outbound_message_id
from kanal.messages.model import Address, Message
from kanal.messages.store import MessageStore
from kanal.sending.queue import SendQueue
from kanal.sending.requests import TemplateContent, TemplateMessage, TextMessage
from kanal.templates.parameters import check_parameters
from kanal.templates.store import TemplateStore
from kanal.times import rfc3339
from kanal.windows.rules import Window


@dataclass(frozen=True)
class Accepting:
    """What accepting needs."""

    channels: ChannelStore
    contacts: ContactStore
    templates: TemplateStore
    messages: MessageStore
    queue: SendQueue
    clock: Clock


def accept_message(
    parts: Accepting, ref: ChannelRef, idempotency_key: str, request: TextMessage | TemplateMessage
) -> Message:
    """The message, stored and queued. The same key and request give the same message, sent once.

    Raises NotFound, ChannelCannotSend, InvalidRequest, WindowClosed, TemplateNotSendable,
    IdempotencyKeyReused, QueueUnavailable.
    """
    channel = parts.channels.get(ref)
    digest = derived_token(rawjson.write(request.model_dump(mode="json")))
    message_id = outbound_message_id(ref, idempotency_key)
    if known := parts.messages.get(ref, message_id):
        return _repeated(parts, known, digest)
    if channel.state != "active":
        raise ChannelCannotSend(WHY_NOT_SENDING[channel.state], state=channel.state)
    recipient = parse_recipient(request.to, channel.default_country)
    contact = _known_contact(parts.contacts, channel, recipient)
    _check_sendable(parts, channel, contact, request)
    if contact is None:
        contact = parts.contacts.sight(ref, _first_sighting(recipient), parts.clock())
    message = Message(
        id=message_id,
        ref=ref,
        contact_id=contact.id,
        direction="outbound",
        type=request.type,
        content=_content(request),
        created_at=parts.clock(),
        address=_address(contact),
        request_digest=digest,
    )
    if not parts.messages.add(message):
        return _repeated(parts, parts.messages.get(ref, message_id) or message, digest)
    parts.queue.put(message)
    return message


def get_message(parts: Accepting, ref: ChannelRef, message_id: MessageId) -> Message:
    """Raises NotFound, also for a channel of another workspace."""
    parts.channels.get(ref)
    message = parts.messages.get(ref, message_id) if MESSAGE_ID.fullmatch(message_id) else None
    if message is None:
        raise NotFound(f"There is no message {message_id[:40]} in this channel.")
    return message


def _repeated(parts: Accepting, known: Message, digest: str) -> Message:
    """The request came before. If it ended before the queue had the message, the work is finished now."""
    if known.request_digest != digest:
        raise IdempotencyKeyReused(
            "This Idempotency-Key was used before for another message of this channel."
            " Use a new key for each message."
        )
    if known.stage == "queued":
        parts.queue.put(known)
    return known


def _first_sighting(recipient: ContactId | Identity) -> Sighting:
    """Of somebody we write to first. It has no time, so that all that WhatsApp says counts as later."""
    if not isinstance(recipient, Identity):
        raise TypeError("a contact id names a known contact")
    kind, value = recipient.kind, recipient.value
    return Sighting(
        "", wa_id=value if kind == "wa_id" else None, user_id=value if kind == "user_id" else None
    )


def _known_contact(
    contacts: ContactStore, channel: Channel, recipient: ContactId | Identity
) -> Contact | None:
    if isinstance(recipient, Identity):
        return contacts.find(channel.ref, recipient)
    contact = contacts.get(channel.ref, recipient)
    if contact is None:
        raise NotFound(f"There is no contact {recipient} in this channel.")
    return contact


def _check_sendable(
    parts: Accepting, channel: Channel, contact: Contact | None, request: TextMessage | TemplateMessage
) -> None:
    if isinstance(request, TemplateMessage):
        _check_template(parts.templates, channel.ref, request.template)
        return
    window = contact.window if contact else Window()
    if not window.is_open(parts.clock()):
        raise WindowClosed(_closed_words(window), window=window_as_json(window, parts.clock()))


def _closed_words(window: Window) -> str:
    until = rfc3339(window.ends_at) if window.ends_at else None
    since = f"it was open until {until}" if until else "the contact has not written yet"
    return (
        f"The customer service window of this contact is closed ({since}). Send an approved template"
        ' (`"type": "template"`) instead, or wait until the contact writes: each message of theirs opens'
        " 24 hours."
    )


def _check_template(templates: TemplateStore, ref: ChannelRef, content: TemplateContent) -> None:
    name, language = content.name, content.language.code
    template = templates.get(ref, name, language)
    if template is None:
        raise TemplateNotSendable(
            f"The channel knows no template {name} in language {language}."
            f" Look at GET /v1/channels/{ref.channel_id}/templates, or sync with POST"
            f" /v1/channels/{ref.channel_id}/templates/sync if it is new."
        )
    if template.status != "approved":
        raise TemplateNotSendable(
            f"Template {name} in language {language} is {template.status}; only approved ones can be sent.",
            template_status=template.status,
            provider_status=template.provider_status,
        )
    check_parameters(template, [component.model_dump() for component in content.components])


def _content(request: TextMessage | TemplateMessage) -> Any:
    content: BaseModel = request.template if isinstance(request, TemplateMessage) else request.text
    shown = content.model_dump(mode="json", exclude_defaults=True)
    if isinstance(request, TemplateMessage):
        shown["language"] = request.template.language.model_dump()
    return shown


def _address(contact: Contact) -> Address:
    wa_id = contact.wa_id.value if contact.wa_id else None
    return Address(wa_id, contact.user_id.value if contact.user_id else None)
