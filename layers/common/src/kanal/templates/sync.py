"""Brings a channel's templates in step with the provider: every page first, then the comparison, then the
writes.

A page that fails leaves everything as it was. Repeating a sync that died half-way finishes it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kanal.channels.credentials import Providers, noting_rejected_key
from kanal.channels.model import WHY_NOT_SENDING, State
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.errors import ChannelDisconnected, Contended, ProviderAnswerUnreadable
from kanal.ids import ChannelRef
from kanal.providers.dialog360 import Dialog360
from kanal.templates.model import Changes, Template, reconcile, sync_order
from kanal.templates.remote import template_from
from kanal.templates.store import TemplateStore
from kanal.times import rfc3339

_MENDED_HERE: frozenset[State] = frozenset({"credentials_invalid", "payment_required", "restricted"})
"""States that end when key and number are fine; a channel that a person paused stays so."""
_WRITES = 4
_MOST_PAGES = 1000
"""A hundred thousand templates: more than any account has, and an end to a list that runs in circles."""


@dataclass(frozen=True)
class Syncing:
    """What a sync needs."""

    channels: ChannelStore
    templates: TemplateStore
    providers: Providers
    clock: Clock
    resumed: Callable[[ChannelRef], None]
    """Has what waits in the channel sent."""


def sync_templates(parts: Syncing, ref: ChannelRef) -> dict[str, Any]:
    """Brings the templates in step, and a stopped channel back to work if key and number are fine again.

    The report: `synced_at`, `duration_ms` and the counts of new, changed, unchanged and vanished
    templates.

    Raises NotFound, ChannelDisconnected, ProviderUnavailable and its kin.
    """
    channel = parts.channels.get(ref)
    if channel.state == "disconnected":
        raise ChannelDisconnected(WHY_NOT_SENDING["disconnected"])
    started = parts.clock()
    with noting_rejected_key(parts.channels, ref):
        provider = parts.providers.of(channel)
        if channel.state in _MENDED_HERE and not provider.number().blocked_because:
            parts.channels.switch(channel, "active")
            parts.resumed(ref)
        remote = _every_page(provider)
    changes = _write_changes(parts.templates, ref, remote, started)
    ended = parts.clock()
    report = {
        "synced_at": rfc3339(ended),
        "duration_ms": int((ended - started).total_seconds() * 1000),
        "new": len(changes.new),
        "changed": len(changes.changed),
        "unchanged": changes.unchanged,
        "vanished": len(changes.vanished),
    }
    parts.templates.put_report(ref, report, sync_order(started))
    return report


def _write_changes(
    templates: TemplateStore, ref: ChannelRef, remote: Sequence[Template], started: datetime
) -> Changes:
    """What changed. A template of which a webhook tells something meanwhile is compared once more."""
    found: Changes | None = None
    for _ in range(_WRITES):
        known = {template.key: template for template in templates.all(ref)}
        changes = reconcile(known.values(), remote, started)
        found = found or changes
        written = [templates.put(ref, one, over=known.get(one.key)) for one in changes.to_write]
        if all(written):
            return found
    raise Contended("The templates of the channel are being changed by something else right now.")


def _every_page(provider: Dialog360) -> list[Template]:
    found: list[Template] = []
    after: str | None = None
    for _ in range(_MOST_PAGES):
        page, after = provider.templates_page(after)
        found += [template for listed in page if (template := template_from(listed))]
        if after is None:
            return found
    raise ProviderAnswerUnreadable(
        f"The provider's list of templates does not end after {_MOST_PAGES} pages."
    )
