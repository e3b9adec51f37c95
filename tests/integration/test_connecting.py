"""A number is connected wholly or not at all, whatever fails and whenever it stops."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kanal.channels.configure import disconnect_channel
from kanal.channels.model import Channel, as_json
from kanal.channels.store import CONNECTING_FOR
from kanal.channels.webhook import SECRET_HEADER, secret_digest
from kanal.errors import (
    ApiKeyRejected,
    ChannelNameTaken,
    IdempotencyKeyReused,
    KanalError,
    NotFound,
    NumberAlreadyConnected,
    NumberBlocked,
    ProviderAnswerUnreadable,
    ProviderRefused,
    ProviderUnavailable,
    WebhookNotRegistered,
)
from kanal.ids import ChannelId, ChannelRef, WorkspaceId, derived_token
from tests.integration.hooks import at_every_call
from tests.integration.inbound import Killed, client_of, raise_on, stored, throttled
from tests.integration.numbers import (
    EARLIER,
    NOTHING,
    OTHERS,
    active,
    connect,
    fault,
    listed,
    second_number,
    webhook_at_provider,
)
from tests.integration.world import API_KEY, BASE_URL, PHONE, WORKSPACE, World

pytestmark = pytest.mark.slow

# --- connecting ---


def test_a_connected_channel_knows_its_number_and_is_known_at_the_provider(world: World) -> None:
    """The facts of the number, the webhook with its secret, and what was asked for."""
    channel = connect(world, default_country="DE", messages_per_second=20, contact_burst=1)
    [number] = world.simulator.get("/_control/numbers").json()
    assert channel == world.channels.get(channel.ref)
    assert channel.state == "active"
    assert (channel.phone_number, channel.phone_number_id) == (PHONE, number["phone_number_id"])
    assert (channel.waba_id, channel.verified_name) == (number["waba_id"], number["display_name"])
    assert (channel.default_country, channel.messages_per_second, channel.contact_burst) == ("DE", 20, 1)
    registered = webhook_at_provider(world)
    assert registered.url == f"{BASE_URL}/webhooks/dialog360/{channel.webhook_id}"
    assert registered.headers
    [webhook] = [item for item in stored(world.aws.channels) if item["sk"] == "webhook"]
    assert webhook["secret_digests"] == [{"S": secret_digest(registered.headers[SECRET_HEADER])}]


def test_neither_the_key_nor_the_secret_is_stored_or_shown(world: World) -> None:
    """The key lies encrypted, bound to its channel; of the secret there is a digest only."""
    channel = connect(world)
    headers = webhook_at_provider(world).headers or {}
    everything = repr(stored(world.aws.channels)) + repr(channel) + json.dumps(as_json(channel))
    assert API_KEY not in everything
    assert headers[SECRET_HEADER] not in everything
    assert world.secrets.decrypt(channel.ref.channel_id, channel.encrypted_api_key) == API_KEY
    with pytest.raises(ClientError):
        world.secrets.decrypt(ChannelId("chn_another"), channel.encrypted_api_key)


def test_a_bad_key_is_refused(world: World) -> None:
    """The key is tried before anything is written."""
    with pytest.raises(ApiKeyRejected):
        connect(world, api_key="key-that-nobody-has")
    assert stored(world.aws.channels) == []


def test_a_blocked_number_is_refused_with_whatsapps_reason(world: World) -> None:
    """It could not send; the reason is the provider's."""
    world.control("numbers", {"phone_number": PHONE, "health": "BLOCKED"})
    with pytest.raises(NumberBlocked, match="This number may not send messages"):
        connect(world)
    assert stored(world.aws.channels) == []
    assert webhook_at_provider(world) == NOTHING


@pytest.mark.parametrize("name", ["Support", "SUPPORT", "  sup\uff50ort ", "suppo\uff32t"])
def test_a_name_is_taken_whatever_its_case_and_width(world: World, name: str) -> None:
    """Two names that a person would confuse cannot both be there; other workspaces do not count."""
    connect(world, name="Support")
    other = second_number(world)
    before = stored(world.aws.channels)
    with pytest.raises(ChannelNameTaken):
        connect(world, name=name, api_key=other)
    assert stored(world.aws.channels) == before
    assert webhook_at_provider(world, other) == NOTHING
    assert connect(world, workspace=OTHERS, name=name, api_key=other).state == "active"


