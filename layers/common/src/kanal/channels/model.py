"""What a channel is, in which states it can be, and how it is shown."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from kanal.channels import reports
from kanal.channels.reports import Report
from kanal.ids import ChannelRef, WebhookId
from kanal.times import rfc3339

Provider = Literal["dialog360"]
State = Literal[
    "connecting", "active", "credentials_invalid", "payment_required", "restricted", "paused", "disconnected"
]

DEFAULT_MESSAGES_PER_SECOND = 80
"""WhatsApp's standard throughput per number, inbound and outbound together."""
MAX_MESSAGES_PER_SECOND = 1000
DEFAULT_CONTACT_BURST = 10
MAX_CONTACT_BURST = 45
"""What WhatsApp lets one person get within six seconds, before as long a silence as that was too much."""

ACCEPTING: frozenset[State] = frozenset({"active", "paused"})
"""In these a channel takes messages; what a paused one took waits until it is resumed."""
PAUSABLE = ACCEPTING
"""Between these a person switches it; out of the others it comes when what stopped it is mended."""

WHY_NOT_SENDING: dict[State, str] = {
    "connecting": "The channel is still being connected.",
    "credentials_invalid": "The provider no longer accepts the API key. Disconnect the channel and connect it"
    " again with a valid key. Is the key good after all, sync the channel's templates: that tries it again.",
    "payment_required": "The provider stopped sending for unpaid invoices. Settle them with the provider,"
    " then sync the channel's templates: that lets it send again.",
    "restricted": "WhatsApp does not let the number send: it is restricted, not registered, or lacks a"
    " permission. Look at its health in the provider's hub; when it is fine again, sync the channel's"
    " templates: that lets it send again.",
    "paused": "Sending is paused for this channel; PATCH it with state active to resume.",
    "disconnected": "The channel is disconnected. Connect the number again to send.",
}


@dataclass(frozen=True)
class Channel:
    ref: ChannelRef
    name: str
    provider: Provider
    phone_number: str
    """E.164 with `+`."""
    phone_number_id: str
    waba_id: str | None
    verified_name: str | None
    state: State
    messages_per_second: int
    contact_burst: int
    """Messages that one contact may get at once; in the long run it gets one in six seconds."""
    default_country: str | None
    """ISO 3166-1 alpha-2, for numbers written without a country code."""
    webhook_id: WebhookId
    encrypted_api_key: bytes
    request_digest: str
    created_at: datetime
    webhook_cleared: bool | None = None
    """After disconnecting: whether the provider confirmed that it no longer delivers here."""
    bulk_paused_until: datetime | None = None
    """WhatsApp limits the number for being reported as spam: what goes out in bulk waits until then."""
    reports: Mapping[str, Report] = field(default_factory=dict)
    """What WhatsApp reported of the number and its account, by name. Sending does not follow from it."""


def name_key(name: str) -> str:
    """Two names that a person would take for the same have one key, whatever their case and spacing."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def as_json(channel: Channel) -> dict[str, Any]:
    """The channel as the API shows it: no secret, ever."""
    return {
        "id": channel.ref.channel_id,
        "name": channel.name,
        "provider": channel.provider,
        "phone_number": channel.phone_number,
        "phone_number_id": channel.phone_number_id,
        "waba_id": channel.waba_id,
        "verified_name": channel.verified_name,
        "state": channel.state,
        "messages_per_second": channel.messages_per_second,
        "contact_burst": channel.contact_burst,
        "default_country": channel.default_country,
        "bulk_paused_until": rfc3339(channel.bulk_paused_until) if channel.bulk_paused_until else None,
        "webhook_cleared": channel.webhook_cleared,
        "created_at": rfc3339(channel.created_at),
        **reports.as_json(channel.reports),
    }
