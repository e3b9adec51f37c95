"""Brings a channel's templates in step with the provider: every page first, then the comparison, then the
writes.

A page that fails leaves everything as it was. Repeating a sync that died half-way finishes it.
"""

from dataclasses import dataclass
from typing import Any

from kanal.channels.credentials import Providers, noting_rejected_key
from kanal.channels.model import WHY_NOT_SENDING
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.errors import ChannelDisconnected, ProviderAnswerUnreadable
from kanal.ids import ChannelRef
from kanal.providers.dialog360 import Dialog360
from kanal.templates.model import Template, reconcile
from kanal.templates.remote import template_from
from kanal.templates.store import TemplateStore
from kanal.times import rfc3339

_MOST_PAGES = 1000
"""A hundred thousand templates: more than any account has, and an end to a list that runs in circles."""


@dataclass(frozen=True)
class Syncing:
    """What a sync needs."""

    channels: ChannelStore
    templates: TemplateStore
    providers: Providers
    clock: Clock


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
        if channel.state != "active" and not provider.number().blocked_because:
            parts.channels.resume(channel)
        remote = _every_page(provider)
    changes = reconcile(parts.templates.all(ref), remote, started)
    for template in changes.to_write:
        parts.templates.put(ref, template)
    ended = parts.clock()
    report = {
        "synced_at": rfc3339(ended),
        "duration_ms": int((ended - started).total_seconds() * 1000),
        "new": len(changes.new),
        "changed": len(changes.changed),
        "unchanged": changes.unchanged,
        "vanished": len(changes.vanished),
    }
    parts.templates.put_report(ref, report)
    return report


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
