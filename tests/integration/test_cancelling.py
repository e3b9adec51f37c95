"""Taking a message back before it left, and standing still as a whole channel."""

from collections.abc import Iterator
from typing import Any

import pytest

from kanal.channels.configure import change_channel
from kanal.channels.model import Channel, State
from kanal.channels.requests import ChangeChannel
from kanal.errors import ChannelStopped, MessageNotCancellable, NotFound
from kanal.ids import inbound_message_id
from kanal.messages.model import as_json
from kanal.sending.cancel import Cancelling, cancel_message
from kanal.templates.sync import sync_templates
from tests.integration.gateway import Gateway, deployed
from tests.integration.outbound import SendLine, Watched, ready, reported, sending_over, taken_by_provider
from tests.integration.test_options import ahead, close_window, left_behind, run, send
from tests.integration.world import World


def cancel(world: World, channel: Channel, message: Any) -> Any:
    return cancel_message(Cancelling(world.channels, world.places, world.bus), channel.ref, message.id)


@pytest.mark.parametrize("where", ["in line", "for later", "for a reply"])
def test_what_is_queued_can_be_cancelled_wherever_it_waits(world: World, where: str) -> None:
    """Once and for all: it is not sent, an event says so, and saying it again changes nothing."""
    channel = ready(world)
    options: dict[str, Any] = {}
    if where == "for later":
        options["send_at"] = ahead(world, hours=1)
    if where == "for a reply":
        close_window(world)
        options["if_window_closed"] = "park_until_reply"
    message = send(world, channel, "key-1", **options)
    cancelled = cancel(world, channel, message)
    assert cancelled.state == "cancelled"
    assert "waiting" not in as_json(cancelled)
    assert as_json(cancelled)["timeline"][-1]["state"] == "cancelled"
    assert cancel(world, channel, message) == cancelled
    assert reported(world) == [(message.id, "cancelled")] * 2
    assert [key for key in left_behind(world) if not key.startswith("due#")] == []
    world.clock.advance(hours=1)
    world.customer_writes()
    world.process_all()
    run(world)
    assert taken_by_provider(world) == []
    assert world.message(channel, message.id).state == "cancelled"


def test_a_request_that_is_repeated_after_the_cancel_sends_nothing(world: World) -> None:
    channel = ready(world)
    message = send(world, channel, "key-1")
    cancel(world, channel, message)
    assert send(world, channel, "key-1").state == "cancelled"
    run(world)
    assert taken_by_provider(world) == []


def test_what_left_already_cannot_be_cancelled(world: World) -> None:
    channel = ready(world)
    message = send(world, channel, "key-1")
    run(world)
    with pytest.raises(MessageNotCancellable) as refusal:
        cancel(world, channel, message)
    assert refusal.value.facts == {"state": "sent"}


def test_a_cancel_while_the_bytes_are_on_their_way_comes_too_late(world: World) -> None:
    """The claim decides, not the answer."""
    channel = ready(world)
    message = send(world, channel, "key-1")

    def too_late() -> None:
        with pytest.raises(MessageNotCancellable):
            cancel(world, channel, message)

    with sending_over(world, Watched(before=too_late)) as worker:
        SendLine(world).run(worker)
    assert world.message(channel, message.id).state == "sent"


def test_what_a_contact_wrote_cannot_be_cancelled(world: World) -> None:
    channel = ready(world)
    wamid = world.customer_writes()["wamid"]
    world.process_all()
    with pytest.raises(MessageNotCancellable):
        cancel_message(
            Cancelling(world.channels, world.places, world.bus),
            channel.ref,
            inbound_message_id(channel.ref, wamid),
        )


def test_what_does_not_exist_cannot_be_cancelled(world: World) -> None:
    channel = ready(world)
    for message_id in ("msg_" + "a" * 26, "nonsense"):
        with pytest.raises(NotFound):
            cancel_message(Cancelling(world.channels, world.places, world.bus), channel.ref, message_id)


# --- the whole channel ---


