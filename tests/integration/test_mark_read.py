"""Marking as read over HTTP: what WhatsApp is told, and when it is not."""

from collections.abc import Iterator
from typing import Any

import pytest

from kanal.ids import ChannelId, ChannelRef, Wamid, inbound_message_id
from tests.integration.gateway import Answer, Gateway, deployed
from tests.integration.inbound import message, messages, put
from tests.integration.outbound import SendLine, fail, ready
from tests.integration.world import API_KEY, WORKSPACE, World


@pytest.fixture
def gateway(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with deployed(world, monkeypatch) as gateway:
        yield gateway
    assert API_KEY not in "".join(gateway.said)


class Desk:
    """A channel, what a customer wrote to it, and the route that marks it as read."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world, self.gateway = world, gateway
        self.channel = ready(world)
        wamid = world.customer_writes()["wamid"]
        world.process_all()
        ref = ChannelRef(WORKSPACE, ChannelId(self.channel.ref.channel_id))
        self.message_id = inbound_message_id(ref, Wamid(wamid))

    def mark(self, body: object = None, message_id: str | None = None) -> Answer:
        path = f"/v1/channels/{self.channel.ref.channel_id}/messages/{message_id or self.message_id}/read"
        return self.gateway.call("POST", path, body)


@pytest.fixture
def desk(world: World, gateway: Gateway) -> Desk:
    return Desk(world, gateway)


@pytest.mark.parametrize(
    ("body", "typing"),
    [
        (None, False),
        ("", False),
        ({}, False),
        ({"typing_indicator": False}, False),
        ({"typing_indicator": True}, True),
    ],
)
def test_an_inbound_message_is_marked_as_read_as_often_as_asked(
    desk: Desk, body: object, typing: bool
) -> None:
    """The body may be left out; typing is shown only when asked for."""
    for _ in range(2):
        answer = desk.mark(body)
        assert answer.status == 200, answer.text
        assert answer.json == {"message_id": desk.message_id, "read": True, "typing_indicator": typing}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"typing_indicator": "yes"}, "/typing_indicator"),
        ({"typing": True}, "/typing"),
        ("[]", ""),
        ("7", ""),
    ],
)
def test_a_wrong_body_is_refused(desk: Desk, body: object, pointer: str) -> None:
    """Nothing is told to WhatsApp."""
    answer = desk.mark(body)
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])


def test_an_unknown_message_is_not_found(desk: Desk) -> None:
    """Nor is one of another channel."""
    for message_id in ("msg_" + "a" * 26, "wamid.x"):
        assert desk.mark(message_id=message_id).json["code"] == "not_found"


def test_an_outbound_message_is_refused(desk: Desk, world: World) -> None:
    """WhatsApp would refuse it."""
    sent = world.send_text(desk.channel, "key-1")
    SendLine(world).run_to_end()
    answer = desk.mark(message_id=sent.id)
    assert (answer.status, answer.json["code"], answer.json["because"]) == (
        409,
        "message_not_referable",
        "outbound",
    )


def test_a_message_of_a_group_is_refused(desk: Desk, world: World) -> None:
    """WhatsApp has no such marks in groups."""
    put(world, desk.channel, messages(message("wamid.of-a-group", group_id="g1")))
    world.process_all()
    answer = desk.mark(message_id=inbound_message_id(desk.channel.ref, Wamid("wamid.of-a-group")))
    assert (answer.status, answer.json["because"]) == (409, "in_a_group")


def test_a_message_that_whatsapp_has_forgotten_is_refused(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 30 days by WhatsApp's time of the message; the handler's clock is the machine's."""
    later = world.clock()
    world.clock.advance(days=-40)
    old = world.customer_writes()["wamid"]
    world.process_all()
    monkeypatch.setattr("kanal.composition.utc_now", lambda: later)
    answer = desk.mark(message_id=inbound_message_id(desk.channel.ref, Wamid(old)))
    assert (answer.status, answer.json.get("because")) == (409, "too_old")


def test_a_channel_that_may_not_send_marks_nothing(desk: Desk, world: World) -> None:
    """Its key may not be good any more."""
    world.channels.set_state(desk.channel.ref, "payment_required")
    answer = desk.mark()
    assert (answer.status, answer.json["code"]) == (409, "channel_cannot_send")


@pytest.mark.parametrize(
    ("fault", "status", "code", "state"),
    [
        ({"status": 500}, 503, "provider_unavailable", "active"),
        ({"status": 429}, 503, "provider_unavailable", "active"),
        (
            {"status": 400, "body": {"error": {"code": 130429, "message": "Slow down"}}},
            503,
            "provider_unavailable",
            "active",
        ),
        (
            {"status": 400, "body": {"error": {"code": 100, "message": "Odd"}}},
            502,
            "provider_refused",
            "active",
        ),
        ({"status": 200, "body": "fine"}, 502, "provider_answer_unreadable", "active"),
        ({"status": 401}, 502, "provider_refused", "credentials_invalid"),
    ],
)
def test_the_providers_trouble_is_a_problem(
    desk: Desk, world: World, fault: dict[str, Any], status: int, code: str, state: str
) -> None:
    """As with every other call to the provider; a rejected key stops the channel."""
    fail(world, **fault)
    answer = desk.mark()
    assert (answer.status, answer.json["code"]) == (status, code)
    assert world.channels.get(desk.channel.ref).state == state