@pytest.mark.parametrize("workspace", [WORKSPACE, OTHERS])
def test_a_number_is_connected_once(world: World, workspace: WorkspaceId) -> None:
    """It has one webhook. The first channel keeps it, and nothing is said about who has it."""
    first = connect(world)
    at_provider = webhook_at_provider(world)
    with pytest.raises(NumberAlreadyConnected) as refused:
        connect(world, workspace=workspace, name="Another")
    assert first.ref.channel_id not in refused.value.detail
    assert webhook_at_provider(world) == at_provider
    assert listed(world) == [first]
    assert listed(world, OTHERS) == []


FAULTS: list[tuple[dict[str, Any], type[KanalError]]] = [
    ({"kind": "status", "status": 500}, ProviderUnavailable),
    ({"kind": "status", "status": 429}, ProviderUnavailable),
    ({"kind": "status", "status": 401}, ApiKeyRejected),
    ({"kind": "status", "status": 400}, ProviderRefused),
    ({"kind": "status", "status": 200, "body": "<html>"}, ProviderAnswerUnreadable),
    ({"kind": "status", "status": 200, "body": []}, ProviderAnswerUnreadable),
    ({"kind": "timeout_before"}, ProviderUnavailable),
    ({"kind": "timeout_after"}, ProviderUnavailable),
    ({"kind": "drop"}, ProviderUnavailable),
]


@pytest.mark.parametrize(
    ("on", "nth"),
    [("health", 1), ("webhook_config", 1), ("webhook_config", 2), ("webhook_config", 3)],
    ids=["health", "webhook before", "webhook set", "webhook read back"],
)
def test_a_provider_that_fails_leaves_nothing_behind(world: World, on: str, nth: int) -> None:
    """Whichever call fails and however: its own error, no claim, and the earlier webhook stands again."""
    world.providers.with_key(API_KEY).set_webhook(EARLIER)
    for kind, error in FAULTS:
        fault(world, on, nth, **kind)
        with pytest.raises(error):
            connect(world)
        assert stored(world.aws.channels) == [], kind
        assert webhook_at_provider(world) == EARLIER, kind
    assert connect(world).state == "active"


def test_a_webhook_that_is_shown_differently_is_not_believed(world: World) -> None:
    """Somebody else may be setting it: the channel would be deaf."""
    world.providers.with_key(API_KEY).set_webhook(EARLIER)
    shown = {"url": "https://elsewhere.example/hook", "headers": {}}
    fault(world, "webhook_config", 3, kind="status", status=200, body=shown)
    with pytest.raises(WebhookNotRegistered):
        connect(world)
    assert stored(world.aws.channels) == []
    assert webhook_at_provider(world) == EARLIER


@pytest.mark.parametrize(("headers", "believed"), [({}, False), ({SECRET_HEADER: "x"}, False), (None, True)])
def test_a_webhook_without_its_secret_is_not_believed(world: World, headers: Any, believed: bool) -> None:
    """Every delivery would be refused. A provider that shows no headers at all is believed."""
    shown = {"url": f"{BASE_URL}/webhooks/dialog360/{derived_token('test', '1')}", "headers": headers}
    fault(world, "webhook_config", 3, kind="status", status=200, body=shown)
    if believed:
        assert connect(world).state == "active"
        return
    with pytest.raises(WebhookNotRegistered):
        connect(world)
    assert stored(world.aws.channels) == []


@pytest.mark.parametrize("operation", ["Encrypt", "TransactWriteItems"])
def test_aws_down_leaves_nothing_behind(world: World, operation: str) -> None:
    """Before the webhook is touched."""
    raise_on(client_of(world, "kms" if operation == "Encrypt" else "dynamodb"), operation, throttled)
    with pytest.raises(ClientError):
        connect(world)
    assert stored(world.aws.channels) == []
    assert webhook_at_provider(world) == NOTHING


# --- a crash ---


class Process:
    """Dies at its nth contact with the outside, before or after it, and then does nothing any more."""

    def __init__(self, dies_at: int) -> None:
        self._left = dies_at
        self.died_at = ""

    def visit(self, where: str) -> None:
        if self._left == 0:
            self.died_at = self.died_at or where
            raise Killed(where)
        self._left -= 1


