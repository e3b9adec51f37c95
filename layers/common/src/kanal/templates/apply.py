"""Applies what a webhook tells of a template, and asks for a sync where that is not the whole truth."""

from dataclasses import dataclass
from datetime import datetime

from kanal.errors import Contended
from kanal.ids import ChannelRef
from kanal.templates.jobs import SyncRequests
from kanal.templates.model import Template
from kanal.templates.store import TemplateStore
from kanal.templates.updates import TemplateUpdate, updated

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
    for _ in range(_ATTEMPTS):
        if found is None:
            return None
        after = updated(found, update, last_sync)
        if after is found or parts.templates.put(ref, after, over=found):
            return after
        found = _find(parts.templates, ref, update)
    raise Contended("The template is being changed by something else right now.")


def _find(templates: TemplateStore, ref: ChannelRef, update: TemplateUpdate) -> Template | None:
    return templates.find(ref, update.name, update.language, update.provider_id)
