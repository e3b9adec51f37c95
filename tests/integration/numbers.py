"""What the tests of channels share: numbers at the provider, and connecting them."""

from typing import Any

from kanal.channels.connect import Connecting, connect_channel
from kanal.channels.model import Channel
from kanal.channels.requests import ConnectChannel
from kanal.ids import WorkspaceId
from kanal.providers.dialog360 import WebhookConfig
from tests.integration.world import API_KEY, BASE_URL, WORKSPACE, World

OTHERS = WorkspaceId("others")
NOTHING = WebhookConfig("", {})
EARLIER = WebhookConfig("https://earlier.example/hook", {"x-earlier": "yes"})


def connect(
    world: World, *, workspace: WorkspaceId = WORKSPACE, key: str | None = None, **fields: Any
) -> Channel:
    parts = Connecting(world.channels, world.providers, world.secrets, world.tokens, world.clock, BASE_URL)
    request = ConnectChannel.model_validate({"name": "Support", "api_key": API_KEY, **fields})
    return connect_channel(parts, workspace, request, key)


def second_number(world: World, ending: int = 1) -> str:
    """The key of another number at the provider."""
    key = f"key-of-number-{ending:04}"
    world.control("numbers", {"phone_number": f"+493090182{ending}", "api_key": key})
    return key


def webhook_at_provider(world: World, key: str = API_KEY) -> WebhookConfig:
    return world.providers.with_key(key).webhook()


def listed(world: World, workspace: WorkspaceId = WORKSPACE) -> list[Channel]:
    return list(world.channels.page(workspace, None, 100)[0])


def active(world: World) -> list[Channel]:
    return [channel for channel in listed(world) if channel.state == "active"]


def fault(world: World, on: str, nth: int, **kind: Any) -> None:
    """The nth call of the kind fails, the ones before it do not."""
    if nth > 1:
        world.control("faults", {"on": on, "kind": "delay", "delay_ms": 0, "times": nth - 1})
    world.control("faults", {"on": on, "times": 1, **kind})
