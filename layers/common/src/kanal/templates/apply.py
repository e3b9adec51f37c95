"""Applies what a webhook tells of a template, and asks for a sync where that is not the whole truth."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kanal.errors import Contended
from kanal.ids import ChannelRef
from kanal.templates.jobs import SyncRequests
from kanal.templates.model import Template
from kanal.templates.store import TemplateStore
from kanal.templates.updates import TemplateUpdate, as_refused, told_by_refusal, updated

_ATTEMPTS = 4


@dataclass(frozen=True)
class Updating:
    """What applying an update needs."""

    templates: TemplateStore
    sync_requests: SyncRequests


def apply_update(
    parts: Updating, ref: ChannelRef, update: TemplateUpdate, received_at: datetime
) -> Template | None:
    """The template afterwards, None if we do not know it (yet). Any repetition and order gives the same.

    Raises Contended and QueueUnavailable; doing it again is then right.
    """
    found = _find(parts.templates, ref, update)
    last_sync = parts.templates.last_sync(ref)
    is_seen = update.at is not None and update.order <= last_sync
    if not is_seen and (found is None or update.wants_sync):
        parts.sync_requests.ask(ref, update.at or received_at)
    return _changed(parts.templates, ref, found, lambda known: updated(known, update, last_sync))


def apply_refusal(
    parts: Updating, ref: ChannelRef, name: str, language: str, word: str, at: datetime
) -> tuple[TemplateUpdate, Template] | None:
    """WhatsApp refused a message because its template has the status `word` (`PAUSED`, `DISABLED`): what that
    tells, and the template afterwards. None if the template is not known, or known to be so, or known better.

    Raises Contended.
    """
    found = parts.templates.get(ref, name, language)
    if found is None:
        return None
    update, last_sync = told_by_refusal(found, word, at), parts.templates.last_sync(ref)
    after = _changed(parts.templates, ref, found, lambda known: as_refused(known, update, last_sync))
    return (update, after) if after is not found and after else None


def _changed(
    templates: TemplateStore,
    ref: ChannelRef,
    found: Template | None,
    change: Callable[[Template], Template],
) -> Template | None:
    for _ in range(_ATTEMPTS):
        if found is None:
            return None
        after = change(found)
        if after is found or templates.put(ref, after, over=found):
            return after
        found = templates.get(ref, found.name, found.language)
    raise Contended("The template is being changed by something else right now.")


def _find(templates: TemplateStore, ref: ChannelRef, update: TemplateUpdate) -> Template | None:
    return templates.find(ref, update.name, update.language, update.provider_id)
