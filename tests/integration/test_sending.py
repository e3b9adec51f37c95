"""Sending: every ending of a call to the provider, what it leaves behind, and that nothing goes out twice."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from kanal.channels.model import Channel
from kanal.contacts.identity import phone
from kanal.errors import ChannelCannotSend, WindowClosed
from kanal.messages.model import as_json
from tests.integration.outbound import (
    SendLine,
    Watched,
    asked_to_wait,
    fail,
    ready,
    refusal,
    reported,
    sending_over,
    taken_by_provider,
)
from tests.integration.world import CUSTOMER, World


@dataclass(frozen=True)
class Ending:
    """How the provider answers, and what must follow from it."""

    fault: Mapping[str, Any]
    state: str
    code: int | str
    words: str
    advice: str = ""
    channel_state: str = "active"
    window_open: bool = True
    accepted: int = 0


def answers(code: int, status: int = 400) -> dict[str, Any]:
    return {"status": status, "body": refusal(code)}


_NO_ANSWER = "The connection ended without an answer"
_DETAILS = "Details of WhatsApp."

FINAL: dict[str, Ending] = {
    # Nobody knows whether it was sent.
    "500": Ending({"status": 500}, "unconfirmed", "http_500", "Internal Server Error"),
    "502": Ending({"status": 502, "body": "<html>bad gateway</html>"}, "unconfirmed", "http_502", ""),
    "131000": Ending(answers(131000, 500), "unconfirmed", 131000, _DETAILS),
    "131016 with HTTP 400": Ending(answers(131016), "unconfirmed", 131016, _DETAILS),
    "2xx without id": Ending(
        {"status": 200, "body": {}}, "unconfirmed", "unreadable_answer", "no message id"
    ),
    "2xx not JSON": Ending(
        {"status": 201, "body": "fine"}, "unconfirmed", "unreadable_answer", "no message id"
    ),
    "timeout before": Ending({"kind": "timeout_before"}, "unconfirmed", "no_answer", _NO_ANSWER),
    "timeout after": Ending({"kind": "timeout_after"}, "unconfirmed", "no_answer", _NO_ANSWER, accepted=1),
    "dropped": Ending({"kind": "drop", "accepted": False}, "unconfirmed", "no_answer", _NO_ANSWER),
    "accepted and dropped": Ending({"kind": "drop"}, "unconfirmed", "no_answer", _NO_ANSWER, accepted=1),
    # Certainly not sent, and never will be.
    "401": Ending(
        {"status": 401, "body": {"error": "Invalid api token"}},
        "failed",
        "http_401",
        "Invalid api token",
        advice="Connect the channel again",
        channel_state="credentials_invalid",
    ),
    "401 in the older shape": Ending(
        {"status": 401, "body": {"meta": {"httpCode": 404, "developerMessage": "Invalid api_key"}}},
        "failed",
        "http_401",
        "Invalid api_key",
        advice="Connect the channel again",
        channel_state="credentials_invalid",
    ),
    "131047": Ending(
        answers(131047), "failed", 131047, _DETAILS, advice="Send a template", window_open=False
    ),
    "131026": Ending(answers(131026), "failed", 131026, _DETAILS, advice="cannot be reached"),
    "132001": Ending(answers(132001, 404), "failed", 132001, _DETAILS, advice="the sync that was asked for"),
    "131042": Ending(
        answers(131042), "failed", 131042, _DETAILS, advice="Settle it", channel_state="payment_required"
    ),
    "368": Ending(answers(368, 403), "failed", 368, _DETAILS, advice="health", channel_state="restricted"),
    "a code nobody has heard of": Ending(answers(987654), "failed", 987654, _DETAILS, advice="beside this"),
    "400 in words": Ending(
        {"status": 400, "body": {"error": "Unpaid invoices"}},
        "failed",
        "http_400",
        "Unpaid invoices",
        advice="Settle it",
        channel_state="payment_required",
    ),
    "400, API disabled": Ending(
        {"status": 400, "body": {"meta": {"http_code": 400, "developer_message": "API disabled"}}},
        "failed",
        "http_400",
        "API disabled",
        advice="Ask its support",
        channel_state="restricted",
    ),
    "403 in words": Ending(
        {"status": 403, "body": {"error": "URL blocked"}}, "failed", "http_403", "URL blocked", "support"
    ),
    "404 in words": Ending(
        {"status": 404, "body": {"message": "no such thing"}}, "failed", "http_404", "no such", "Correct it"
    ),
    "555": Ending({"status": 555, "body": "odd"}, "unconfirmed", "http_555", ""),
}

WAITING: dict[str, tuple[dict[str, Any], int]] = {
    "429": ({"status": 429}, 1),
    "429 with WhatsApp's code": (answers(80007, 429), 1),
    "130429 with HTTP 400": (answers(130429), 1),
    "131056 with HTTP 400": (answers(131056), 1),
    "the gateway's own limit": (
        {"status": 400, "body": {"meta": {"httpCode": 400, "developerMessage": "Rate limit exceeded"}}},
        1,
    ),
}
"""Refused before processing, and after how many seconds the message comes again."""


def window_is_open(world: World, channel: Channel) -> bool:
    contact = world.contacts.find(channel.ref, phone(CUSTOMER))
    assert contact is not None
    return contact.window.is_open(world.clock())


@pytest.mark.parametrize("ending", FINAL.values(), ids=FINAL)
def test_each_ending_leaves_the_message_its_channel_and_its_window_in_the_right_state(
    world: World, ending: Ending
) -> None:
    """State, error with words and advice, channel, window and event say what happened; nothing goes twice."""
    channel, line = ready(world), SendLine(world)
    fail(world, **ending.fault)
    message = world.send_text(channel, "key-1")
    line.run_to_end()
    found = world.message(channel, message.id)
    [error] = as_json(found)["errors"]
    assert (found.state, error["code"]) == (ending.state, ending.code)
    assert ending.words in error["message"]
    assert ending.advice in error["advice"]
    assert bool(ending.advice) == bool(error["advice"])
    assert world.channels.get(channel.ref).state == ending.channel_state
    assert window_is_open(world, channel) == ending.window_open
    assert reported(world) == [(message.id, ending.state)]
    world.clock.advance(hours=1)
    line.run_to_end()
    assert len(taken_by_provider(world)) == ending.accepted


@pytest.mark.parametrize(("fault", "wait"), WAITING.values(), ids=WAITING)
def test_a_throttled_message_waits_and_goes_out_once(world: World, fault: dict[str, Any], wait: int) -> None:
    """A throttle comes before processing, so the same message is tried again; the caller sees no failure."""
    channel, line = ready(world), SendLine(world)
    fail(world, times=3, **fault)
    message = world.send_text(channel, "key-1")
    assert len(line.run()) == 1
    assert asked_to_wait(world) >= wait
    assert world.message(channel, message.id).state == "queued"
    line.run_to_end()
    found = world.message(channel, message.id)
    assert (found.state, found.attempts, found.errors) == ("sent", 4, ())
    assert len(taken_by_provider(world)) == 1
    assert world.channels.get(channel.ref).state == "active"
    assert reported(world) == []


def test_each_throttle_makes_the_wait_longer(world: World) -> None:
    """The provider's 4^X advice is met by doubling, up to five minutes."""
    channel, line = ready(world), SendLine(world)
    fail(world, times=11, **answers(133004))
    world.send_text(channel, "key-1")
    waits = []
    while line.run():
        waits.append(asked_to_wait(world))
        world.clock.advance(seconds=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.parametrize(("retry_after", "wait"), [("17", 17), ("0", 1), ("100000", 300), ("soon", 1)])
def test_retry_after_is_respected_within_reason(world: World, retry_after: str, wait: int) -> None:
    """The provider knows best, up to five minutes; what is no number of seconds says nothing."""
    channel, line = ready(world), SendLine(world)
    fail(world, status=429)
    message = world.send_text(channel, "key-1")
    with sending_over(world, Watched(headers={"retry-after": retry_after})) as worker:
        line.run(worker)
    assert asked_to_wait(world) == wait
    line.run_to_end()
    assert world.message(channel, message.id).state == "sent"


def test_a_refused_connection_is_tried_again(world: World) -> None:
    """No connection, no bytes: the message cannot have been sent, and goes out when the provider is back."""
    channel, line = ready(world), SendLine(world)
    message = world.send_text(channel, "key-1")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with sending_over(world, Watched(), nobody) as worker:
            assert len(line.run(worker)) == 1
    assert world.message(channel, message.id).state == "queued"
    line.run_to_end()
    assert world.message(channel, message.id).state == "sent"
    assert len(taken_by_provider(world)) == 1


def test_a_message_throttled_for_a_day_fails_with_the_reason(world: World) -> None:
    """It does not wait for ever; the caller learns which throttle it was."""
    channel, line = ready(world), SendLine(world)
    fail(world, times=2, **answers(131056))
    message = world.send_text(channel, "key-1")
    assert len(line.run()) == 1
    world.clock.advance(hours=24)
    assert line.run() == []
    found = world.message(channel, message.id)
    assert (found.state, found.errors[0]["code"]) == ("failed", 131056)
    assert reported(world) == [(message.id, "failed")]
    assert taken_by_provider(world) == []


# --- what a refusal does beyond the message ---


def test_after_a_rejected_key_accepting_is_refused_and_receiving_goes_on(world: World) -> None:
    """What stands in line waits, new messages are refused, customers are still heard."""
    channel, line = ready(world), SendLine(world)
    fail(world, status=401)
    refused = world.send_text(channel, "key-1")
    waiting = world.send_text(channel, "key-2")
    assert line.run() == [waiting.id]
    assert world.message(channel, refused.id).errors[0]["code"] == "http_401"
    with pytest.raises(ChannelCannotSend, match="API key"):
        world.send_text(channel, "key-3")
    world.aws.events()
    world.customer_writes("Anybody there?")
    world.process_all()
    assert [event["detail-type"] for event in world.aws.events()] == ["message.received"]
    assert taken_by_provider(world) == []


def test_what_stood_in_line_goes_out_when_the_channel_sends_again(world: World) -> None:
    """An unpaid invoice costs time, not messages."""
    channel, line = ready(world), SendLine(world)
    waiting = [world.send_text(channel, key).id for key in ("key-1", "key-2")]
    world.channels.set_state(channel.ref, "payment_required")
    assert line.run() == waiting
    assert not world.aws.waiting("send")
    world.channels.set_state(channel.ref, "active")
    world.send_queue.put_turns(channel.ref)
    line.run_to_end()
    sent = [one["body"]["biz_opaque_callback_data"] for one in taken_by_provider(world)]
    assert sent == waiting


def test_after_131047_free_form_is_refused_until_the_customer_writes_again(world: World) -> None:
    """WhatsApp's word on the window counts more than ours."""
    channel, line = ready(world), SendLine(world)
    world.clock.advance(seconds=5)
    fail(world, **answers(131047))
    world.send_text(channel, "key-1")
    line.run_to_end()
    with pytest.raises(WindowClosed):
        world.send_text(channel, "key-2")
    world.clock.advance(minutes=1)
    world.customer_writes()
    world.process_all()
    assert world.send_text(channel, "key-3").state == "queued"
