"""How a contact is shown to the platform."""

from datetime import datetime
from typing import Any

from kanal.contacts.countries import country_of
from kanal.contacts.model import Contact
from kanal.times import rfc3339
from kanal.windows.rules import Window


def as_json(contact: Contact, now: datetime) -> dict[str, Any]:
    wa_id = contact.wa_id.value if contact.wa_id else None
    user_id = contact.user_id.value if contact.user_id else None
    return {
        "id": contact.id,
        "channel_id": contact.ref.channel_id,
        "phone_number": f"+{wa_id}" if wa_id else None,
        "wa_id": wa_id,
        "user_id": user_id,
        "username": contact.username.value if contact.username else None,
        "profile_name": contact.profile_name.value if contact.profile_name else None,
        "country": _country(user_id, wa_id),
        "window": window_as_json(contact.window, now),
    }


def _country(*names: str | None) -> str | None:
    """From the first that tells: WhatsApp's own word in the user id before what the number looks like."""
    return next((country for name in names if name and (country := country_of(name))), None)


def window_as_json(window: Window, now: datetime) -> dict[str, Any]:
    return {
        "open": window.is_open(now),
        "open_until": rfc3339(window.ends_at) if window.ends_at else None,
    }
