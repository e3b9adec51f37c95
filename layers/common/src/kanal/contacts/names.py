"""Who is known by a name, and since when a name is nobody's any more.

A person who changes the number gives the old one up, and the network may give it to somebody else. Messages
from it are the same person's up to the change, as they may arrive late, and another's from a day after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from kanal.contacts.identity import Identity
from kanal.contacts.model import Sighting
from kanal.ids import ContactId
from kanal.times import parse_rfc3339, rfc3339

_FREE_AFTER = timedelta(days=1)
"""No network gives a number to somebody else as quickly, and no two clocks differ by as much."""


@dataclass(frozen=True)
class Name:
    """`left_at` and `held_at` are when a change away from it, or to it, was last reported; as text."""

    identity: Identity
    owner: ContactId | None = None
    left_at: str = ""
    held_at: str = ""

    def is_free(self, sighting: Sighting) -> bool:
        """Whether somebody else uses it at the time of the sighting."""
        if self.owner is None or self.left_at <= self.held_at or not sighting.at:
            return False
        if self.identity in sighting.former:
            return False
        return sighting.at > rfc3339(parse_rfc3339(self.left_at) + _FREE_AFTER)

    def unchanged(self) -> tuple[str, Mapping[str, Any] | None]:
        """The condition that it is still as it was read."""
        if self.owner is None:
            return "attribute_not_exists(pk)", None
        values: dict[str, Any] = {":owner": self.owner}
        conditions = ["contact_id = :owner"]
        for name, value in (("left_at", self.left_at), ("held_at", self.held_at)):
            conditions.append(f"{name} = :{name}" if value else f"attribute_not_exists({name})")
            values |= {f":{name}": value} if value else {}
        return " AND ".join(conditions), values

    def to_item(self) -> dict[str, Any]:
        return {
            "contact_id": self.owner,
            "left_at": self.left_at or None,
            "held_at": self.held_at or None,
        }


def named_by(identity: Identity, item: Mapping[str, Any] | None) -> Name:
    if item is None:
        return Name(identity)
    return Name(identity, ContactId(item["contact_id"]), item.get("left_at", ""), item.get("held_at", ""))


def after_sighting(name: Name, sighting: Sighting, part_id: ContactId) -> Name:
    """The name after the sighting, which was taken in by that part."""
    if name.owner is None or name.is_free(sighting):
        name = Name(name.identity, part_id)
    if name.identity in sighting.former:
        return replace(name, left_at=max(name.left_at, sighting.at))
    if sighting.former:
        return replace(name, held_at=max(name.held_at, sighting.at))
    return name
