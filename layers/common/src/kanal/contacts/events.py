"""The events about contacts. Each is built from what is stored, so a repetition says the same."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kanal import rawjson
from kanal.aws.bus import Event
from kanal.contacts.model import Contact, Merged, Sighting
from kanal.contacts.view import as_json, merged_as_json
from kanal.ids import derived_token
from kanal.times import rfc3339


def contact_merged(contact: Contact, merged: Merged, now: datetime) -> Event:
    """Another contact is a part of this one from now on; its id stays good and leads here."""
    detail = {"merged": merged_as_json(merged)}
    return _event("contact.merged", contact, f"{merged.id}#{rfc3339(merged.at)}", now, detail)


def contact_unmerged(contact: Contact, other: Contact, at: datetime, now: datetime) -> Event:
    """What was merged is a contact of its own again."""
    detail = {"separated": as_json(other, now)}
    return _event("contact.unmerged", contact, f"{other.id}#{rfc3339(at)}", now, detail)


def merges_told_by(contact: Contact, order: str, now: datetime) -> list[Event]:
    """Of the merges that a sighting brought about: the same whenever that sighting comes again."""
    return [contact_merged(contact, merged, now) for merged in contact.merged if merged.evidence == order]


def contact_marketing(contact: Contact, sighting: Sighting, detail: str | None, now: datetime) -> Event:
    """A person stopped or resumed marketing messages, by the sighting that says so."""
    ref, distinction = contact.ref, rawjson.write([sighting.order, sighting.marketing])
    return Event(
        "evt_" + derived_token("contact.marketing", ref.prefix, distinction),
        "contact.marketing",
        {
            "workspace_id": ref.workspace_id,
            "channel_id": ref.channel_id,
            "marketing": sighting.marketing,
            "at": sighting.at,
            "detail": detail,
            "contact": as_json(contact, now),
        },
    )


def _event(kind: str, contact: Contact, distinction: str, now: datetime, detail: Mapping[str, Any]) -> Event:
    ref = contact.ref
    event_id = "evt_" + derived_token(kind, ref.prefix, contact.id, distinction)
    shown = {"contact": as_json(contact, now), **detail}
    return Event(event_id, kind, {"workspace_id": ref.workspace_id, "channel_id": ref.channel_id, **shown})