def change(world: World, channel: Channel, **fields: Any) -> Channel:
    wanted = ChangeChannel.model_validate(fields)
    return change_channel(world.channels, channel.ref, wanted, world.clock(), world.send_queue.put_turns)


def test_a_paused_channel_takes_messages_and_sends_them_when_it_is_resumed(world: World) -> None:
    """In their order, without anybody sending another one."""
    channel = ready(world)
    assert change(world, channel, state="paused", name="Resting").state == "paused"
    for text in ("1", "2"):
        send(world, channel, text, text)
    for record in world.aws.take("send"):
        world.aws.delete("send", record)  # their own turns came and found the channel standing still
    world.clock.advance(seconds=10)
    assert change(world, channel, state="active").state == "active"
    run(world)
    assert [taken["body"]["text"]["body"] for taken in taken_by_provider(world)] == ["1", "2"]
    assert world.channels.get(channel.ref).name == "Resting"


@pytest.mark.parametrize("state", ["credentials_invalid", "payment_required", "restricted"])
@pytest.mark.parametrize("wanted", ["active", "paused"])
def test_a_channel_that_is_stopped_for_a_reason_is_not_switched_by_hand(
    world: World, state: State, wanted: str
) -> None:
    """Resuming it would hide the reason, and so would pausing it."""
    channel = ready(world)
    world.channels.set_state(channel.ref, state)
    with pytest.raises(ChannelStopped) as refusal:
        change(world, channel, state=wanted)
    assert refusal.value.facts == {"state": state}
    assert world.channels.get(channel.ref).state == state


def test_a_sync_resumes_no_channel_that_a_person_paused(world: World) -> None:
    channel = ready(world)
    change(world, channel, state="paused")
    sync_templates(world.syncing, channel.ref)
    assert world.channels.get(channel.ref).state == "paused"


def test_a_sync_that_lets_a_channel_send_again_has_what_waits_sent(world: World) -> None:
    """Nobody has to send another message for that."""
    channel = ready(world)
    send(world, channel, "key-1")
    for record in world.aws.take("send"):
        world.aws.delete("send", record)
    world.channels.set_state(channel.ref, "payment_required")
    sync_templates(world.syncing, channel.ref)
    run(world)
    assert len(taken_by_provider(world)) == 1


# --- over the API ---


@pytest.fixture
def gateway(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with deployed(world, monkeypatch) as gateway:
        yield gateway


def test_the_life_of_a_scheduled_message_over_the_api(world: World, gateway: Gateway) -> None:
    """Accepted with its reason to wait, shown, cancelled, not cancelled again once it is something else."""
    channel = ready(world)
    path = f"/v1/channels/{channel.ref.channel_id}"
    body = {"to": "+4915112345678", "type": "text", "text": {"body": "Hi"}, "send_at": "2199-01-01T00:00:00Z"}
    key = {"idempotency-key": "key-1"}
    refused = gateway.call("POST", f"{path}/messages", body, headers=key)
    [error] = refused.json["errors"]
    assert (refused.status, error["pointer"], error["code"]) == (422, "/send_at", "time_too_far")
    assert gateway.call("PATCH", path, {"state": "paused"}).json["state"] == "paused"
    del body["send_at"]
    # The functions go by the machine's clock, for which the window is closed.
    parked = {**body, "if_window_closed": "park_until_reply", "lane": "bulk"}
    accepted = gateway.call("POST", f"{path}/messages", parked, headers=key)
    assert (accepted.status, accepted.json["waiting"]["reason"]) == (202, "awaiting_reply")
    assert (accepted.json["lane"], accepted.json["if_window_closed"]) == ("bulk", "park_until_reply")
    shown = gateway.call("GET", f"{path}/messages/{accepted.json['id']}")
    assert shown.json == accepted.json
    cancelled = gateway.call("DELETE", f"{path}/messages/{accepted.json['id']}")
    assert (cancelled.status, cancelled.json["state"]) == (200, "cancelled")
    assert gateway.call("PATCH", path, {"state": "active"}).json["state"] == "active"
