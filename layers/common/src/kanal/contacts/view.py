"""How a contact is shown to the platform."""

import json
from datetime import datetime
from typing import Any

from kanal.contacts.countries import country_of
from kanal.contacts.model import Contact, Merged, Seen
from kanal.times import rfc3339
from kanal.windows.rules import Window


def as_json(contact: Contact, now: datetime) -> dict[str, Any]:
    return {
        "id": contact.id,
        "channel_id": contact.ref.channel_id,
        "phone_number": f"+{contact.wa_id}" if contact.wa_id else None,
        "wa_id": contact.wa_id,
        "user_id": contact.user_id,
        "parent_user_id": contact.parent_user_id,
        "username": contact.username,
        "profile_name": contact.profile_name,
        "saved_name": contact.saved_name,
        "country": _country(contact.user_id, contact.wa_id),
        "window": window_as_json(contact.window, now),
        "marketing": {
            "opted_out": contact.has_stopped_marketing,
            "changed_at": _told_at(contact.marketing),
            "suppressed_until": _if_to_come(contact.marketing_suppressed_until, now),
        },
        "referral": _referral_as_json(contact.referral),
        "merged": [merged_as_json(merged) for merged in contact.merged],
        "kept_apart": [
            {"contact_id": other, "since": rfc3339(since)}
            for part in contact.parts
            for other, since in part.kept_apart.items()
        ],
        "last_seen_at": max(part.last_seen_at for part in contact.parts) or None,
        "created_at": rfc3339(contact.created_at),
    }


def _country(*names: str | None) -> str | None:
    """From the first that tells: WhatsApp's own word in the user id before what the number looks like."""
    return next((country for name in names if name and (country := country_of(name))), None)


def _referral_as_json(seen: Seen | None) -> dict[str, Any] | None:
    return {**json.loads(seen.value), "at": _told_at(seen)} if seen else None


def _if_to_come(moment: datetime | None, now: datetime) -> str | None:
    return rfc3339(moment) if moment and moment > now else None


def _told_at(seen: Seen | None) -> str | None:
    """WhatsApp's time of what told it."""
    return seen.order.partition("#")[0] or None if seen else None


def window_as_json(window: Window, now: datetime) -> dict[str, Any]:
    return {
        "open": window.is_open(now),
        "open_until": rfc3339(window.ends_at) if window.ends_at else None,
        "free_entry_point_until": rfc3339(window.free_entry_until) if window.free_entry_until else None,
    }


def merged_as_json(merged: Merged) -> dict[str, Any]:
    return {"contact_id": merged.id, "at": rfc3339(merged.at), "because": merged.because}
