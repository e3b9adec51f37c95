"""Whether a message may be sent to a contact now: the window, the template, and what the person wished."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kanal.contacts.model import Contact
from kanal.contacts.view import window_as_json
from kanal.errors import (
    InvalidRequest,
    MarketingOptedOut,
    MarketingSuppressed,
    PhoneNumberRequired,
    TemplateNotSendable,
    WindowClosed,
)
from kanal.ids import ChannelRef
from kanal.messages.waiting import Wishes
from kanal.templates.model import Template
from kanal.templates.parameters import check_parameters
from kanal.templates.store import TemplateStore
from kanal.times import rfc3339
from kanal.windows.rules import Window


@dataclass(frozen=True)
class Receiver:
    """What decides of the person who is written to."""

    window: Window
    has_phone: bool
    has_stopped_marketing: bool = False
    marketing_suppressed_until: datetime | None = None


def receiver_of(contact: Contact | None, *, has_number: bool) -> Receiver:
    """`has_number`: whoever is not known yet is named by one."""
    if contact is None:
        return Receiver(Window(), has_number)
    return Receiver(
        contact.window,
        contact.wa_id is not None,
        contact.has_stopped_marketing,
        contact.marketing_suppressed_until,
    )


IN_FALLBACK = "/if_window_closed"
"""Where the template that goes instead stands in a request."""


def check_permission(
    templates: TemplateStore,
    ref: ChannelRef,
    receiver: Receiver,
    body: Mapping[str, Any],
    wishes: Wishes,
    now: datetime,
) -> None:
    """A template goes through at any time, everything else while the window is open: at `send_at`, if that
    was asked for. What goes instead is checked as well, whether it will be needed or not.

    Raises WindowClosed, TemplateNotSendable, InvalidRequest, PhoneNumberRequired, MarketingOptedOut,
    MarketingSuppressed.
    """
    if body["type"] == "template":
        _check_template(templates, ref, receiver, body["template"], wishes.send_at or now)
    elif wishes.fallback:
        with pointing_into(IN_FALLBACK):
            _check_template(templates, ref, receiver, wishes.fallback, wishes.send_at or now)
    elif not wishes.parks_until_reply and not receiver.window.is_open(wishes.send_at or now):
        shown = window_as_json(receiver.window, now)
        raise WindowClosed(_closed_words(receiver.window, now), window=shown)


@contextmanager
def pointing_into(place: str) -> Iterator[None]:
    """What is wrong stands there in the request."""
    try:
        yield
    except InvalidRequest as error:
        moved = [replace(one, pointer=place + one.pointer) for one in error.errors]
        raise InvalidRequest(*moved) from error


def _check_template(
    templates: TemplateStore,
    ref: ChannelRef,
    receiver: Receiver,
    content: Mapping[str, Any],
    now: datetime,
) -> None:
    template = sendable_template(templates, ref, content["name"], content["language"]["code"])
    check_parameters(template, content.get("components", []))
    check_receiver(template, receiver, now)


def check_receiver(template: Template, receiver: Receiver, now: datetime) -> None:
    """Source: WhatsApp, errors 131062 (user ids get no one-time codes), 131050 (marketing stopped) and 131049
    (enough marketing for a day).
    """
    category = template.category.upper()
    if category == "AUTHENTICATION" and not receiver.has_phone:
        raise PhoneNumberRequired(
            "WhatsApp sends authentication templates to phone numbers only, and this contact's is not known."
            " Ask for it with an interactive message of type request_contact_info."
        )
    if category == "MARKETING" and receiver.has_stopped_marketing:
        raise MarketingOptedOut(
            f"This contact stopped marketing messages in WhatsApp, and template {template.name} is marketing."
            " Send a utility template, or wait until they allow it again."
        )
    until = receiver.marketing_suppressed_until
    if category == "MARKETING" and until and now < until:
        raise MarketingSuppressed(
            f"WhatsApp refused marketing to this contact and takes none before {rfc3339(until)}; template"
            f" {template.name} is marketing. Send it then, or a utility template if the matter is one.",
            until=rfc3339(until),
        )


def _closed_words(window: Window, now: datetime) -> str:
    until = rfc3339(window.ends_at) if window.ends_at else None
    if window.is_open(now):
        state = f"will be closed at send_at (it is open until {until})"
    else:
        since = f"it was open until {until}" if until else "the contact has not written yet"
        state = f"is closed ({since})"
    return (
        f"The customer service window of this contact {state}. Send an approved template"
        ' (`"type": "template"`) instead, or wait until the contact writes: each message of theirs opens'
        " 24 hours. `if_window_closed` does either for you."
    )


def sendable_template(templates: TemplateStore, ref: ChannelRef, name: str, language: str) -> Template:
    """Raises TemplateNotSendable."""
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
    return template
