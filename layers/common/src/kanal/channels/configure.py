"""Changes a connected channel, and disconnects it."""

from dataclasses import replace
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from kanal.channels.credentials import Providers
from kanal.channels.model import Channel
from kanal.channels.requests import ChangeChannel
from kanal.channels.store import ChannelStore
from kanal.errors import ChannelDisconnected, ProviderError
from kanal.ids import ChannelRef
from kanal.observability import logger
from kanal.providers.dialog360 import WebhookConfig


def change_channel(channels: ChannelStore, ref: ChannelRef, change: ChangeChannel, now: datetime) -> Channel:
    """The channel with the fields that were given. Raises NotFound, ChannelNameTaken, Contended."""
    channel = channels.get(ref)
    if channel.state == "disconnected":
        raise ChannelDisconnected("The channel is disconnected; its configuration can no longer be changed.")
    changed = replace(channel, **change.model_dump(exclude_unset=True, exclude_none=True))
    if "default_country" in change.model_fields_set:
        changed = replace(changed, default_country=change.default_country)
    if changed != channel:
        channels.change(channel, changed, now)
    return changed


def disconnect_channel(channels: ChannelStore, providers: Providers, ref: ChannelRef) -> None:
    """Ends the channel here even when the provider is down: what it still delivers finds no webhook.

    Idempotent. Name and number are free again, the API key is destroyed, messages and contacts stay. Raises
    NotFound.
    """
    channel = channels.get(ref)
    if channel.state == "disconnected":
        return
    channels.disconnect(channel, _clear_webhook(providers, channel))


def _clear_webhook(providers: Providers, channel: Channel) -> bool:
    """Only a webhook that is still ours is cleared."""
    try:
        provider = providers.of(channel)
        if not provider.webhook().url.endswith(f"/{channel.webhook_id}"):
            return False
        provider.set_webhook(WebhookConfig("", None))
    except (ProviderError, BotoCoreError, ClientError) as error:
        logger.warning(
            "The webhook could not be cleared at the provider", extra={"error": type(error).__name__}
        )
        return False
    return True
