"""Changes a connected channel, and disconnects it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from kanal.channels.credentials import Providers
from kanal.channels.model import PAUSABLE, WHY_NOT_SENDING, Channel, State
from kanal.channels.requests import ChangeChannel
from kanal.channels.store import ChannelStore
from kanal.errors import ChannelDisconnected, ChannelStopped, Contended, ProviderError
from kanal.ids import ChannelRef
from kanal.observability import logger
from kanal.providers.dialog360 import WebhookConfig


def change_channel(
    channels: ChannelStore,
    ref: ChannelRef,
    change: ChangeChannel,
    now: datetime,
    resumed: Callable[[ChannelRef], None],
) -> Channel:
    """The channel with the fields that were given. `resumed` is called when it may send, so that what waits
    goes on.

    Raises NotFound, ChannelDisconnected, ChannelStopped, ChannelNameTaken, Contended.
    """
    channel = channels.get(ref)
    if channel.state == "disconnected":
        raise ChannelDisconnected("The channel is disconnected; its configuration can no longer be changed.")
    if change.state and channel.state not in PAUSABLE:
        raise ChannelStopped(WHY_NOT_SENDING[channel.state], state=channel.state)
    fields = change.model_dump(exclude_unset=True, exclude_none=True, exclude={"state"})
    changed = replace(channel, **fields)
    if "default_country" in change.model_fields_set:
        changed = replace(changed, default_country=change.default_country)
    if changed != channel:
        channels.change(channel, changed, now)
    if change.state and change.state != channel.state:
        changed = _with_state(channels, changed, change.state)
    if change.state == "active":
        resumed(ref)
    return changed


def _with_state(channels: ChannelStore, channel: Channel, state: State) -> Channel:
    if not channels.switch(channel, state):
        raise Contended("The channel's state changed meanwhile; read it and try again.")
    return replace(channel, state=state)


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
