"""The provider fails: each message ends in the right state, and the provider took it once or not at all."""

from typing import Any

import pytest

from tests.e2e.world import Channel

# The worker waits ten seconds for an answer.
_ANSWER_SECONDS = 25.0


@pytest.fixture
def open_channel(channel: Channel) -> Channel:
    channel.open_window()
    return channel


def states(message: Any) -> set[str]:
    return {fact["state"] for fact in message["timeline"]}


def test_after_a_server_error_nobody_knows_and_nothing_is_sent_again(open_channel: Channel) -> None:
    open_channel.provider_fails(kind="status", status=500)
    message = open_channel.message_once(open_channel.send_text()["id"], "unconfirmed")
    assert message["wamid"] is None
    assert open_channel.accepted_by_provider() == []


def test_after_a_throttle_the_message_goes_later_and_once(open_channel: Channel) -> None:
    open_channel.provider_fails(kind="status", status=429, times=2)
    open_channel.message_once(open_channel.send_text()["id"], "read", seconds=30)
    assert len(open_channel.accepted_by_provider()) == 1


def test_a_rejected_key_fails_the_message_and_stops_sending_but_not_receiving(open_channel: Channel) -> None:
    open_channel.provider_fails(kind="status", status=401)
    message = open_channel.message_once(open_channel.send_text()["id"], "failed")
    assert message["errors"]
    assert open_channel.world.front.get(open_channel.path).json()["state"] == "credentials_invalid"

    refused = open_channel.send({"to": "+4915112345678", "type": "text", "text": {"body": "Hi"}})
    assert refused.status_code == 409
    received = len(open_channel.events("message.received"))
    open_channel.open_window("+4915112340009")
    assert len(open_channel.events("message.received")) == received + 1
    assert open_channel.accepted_by_provider() == []


def test_a_timeout_before_acceptance_stays_unconfirmed(open_channel: Channel) -> None:
    open_channel.provider_fails(kind="timeout_before")
    accepted = open_channel.send_text()
    open_channel.message_once(accepted["id"], "unconfirmed", seconds=_ANSWER_SECONDS)
    assert open_channel.accepted_by_provider() == []


@pytest.mark.parametrize("kind", ["timeout_after", "drop"])
def test_a_lost_answer_is_healed_by_the_statuses_and_nothing_is_sent_twice(
    open_channel: Channel, kind: str
) -> None:
    open_channel.provider_fails(kind=kind)
    accepted = open_channel.send_text()
    message = open_channel.message_once(accepted["id"], "read", seconds=_ANSWER_SECONDS)
    assert {"sent", "delivered", "read"} <= states(message)
    assert [sent["wamid"] for sent in open_channel.accepted_by_provider()] == [message["wamid"]]


def test_a_window_that_the_provider_says_is_closed_is_closed_for_us(open_channel: Channel) -> None:
    error = {"code": 131047, "message": "Re-engagement message", "error_data": {"details": "over 24 hours"}}
    open_channel.provider_fails(kind="status", status=400, body={"error": error})
    open_channel.message_once(open_channel.send_text()["id"], "failed")
    refused = open_channel.send({"to": "+4915112345678", "type": "text", "text": {"body": "Hi"}})
    assert (refused.status_code, refused.json()["code"]) == (409, "window_closed")


def test_a_failing_channel_does_not_delay_another(open_channel: Channel) -> None:
    other = open_channel.world.connect()
    other.open_window()
    open_channel.provider_fails(kind="timeout_before", times=2)
    stuck = open_channel.send_text()
    quick = other.send_text()
    other.message_once(quick["id"], "sent", "delivered", "read", seconds=5)
    assert open_channel.message(stuck["id"])["state"] in {"queued", "sending"}
