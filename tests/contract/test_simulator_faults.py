"""Faults on demand: each fails in exactly the way that was ordered."""

import threading
import time
from typing import Any

import httpx
import pytest

from local.simulator.serve import running_simulator
from tests.contract.simulator_world import CUSTOMER, CUSTOMER_WA_ID, PHONE, World, message

IMPATIENT_SECONDS = 0.3


@pytest.fixture
def ready(world: World) -> World:
    """A number with a webhook and an open window."""
    world.register_webhook()
    world.customer_writes()
    world.receiver.requests.clear()
    return world


def order(world: World, **fault: Any) -> None:
    world.control("faults", fault)


def test_a_status_fault_answers_so_and_accepts_nothing(ready: World) -> None:
    """For as many calls as ordered, then all is well again."""
    body = {"error": {"code": 131000, "message": "Something went wrong"}}
    order(ready, on="messages", kind="status", status=500, body=body, times=2)
    for _ in range(2):
        answer = ready.send_text()
        assert (answer.status_code, answer.json()) == (500, body)
    assert ready.send_text().status_code == 200
    assert len(ready.sent()) == 1


def test_a_body_that_is_a_string_is_answered_as_it_stands(ready: World) -> None:
    """Gateways answer with pages, not with JSON."""
    order(ready, on="messages", kind="status", status=502, body="<html>Bad Gateway</html>", times=1)
    assert ready.send_text().text == "<html>Bad Gateway</html>"


@pytest.mark.parametrize("status", [200, 204, 429, 555])
def test_any_http_status_can_be_ordered_without_a_body(ready: World, status: int) -> None:
    """Also one that is not in the books, and one that may have no body; nothing is accepted."""
    order(ready, on="messages", kind="status", status=status, times=1)
    assert ready.send_text().status_code == status
    assert ready.sent() == []


def test_a_fault_without_times_lasts_until_it_is_cleared(ready: World) -> None:
    """And it is listed as long as it lasts."""
    order(ready, on="messages", kind="status", status=503)
    assert {ready.send_text().status_code for _ in range(5)} == {503}
    assert [fault["status"] for fault in ready.http.get("/_control/faults").json()] == [503]
    assert ready.http.delete("/_control/faults").json() == {"cleared": 1}
    assert ready.send_text().status_code == 200


def test_a_timeout_before_acceptance_sends_nothing(ready: World) -> None:
    """The caller waits in vain, and no message left."""
    order(ready, on="messages", kind="timeout_before", times=1)
    assert_times_out(ready)
    assert ready.sent() == []


def test_a_timeout_after_acceptance_sends_the_message_and_its_statuses(ready: World) -> None:
    """The caller waits in vain, though the message left: the case that must not be sent again."""
    ready.control("settings", {"auto_statuses": ["sent"]})
    order(ready, on="messages", kind="timeout_after", times=1)
    assert_times_out(ready)
    assert len(ready.sent()) == 1
    assert len(ready.receiver.wait_for(1)) == 1


@pytest.mark.parametrize(("accepted", "sent"), [(True, 1), (False, 0)])
def test_a_dropped_connection_ends_without_a_word_whether_accepted_or_not(
    ready: World, accepted: bool, sent: int
) -> None:
    """The socket is really closed; what happened to the message was ordered."""
    order(ready, on="messages", kind="drop", accepted=accepted, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        ready.send_text()
    assert len(ready.sent()) == sent
    assert ready.send_text().status_code == 200


def test_a_delay_answers_late_and_right(ready: World) -> None:
    """Slow is not broken."""
    order(ready, on="messages", kind="delay", delay_ms=1500, times=1)
    assert ready.send_text().status_code == 200
    assert ready.clock.slept == [1.5]


def test_a_fault_can_be_for_one_customer_or_one_number_only(ready: World) -> None:
    """All others go on undisturbed."""
    order(ready, on="messages", kind="status", status=500, to=CUSTOMER)
    order(ready, on="messages", kind="status", status=502, phone_number="+4930901821")
    other = {
        **message("template", {"name": "hello_world", "language": {"code": "en_US"}}),
        "to": "+4915100000",
    }
    assert ready.send_text(to=CUSTOMER_WA_ID).status_code == 500
    assert ready.post("/messages", other).status_code == 200
    ready.key = ready.control("numbers", {"phone_number": "+4930901821"})["api_key"]
    assert ready.post("/messages", other).status_code == 502


def test_a_fault_with_a_probability_strikes_some_calls(ready: World) -> None:
    """Times count the strikes, not the calls."""
    order(ready, on="health", kind="status", status=500, probability=0.5)
    codes = {ready.get("/health_status").status_code for _ in range(60)}
    assert codes == {200, 500}


@pytest.mark.parametrize(
    ("on", "method", "path"),
    [
        ("health", "GET", "/health_status"),
        ("templates", "GET", "/message_templates"),
        ("webhook_config", "GET", "/v1/configs/webhook"),
        ("webhook_config", "POST", "/v1/configs/webhook"),
    ],
)
def test_every_part_of_the_api_can_fail_by_itself(ready: World, on: str, method: str, path: str) -> None:
    """A fault elsewhere does not touch the messages."""
    order(ready, on=on, kind="status", status=500, times=1)
    assert ready.send_text().status_code == 200
    answer = ready.http.request(method, path, headers={"D360-API-KEY": ready.key}, json={})
    assert answer.status_code == 500
    assert answer.json() == {"error": "Internal Server Error"}


def test_a_lost_answer_of_the_receiver_brings_the_webhook_twice(ready: World) -> None:
    """Delivered, but believed failed: the receiver sees a duplicate."""
    order(ready, on="webhook_delivery", kind="timeout_after", times=1)
    assert ready.customer_writes()["delivered"] is False
    first, second = ready.receiver.wait_for(2)
    assert first == second


@pytest.mark.parametrize(
    ("fault", "code"),
    [({"kind": "status", "status": 500}, 500), ({"kind": "drop", "accepted": False}, None)],
)
def test_a_webhook_can_be_lost_on_its_way_and_comes_later(
    ready: World, fault: dict[str, Any], code: int | None
) -> None:
    """The receiver sees it once, after the first pause."""
    order(ready, on="webhook_delivery", times=1, **fault)
    assert ready.customer_writes()["status_code"] == code
    ready.receiver.wait_for(1)
    assert len(ready.receiver.requests) == 1


def test_a_held_connection_ends_when_the_simulator_stops() -> None:
    """Nobody waits for a timeout at the end of the day."""
    ended = threading.Event()

    def call(url: str) -> None:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{url}/health_status", headers={"D360-API-KEY": "key-1"}, timeout=30, trust_env=False)
        ended.set()

    with running_simulator() as url, httpx.Client(base_url=url, trust_env=False) as http:
        http.post("/_control/numbers", json={"phone_number": PHONE, "api_key": "key-1"})
        http.post("/_control/faults", json={"on": "health", "kind": "timeout_before", "times": 1})
        thread = threading.Thread(target=call, args=(url,))
        thread.start()
        deadline = time.monotonic() + 5
        while http.get("/_control/faults").json() and time.monotonic() < deadline:
            pass
    thread.join(5)
    assert ended.is_set()


def assert_times_out(world: World) -> None:
    with pytest.raises(httpx.ReadTimeout):
        world.post("/messages", message("text", {"body": "hello"}), timeout=IMPATIENT_SECONDS)
