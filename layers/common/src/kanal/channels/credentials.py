"""From a channel to the provider that speaks for it, with the API key in memory only."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from kanal.aws.secret import Secrets
from kanal.channels.model import Channel
from kanal.channels.store import ChannelStore
from kanal.errors import ApiKeyRejected, ProviderRefused
from kanal.ids import ChannelRef
from kanal.providers.dialog360 import DEFAULT_TIMEOUTS, Dialog360, Timeouts
from kanal.providers.dialog360_media import Dialog360Media

_REMEMBERED = 1000


class Providers:
    """Keeps what KMS decrypted for the life of the container; a replaced key has another ciphertext."""

    def __init__(self, http: httpx.Client, secrets: Secrets, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> None:
        self._http = http
        self._timeouts = timeouts
        self._secrets = secrets
        self._keys: OrderedDict[tuple[str, bytes], str] = OrderedDict()

    def of(self, channel: Channel) -> Dialog360:
        return self.with_key(self.key_of(channel))

    def media_of(self, channel: Channel) -> Dialog360Media:
        return Dialog360Media(self._http, self.key_of(channel), self._timeouts.media)

    def with_key(self, api_key: str) -> Dialog360:
        return Dialog360(self._http, api_key, self._timeouts)

    def key_of(self, channel: Channel) -> str:
        name = (channel.ref.channel_id, channel.encrypted_api_key)
        known = self._keys.get(name)
        if known is None:
            known = self._secrets.decrypt(channel.ref.channel_id, channel.encrypted_api_key)
            self._keys[name] = known
            while len(self._keys) > _REMEMBERED:
                self._keys.popitem(last=False)
        return known


@contextmanager
def noting_rejected_key(channels: ChannelStore, ref: ChannelRef) -> Iterator[None]:
    """Around calls with the key of a connected channel: a rejected one stops the channel.

    Raises ProviderRefused in place of ApiKeyRejected, which is about a key that the caller has just given.
    """
    try:
        yield
    except ApiKeyRejected as error:
        channels.set_state(ref, "credentials_invalid")
        words = f"{error.detail.rstrip('.')}. The channel no longer sends; connect it again with a valid key."
        raise ProviderRefused(words) from error