def connect_and_die(world: World, process: Process, key: str | None) -> Channel | None:
    world.provider_http.event_hooks = {
        "request": [lambda request: process.visit(f"before {request.method} {request.url.path}")],
        "response": [lambda answer: process.visit(f"after {answer.request.method} {answer.url.path}")],
    }
    try:
        with at_every_call(world, process.visit):
            return connect(world, key=key)
    except Killed:
        return None
    finally:
        world.provider_http.event_hooks = {}


@pytest.mark.parametrize("same_key", [True, False])
def test_after_a_crash_at_any_step_the_number_can_be_connected(world: World, same_key: bool) -> None:
    """A channel that died half-way is never listed, and gives way when its time is over."""
    died_at: list[str] = []
    while True:
        process = Process(dies_at=len(died_at))
        key = f"key-{len(died_at)}"
        if connect_and_die(world, process, key):
            break
        died_at.append(process.died_at)
        done = active(world)
        assert done == [] or died_at.count("after TransactWriteItems") == 2
        world.clock.sleep(CONNECTING_FOR.total_seconds() + 1)
        if done and not same_key:
            disconnect_channel(world.channels, world.providers, done[0].ref)
        channel = connect(world, key=key if same_key else f"{key}-again")
        assert active(world) == [channel]
        assert webhook_at_provider(world).url.endswith(channel.webhook_id)
        disconnect_channel(world.channels, world.providers, channel.ref)
    outside = ["GetItem", "GET /health_status", "Encrypt", "GET /v1/configs/webhook", "TransactWriteItems"]
    outside += ["POST /v1/configs/webhook", "GET /v1/configs/webhook", "TransactWriteItems"]
    assert died_at == [f"{when} {where}" for where in outside for when in ("before", "after")]


def test_a_half_connected_channel_is_invisible_and_holds_its_claims(world: World) -> None:
    """For its time: somebody is connecting; then it is over."""
    assert connect_and_die(world, Process(dies_at=8), None) is None
    half = [item for item in stored(world.aws.channels) if item["sk"].startswith("channel#")]
    ref = ChannelRef(WORKSPACE, ChannelId(half[0]["channel_id"]))
    assert listed(world) == []
    assert list(world.channels.all_connected()) == []
    with pytest.raises(NotFound):
        world.channels.get(ref)
    with pytest.raises(ChannelNameTaken):
        connect(world)
    with pytest.raises(NumberAlreadyConnected):
        connect(world, name="Another")
    world.clock.sleep(CONNECTING_FOR.total_seconds() + 1)
    assert connect(world).state == "active"


# --- the same request again ---


def test_the_same_idempotency_key_gives_the_same_channel(world: World) -> None:
    """A client that lost the answer asks again; nothing is connected twice, nothing is called."""
    first = connect(world, key="key-1")
    world.control("faults", {"on": "health", "kind": "status", "status": 500})
    assert connect(world, key="key-1") == first
    assert listed(world) == [first]


def test_an_idempotency_key_is_for_one_request(world: World) -> None:
    """Another name, key or pace under the same key is a mistake that is told."""
    connect(world, key="key-1")
    for other in ({"name": "Sales"}, {"api_key": second_number(world)}, {"messages_per_second": 5}):
        with pytest.raises(IdempotencyKeyReused, match=r"Use a new key\.$"):
            connect(world, key="key-1", **other)
    assert len(listed(world)) == 1


def test_the_idempotency_key_of_a_disconnected_channel_connects_nothing(world: World) -> None:
    """An answer with the old, dead channel would look like success; the caller is told what to do instead."""
    first = connect(world, key="key-1")
    disconnect_channel(world.channels, world.providers, first.ref)
    with pytest.raises(IdempotencyKeyReused, match=r"was disconnected since\. Use a new key\.$"):
        connect(world, key="key-1")
    assert connect(world, key="key-2").state == "active"


def test_workspaces_do_not_share_idempotency_keys(world: World) -> None:
    """Two tenants may well choose the same."""
    first = connect(world, key="1")
    second = connect(world, key="1", workspace=OTHERS, api_key=second_number(world))
    assert first.ref.channel_id != second.ref.channel_id
