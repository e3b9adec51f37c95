"""Reads what a webhook tells of a template, and lays it over the template as it is known.

Of each aspect (status, quality, category, components) the latest word stays, be it of a webhook or of a sync,
whatever the order of arrival. Source: WhatsApp's webhook references of the template fields, autumn 2026.
Nothing here raises on any JSON.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kanal.ids import derived_token
from kanal.rawjson import storable, write
from kanal.templates.model import LISTED, LISTED_ASPECTS, Aspect, Template, status_of
from kanal.times import from_epoch, rfc3339

Json = Mapping[str, Any]

FIELDS = frozenset(
    {
        "message_template_status_update",
        "message_template_quality_update",
        "message_template_components_update",
        "template_category_update",
        "template_correct_category_detection",
    }
)
_WHY = ("reason", "disable_info", "other_info", "rejection_info")
_MOST_BYTES = 8 * 1024
"""What a reason may say; real ones have a twentieth."""


@dataclass(frozen=True)
class TemplateUpdate:
    """`at` is WhatsApp's time, None where the webhook has none: then only a sync can tell what holds."""

    aspect: Aspect
    provider_id: str
    name: str
    language: str
    said: Json
    at: datetime | None

    @property
    def order(self) -> str:
        """Later updates have greater ones; without a time it is less than any."""
        return f"{rfc3339(self.at)}#{self.digest}" if self.at else ""

    @property
    def digest(self) -> str:
        """The same for every delivery of the same update."""
        text = f"{self.aspect} {rfc3339(self.at) if self.at else ''} {write(self.said)}"
        return derived_token(hashlib.sha256(text.encode()).hexdigest())

    @property
    def wants_sync(self) -> bool:
        """Whether it leaves open what only the provider's list tells: its place in time, what else the
        components have, the status that follows from a word such as FLAGGED.
        """
        event = self.said.get("event")
        open_status = self.aspect == "status" and not (isinstance(event, str) and event.upper() in LISTED)
        return self.at is None or self.aspect == "components" or open_status


def update_in(field: str, value: Json, at: datetime | None) -> TemplateUpdate | None:
    """None for what is no update of a template. What it says decides, not the field: WhatsApp's own sample of
    a quality update bears the name of the status update, and relays put updates under `messages`.
    """
    provider_id, name, language = (_text(value.get(f"message_template_{key}")) for key in _NAMES)
    if field not in FIELDS and not provider_id and not name:
        return None
    aspect = next((aspect for aspect, keys in _TOLD_BY.items() if keys & value.keys()), None)
    if aspect is None:
        return None
    return TemplateUpdate(aspect, provider_id, name, language.replace("-", "_"), value, at)


_NAMES = ("id", "name", "language")
_TOLD_BY: dict[Aspect, frozenset[str]] = {
    "quality": frozenset({"new_quality_score"}),
    "category": frozenset({"new_category", "correct_category"}),
    "components": frozenset(f"message_template_{part}" for part in ("element", "title", "footer", "buttons")),
    "status": frozenset({"event"}),
}


def updated(template: Template, update: TemplateUpdate, last_sync: str) -> Template:
    """The template after the update; the very same if all that it tells is known, or known better.

    `last_sync` is the order of the last sync: what was told before, it has seen.
    """
    changes: dict[str, Any] = {}
    orders: dict[str, str] = dict(template.orders)
    for aspect, said in _TELLS[update.aspect](template, update.said).items():
        seen = last_sync if aspect in LISTED_ASPECTS else ""
        if update.order > max(seen, template.orders.get(aspect, "")):
            changes |= said
            orders[aspect] = update.order
    return replace(template, **changes, orders=orders) if orders != template.orders else template


def told_by_refusal(template: Template, word: str, at: datetime) -> TemplateUpdate:
    """What the refusal of a message tells: that its template has this status. WhatsApp's times are whole
    seconds, so ours is one too.
    """
    said = {"event": word}
    at = at.replace(microsecond=0)
    return TemplateUpdate("status", template.provider_id, template.name, template.language, said, at)


