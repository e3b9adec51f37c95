"""Message templates as the provider last showed them, and what a sync finds changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
}
"""WhatsApp's word in ours. 360dialog's older family writes it in lower case."""


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


def reconcile(known: Iterable[Template], remote: Iterable[Template], now: datetime) -> Changes:
    """Compares what we have with all that the provider lists. Nothing is ever deleted: what is gone is
    marked.
    """
    ours = {template.key: template for template in known}
    theirs = {template.key: template for template in remote}
    listed = [template for template in theirs.values() if template.key in ours]
    changed = [template for template in listed if not _same(template, ours[template.key])]
    gone = [one for key, one in ours.items() if key not in theirs and one.vanished_at is None]
    return Changes(
        new=[template for template in theirs.values() if template.key not in ours],
        changed=changed,
        unchanged=len(listed) - len(changed),
        vanished=[replace(template, vanished_at=now) for template in gone],
    )


def _same(one: Template, other: Template) -> bool:
    return write(as_json(one)) == write(as_json(other))


def as_json(template: Template) -> dict[str, Any]:
    """The template as the API shows it."""
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
        "sendable": template.status == "approved",
        "vanished_at": rfc3339(template.vanished_at) if template.vanished_at else None,
    }
