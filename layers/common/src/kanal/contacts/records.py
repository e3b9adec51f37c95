"""How a part of a contact is written into items of the contacts table, and read back.

| pk | sk | holds |
|---|---|---|
| workspace#channel#contact id | contact | the part with its window |
| workspace#channel#kind#value | identity | which part is known by it; since when it is nobody's any more |
| workspace#channel#terms | word#contact id | a word by which the part is found |

"""

from dataclasses import fields
from datetime import datetime
from typing import Any

from kanal.aws.table import Index, Item, Key
from kanal.contacts.identity import Identity
from kanal.contacts.model import TRAITS, Merged, Part, Seen
from kanal.ids import ChannelRef, ContactId
from kanal.times import parse_rfc3339, rfc3339
from kanal.windows.rules import Window

BY_CHANNEL = Index("by_channel", partition="channel", sort="listed")
"""The parts of a channel's contacts (`channel`: workspace#channel) by day of their latest sighting."""
_TIMES_OF_WINDOW = tuple(each.name for each in fields(Window))


def contact_key(ref: ChannelRef, contact_id: ContactId) -> Key:
    return Key(f"{ref.prefix}#{contact_id}", "contact")


def identity_key(ref: ChannelRef, identity: Identity) -> Key:
    return Key(f"{ref.prefix}#{identity.kind}#{identity.value}", "identity")


def terms_pk(ref: ChannelRef) -> str:
    return f"{ref.prefix}#terms"


def term_key(part: Part, term: str) -> Key:
    return Key(terms_pk(part.ref), f"{term}#{part.id}")


def listed(part: Part) -> str:
    """By day, so that a lively contact moves in the index once a day and not with each message."""
    return f"{(part.last_seen_at or rfc3339(part.created_at))[:10]}#{part.id}"


def to_item(part: Part) -> Item:
    key = contact_key(part.ref, part.id)
    item: dict[str, Any] = {
        "pk": key.pk,
        "sk": key.sk,
        "id": part.id,
        "channel": part.ref.prefix,
        "listed": listed(part),
        "created_at": rfc3339(part.created_at),
        "last_seen_at": part.last_seen_at or None,
        "marketing_suppressed_until": _written(part.marketing_suppressed_until),
        "version": part.version,
        "merged": [_merged_to_item(merged) for merged in part.merged] or None,
        "merged_into": part.merged_into,
        "kept_apart": {other: rfc3339(since) for other, since in part.kept_apart.items()} or None,
        "parked": part.parked,
    }
    for trait, seen in part.seen.items():
        item[trait], item[f"{trait}_order"] = seen.value, seen.order
    for name in _TIMES_OF_WINDOW:
        moment: datetime | None = getattr(part.window, name)
        item[f"window_{name}"] = _written(moment)
    return item


def from_item(ref: ChannelRef, item: Item) -> Part:
    window = {name: _time(item.get(f"window_{name}")) for name in _TIMES_OF_WINDOW}
    return Part(
        id=ContactId(item["id"]),
        ref=ref,
        created_at=parse_rfc3339(item["created_at"]),
        seen={trait: Seen(item[trait], item[f"{trait}_order"]) for trait in TRAITS if trait in item},
        window=Window(**window),
        last_seen_at=item.get("last_seen_at", ""),
        marketing_suppressed_until=_time(item.get("marketing_suppressed_until")),
        merged=tuple(_merged_from_item(merged) for merged in item.get("merged", [])),
        merged_into=ContactId(item["merged_into"]) if "merged_into" in item else None,
        kept_apart={
            ContactId(other): parse_rfc3339(since) for other, since in item.get("kept_apart", {}).items()
        },
        parked=item.get("parked"),
        version=item["version"],
    )


def _merged_to_item(merged: Merged) -> Item:
    return {
        "id": merged.id,
        "at": rfc3339(merged.at),
        "because": merged.because,
        "evidence": merged.evidence,
    }


def _merged_from_item(item: Item) -> Merged:
    return Merged(ContactId(item["id"]), parse_rfc3339(item["at"]), item["because"], item["evidence"])


def _written(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _time(text: str | None) -> datetime | None:
    return parse_rfc3339(text) if text else None