def as_refused(template: Template, update: TemplateUpdate, last_sync: str) -> Template:
    """The template after a refusal told the update; the very same if that is known, or something later.

    Only the status is told: why it has it, a webhook says. In the same second it comes after a sync and
    before any webhook.
    """
    word, order = update.said["event"], f"{rfc3339(update.at)}#" if update.at else ""
    is_news = order > max(last_sync, template.orders.get("status", ""))
    if not is_news or template.status in (status_of(word), "deleted"):
        return template
    return replace(template, provider_status=word, orders={**template.orders, "status": order})


# --- what each update says, by aspect; a word that is no text says nothing ---

_Said = dict[Aspect, dict[str, Any]]


def _status(_template: Template, said: Json) -> _Said:
    word = _text(said.get("event"))
    if not word:
        return {}
    why = {key: said[key] for key in _WHY if said.get(key) not in (None, "NONE")}
    reason = _text(said.get("reason")) if "reason" in why and status_of(word) == "rejected" else ""
    is_told = why and len(write(why).encode()) <= _MOST_BYTES
    return {
        "status": {"provider_status": word, "rejected_reason": reason or None, "vanished_at": None},
        "status_info": {"status_info": {"event": word, **why} if is_told else None},
    }


def _quality(_template: Template, said: Json) -> _Said:
    score = _text(said.get("new_quality_score"))
    return {"quality": {"quality": score}} if score else {}


def _category(_template: Template, said: Json) -> _Said:
    """A notice names the category to come as the correct one, and the current one as new (`category` in the
    detection at a direct send).
    """
    current = _text(said.get("category")) or _text(said.get("new_category"))
    coming = _text(said.get("correct_category"))
    at = from_epoch(said.get("category_update_timestamp"))
    change = {"category": coming, "at": rfc3339(at) if at else None}
    told: _Said = {"category": {"category": current}} if current else {}
    return {**told, "category_change": {"category_change": change if coming else None}}


def _components(template: Template, said: Json) -> _Said:
    """Only texts are told. What a component has besides (samples, media, flows) stays until the sync that
    each such update asks for.
    """
    parts: list[Json] = list(template.components)
    for kind, key in (("HEADER", "title"), ("BODY", "element"), ("FOOTER", "footer")):
        text = said.get(f"message_template_{key}")
        if isinstance(text, str):
            parts = _with(parts, kind, {"text": text}, {"format": "TEXT"} if kind == "HEADER" else {})
    buttons = said.get("message_template_buttons")
    if isinstance(buttons, list):
        known = next((part.get("buttons") for part in parts if part.get("type") == "BUTTONS"), None)
        parts = _with(parts, "BUTTONS", {"buttons": _buttons(buttons, known)}, {})
    return {"components": {"components": parts}}


def _with(parts: Sequence[Json], kind: str, said: Json, if_new: Json) -> list[Json]:
    if any(part.get("type") == kind for part in parts):
        return [{**part, **said} if part.get("type") == kind else part for part in parts]
    return sorted([*parts, {"type": kind, **if_new, **said}], key=_place)


def _place(part: Json) -> int:
    kinds = ("HEADER", "BODY", "FOOTER", "BUTTONS")
    return kinds.index(part["type"]) if part.get("type") in kinds else len(kinds)


def _buttons(told: Iterable[Any], known: Any) -> list[Json]:
    """Each keeps what its forerunner of the same kind at the same place had besides."""
    before = known if isinstance(known, list) else []
    buttons: list[Json] = []
    for number, button in enumerate(told):
        given = button if isinstance(button, dict) else {}
        now = {
            key: given[f"message_template_button_{key}"]
            for key in ("type", "text", "url", "phone_number")
            if f"message_template_button_{key}" in given
        }
        old = before[number] if number < len(before) and isinstance(before[number], dict) else {}
        buttons.append({**old, **now} if old.get("type") == now.get("type") else now)
    return buttons


_TELLS: dict[Aspect, Callable[[Template, Json], _Said]] = {
    "status": _status,
    "quality": _quality,
    "category": _category,
    "components": _components,
}


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return storable(str(value))[:512]
