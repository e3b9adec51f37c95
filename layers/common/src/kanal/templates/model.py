"""Message templates as the provider last showed them, and what a sync finds changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from kanal.rawjson import write
from kanal.times import rfc3339

Status = Literal["submitted", "approved", "rejected", "paused", "disabled", "archived", "deleted"]

_STATUS: dict[str, Status] = {
    "APPROVED": "approved",
    "PENDING": "submitted",
    "IN_APPEAL": "submitted",
    "SUBMITTED": "submitted",
    "CREATED": "submitted",
    "REJECTED": "rejected",
    "PAUSED": "paused",
    "DISABLED": "disabled",
    "LIMIT_EXCEEDED": "rejected",
    "ARCHIVED": "archived",
    "PENDING_DELETION": "deleted",
    "DELETED": "deleted",
    "REINSTATED": "approved",
    "FLAGGED": "approved",
    "LOCKED": "paused",
}
"""WhatsApp's word in ours. 360dialog's older family writes it in lower case. The last three are words of
webhooks alone: sent again, at risk but sendable, paused for its rate of blocks.
"""

LISTED = frozenset(_STATUS) - {"REINSTATED", "FLAGGED", "LOCKED"}
"""The words of the provider's list."""

Aspect = Literal["status", "quality", "category", "components", "status_info", "category_change"]
ASPECTS: dict[Aspect, tuple[str, ...]] = {
    "status": ("provider_status", "rejected_reason", "vanished_at"),
    "quality": ("quality",),
    "category": ("category",),
    "components": ("components",),
    "status_info": ("status_info",),
    "category_change": ("category_change",),
}
"""What changes together. Each aspect is as the latest that speaks of it says."""
LISTED_ASPECTS: tuple[Aspect, ...] = ("status", "quality", "category", "components")
"""Of these the provider's list speaks too; of the others only webhooks do."""


def status_of(provider_status: str) -> Status:
    """A word that WhatsApp invents later is not approval."""
    return _STATUS.get(provider_status.upper(), "submitted")


@dataclass(frozen=True)
class Template:
    """One name and language. `vanished_at`: since when the provider no longer lists it; it is kept all the
    same.
    """

    name: str
    language: str
    provider_id: str
    provider_status: str
    category: str
    components: Sequence[Mapping[str, Any]]
    parameter_format: str
    rejected_reason: str | None
    quality: str | None
    vanished_at: datetime | None = None
    status_info: Mapping[str, Any] | None = None
    """Why it got the status that is its `event`."""
    category_change: Mapping[str, Any] | None = None
    """The `category` that WhatsApp will give it, and when."""
    orders: Mapping[str, str] = field(default_factory=dict, compare=False)
    """By aspect: from when our knowledge of it is, in text order."""

    @property
    def status(self) -> Status:
        return "deleted" if self.vanished_at else status_of(self.provider_status)

    @property
    def key(self) -> tuple[str, str]:
        return (self.name, self.language)


@dataclass(frozen=True)
class Changes:
    """What a sync writes, and what it reports."""

    new: Sequence[Template]
    changed: Sequence[Template]
    unchanged: int
    vanished: Sequence[Template]

    @property
    def to_write(self) -> list[Template]:
        return [*self.new, *self.changed, *self.vanished]


def reconcile(known: Iterable[Template], remote: Iterable[Template], started_at: datetime) -> Changes:
    """Compares what we have with all that the provider lists. Nothing is ever deleted: what is gone is
    marked. What a webhook told of a later time than the sync's start stays.
    """
    order = sync_order(started_at)
    ours = {template.key: template for template in known}
    theirs = {template.key: template for template in remote}
    listed = [_merged(ours[key], template, order) for key, template in theirs.items() if key in ours]
    changed = [template for template in listed if not _same(template, ours[template.key])]
    gone = [one for key, one in ours.items() if key not in theirs and one.vanished_at is None]
    return Changes(
        new=[_as_of(template, order) for key, template in theirs.items() if key not in ours],
        changed=changed,
        unchanged=len(listed) - len(changed),
        vanished=[
            replace(one, vanished_at=started_at, orders={**one.orders, "status": order})
            for one in gone
            if one.orders.get("status", "") <= order
        ],
    )


def sync_order(started_at: datetime) -> str:
    """Where a sync stands among webhooks. Their times are whole seconds, so that one of the same second may
    be the later; it then counts as such.
    """
    return rfc3339(started_at.replace(microsecond=0))


def _as_of(template: Template, order: str) -> Template:
    return replace(template, orders=dict.fromkeys(LISTED_ASPECTS, order))


def _merged(ours: Template, theirs: Template, order: str) -> Template:
    """As the provider lists it, but for what was told later, and for what it does not list."""
    ours_are = [
        aspect for aspect in ASPECTS if aspect not in LISTED_ASPECTS or ours.orders.get(aspect, "") > order
    ]
    kept: dict[str, Any] = {name: getattr(ours, name) for aspect in ours_are for name in ASPECTS[aspect]}
    orders = dict(ours.orders)
    orders.update((aspect, order) for aspect in ASPECTS if aspect not in ours_are)
    return replace(theirs, **kept, orders=orders)


def _same(one: Template, other: Template) -> bool:
    return write(as_json(one)) == write(as_json(other))


def as_json(template: Template) -> dict[str, Any]:
    """The template as the API shows it: without what explains an earlier status, or has come to pass."""
    info, coming = template.status_info, template.category_change
    return {
        "name": template.name,
        "language": template.language,
        "id": template.provider_id,
        "status": template.status,
        "provider_status": template.provider_status,
        "category": template.category,
        "components": list(template.components),
        "parameter_format": template.parameter_format,
        "rejected_reason": template.rejected_reason,
        "quality": template.quality,
        "status_info": info if info and status_of(info["event"]) == template.status else None,
        "category_change": coming if coming and coming["category"] != template.category else None,
        "sendable": template.status == "approved",
        "vanished_at": rfc3339(template.vanished_at) if template.vanished_at else None,
    }
