"""Connects a number: try the key, claim name and number, register the webhook, read it back.

Every failure leaves nothing behind: claims are given back, the webhook that stood at the provider before is
put back, and what a crash leaves ends by itself (see the store).
"""

from dataclasses import dataclass
from hmac import compare_digest

from kanal.aws.secret import Secrets
from kanal.channels.credentials import Providers
from kanal.channels.model import Channel
from kanal.channels.requests import ConnectChannel
from kanal.channels.store import ChannelStore
from kanal.channels.webhook import SECRET_HEADER, secret_digest
from kanal.clock import Clock
from kanal.errors import IdempotencyKeyReused, NumberBlocked, ProviderError, WebhookNotRegistered
from kanal.ids import ChannelId, ChannelRef, NewToken, WebhookId, WorkspaceId, derived_token
from kanal.observability import logger
from kanal.providers.dialog360 import Dialog360, Number, WebhookConfig


@dataclass(frozen=True)
class Connecting:
    """What connecting needs. `webhook_base_url` is where the provider reaches this deployment."""

    channels: ChannelStore
    providers: Providers
    secrets: Secrets
    new_token: NewToken
    clock: Clock
    webhook_base_url: str


def connect_channel(
    parts: Connecting, workspace_id: WorkspaceId, request: ConnectChannel, idempotency_key: str | None
) -> Channel:
    """The connected channel. The same idempotency key gives the same channel.

    Raises ApiKeyRejected, NumberBlocked, ChannelNameTaken, NumberAlreadyConnected, WebhookNotRegistered,
    ProviderUnavailable and its kin, IdempotencyKeyReused, Contended.
    """
    ref = ChannelRef(workspace_id, _channel_id(parts, workspace_id, idempotency_key))
    digest = derived_token(*(str(value) for value in request.model_dump(exclude={"api_key"}).values()))
    if idempotency_key and (known := _connected_before(parts, ref, request, digest)):
        return known
    provider = parts.providers.with_key(request.api_key)
    number = provider.number()
    if number.blocked_because:
        reasons = "; ".join(number.blocked_because)
        raise NumberBlocked(f"WhatsApp does not let {number.phone_number} send messages: {reasons}")
    channel = _new_channel(parts, ref, request, number, digest)
    secret = parts.new_token()
    before = provider.webhook()
    parts.channels.reserve(channel, secret_digest(secret), parts.clock())
    connected = False
    try:
        _register_webhook(provider, _webhook_of(parts.webhook_base_url, channel, secret))
        active = parts.channels.activate(channel)
        connected = True
    finally:
        if not connected:
            _put_back(provider, before)
            parts.channels.release(channel)
    return active


def _channel_id(parts: Connecting, workspace_id: WorkspaceId, idempotency_key: str | None) -> ChannelId:
    token = derived_token("channel", workspace_id, idempotency_key) if idempotency_key else parts.new_token()
    return ChannelId(f"chn_{token}")


def _connected_before(
    parts: Connecting, ref: ChannelRef, request: ConnectChannel, digest: str
) -> Channel | None:
    """The key is compared with the encrypted one: nothing else of it is stored, not even a hash."""
    known = parts.channels.find(ref)
    if known is None or known.state == "connecting":
        return None
    if known.state == "disconnected":
        raise IdempotencyKeyReused(
            "This Idempotency-Key connected a channel that was disconnected since. Use a new key."
        )
    if known.request_digest != digest or not _is_key_of(parts, known, request.api_key):
        raise IdempotencyKeyReused(
            "This Idempotency-Key was used before to connect a channel differently. Use a new key."
        )
    return known


def _is_key_of(parts: Connecting, channel: Channel, api_key: str) -> bool:
    return compare_digest(parts.providers.key_of(channel).encode(), api_key.encode())


def _new_channel(
    parts: Connecting, ref: ChannelRef, request: ConnectChannel, number: Number, digest: str
) -> Channel:
    return Channel(
        ref=ref,
        name=request.name,
        provider=request.provider,
        phone_number=number.phone_number,
        phone_number_id=number.phone_number_id,
        waba_id=number.waba_id,
        verified_name=number.verified_name,
        state="connecting",
        messages_per_second=request.messages_per_second,
        contact_burst=request.contact_burst,
        default_country=request.default_country,
        webhook_id=WebhookId(parts.new_token()),
        encrypted_api_key=parts.secrets.encrypt(ref.channel_id, request.api_key),
        request_digest=digest,
        created_at=parts.clock(),
    )


def _webhook_of(base_url: str, channel: Channel, secret: str) -> WebhookConfig:
    url = f"{base_url.rstrip('/')}/webhooks/{channel.provider}/{channel.webhook_id}"
    return WebhookConfig(url, {SECRET_HEADER: secret})


def _register_webhook(provider: Dialog360, config: WebhookConfig) -> None:
    """Registers and reads back; a provider that shows no headers is believed about the URL alone."""
    provider.set_webhook(config)
    shown = provider.webhook()
    headers = {name.lower(): value for name, value in (shown.headers or {}).items()}
    same_headers = shown.headers is None or all(
        headers.get(name) == value for name, value in (config.headers or {}).items()
    )
    if shown.url != config.url or not same_headers:
        raise WebhookNotRegistered(
            "360dialog took the webhook but shows another one when asked. Somebody else may be setting it;"
            " look at the number's webhook in the 360dialog hub and try again."
        )


def _put_back(provider: Dialog360, before: WebhookConfig) -> None:
    try:
        provider.set_webhook(before)
    except ProviderError as error:
        logger.warning("The earlier webhook could not be put back", extra={"code": error.code})
