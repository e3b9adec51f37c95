"""The control interface says clearly what it did and what it did not understand."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.simulator.app import create_app
from local.simulator.serve import running_simulator
from tests.contract.simulator_world import CUSTOMER, PHONE, World, message

TEXT = {"type": "text", "text": {"body": "hello"}}


def test_the_simulator_says_when_it_is_ready(world: World) -> None:
    """For whoever starts it and waits."""
    assert world.http.get("/_control/ready").json() == {"ready": True}


def test_a_number_gets_its_ids_and_a_key_and_is_listed(world: World) -> None:
    """In whatever spelling it was given."""
    made = world.control("numbers", {"phone_number": "+44 20 7946 0018", "display_name": "Tea House"})
    assert made["phone_number"] == "+442079460018"
    assert made["phone_number_id"].isdigit()
    assert made["waba_id"].isdigit()
    listed = world.http.get("/_control/numbers").json()
    (row,) = [row for row in listed if row["phone_number"] == "+442079460018"]
    assert (row["display_name"], row["api_key"]) == ("Tea House", made["api_key"])


def test_posting_a_known_number_changes_only_what_is_named(world: World) -> None:
    """The ids stay; the old key ends with the new one."""
    before = world.http.get("/_control/numbers").json()[0]
    after = world.control("numbers", {"phone_number": PHONE, "api_key": "key-2"})
    assert after["phone_number_id"] == before["phone_number_id"]
    assert world.get("/health_status").status_code == 401
    world.key = "key-2"
    assert world.get("/health_status").status_code == 200


def test_health_shows_the_number_and_only_the_facts_asked_for(world: World) -> None:
    """The displayed number has spaces, as WhatsApp shows it."""
    answer = world.get("/health_status", fields="display_phone_number,verified_name,throughput").json()
    assert set(answer) == {"health_status", "id", "display_phone_number", "verified_name", "throughput"}
    assert answer["display_phone_number"] == "+49 309 018 20"
    kinds = [entity["entity_type"] for entity in answer["health_status"]["entities"]]
    assert kinds == ["PHONE_NUMBER", "WABA", "BUSINESS", "APP"]
    assert answer["health_status"]["can_send_message"] == "AVAILABLE"


@pytest.mark.parametrize(("health", "explanation"), [("LIMITED", "additional_info"), ("BLOCKED", "errors")])
def test_health_that_is_not_well_is_explained(world: World, health: str, explanation: str) -> None:
    """At the number itself and above it."""
    world.control("numbers", {"phone_number": PHONE, "health": health})
    answer = world.get("/health_status").json()["health_status"]
    assert answer["can_send_message"] == answer["entities"][0]["can_send_message"] == health
    assert answer["entities"][0][explanation]


def test_an_unknown_fact_is_an_invalid_parameter(world: World) -> None:
    """A field that does not exist is refused, as the Graph API does it."""
    assert world.get("/health_status", fields="colour").json()["error"]["code"] == 100


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("numbers", {}, "phone_number"),
        ("numbers", {"phone_number": "abc"}, "phone_number"),
        ("numbers", {"phone_number": PHONE, "colour": "red"}, "colour"),
        ("numbers", {"phone_number": PHONE, "messages_per_second": 0}, "messages_per_second"),
        ("numbers", {"phone_number": PHONE, "templates": [{"name": "x"}]}, "templates.0.language"),
        ("numbers", {"phone_number": "+4930901822", "api_key": "key-1"}, "api_key"),
        ("inbound", {"phone_number": PHONE, "message": TEXT}, "from"),
        ("inbound", {"phone_number": PHONE, "from": CUSTOMER, "message": {}}, "message.type"),
        ("webhook", {"phone_number": PHONE}, "body"),
        ("faults", {"on": "weather", "kind": "status", "status": 500}, "on"),
        ("faults", {"on": "messages", "kind": "explode"}, "kind"),
        ("faults", {"on": "messages", "kind": "drop", "times": 0}, "times"),
        ("faults", {"on": "messages", "kind": "drop", "probability": 2}, "probability"),
        ("settings", {"status_delay_ms": -1}, "status_delay_ms"),
        ("settings", {"autostatuses": True}, "autostatuses"),
        ("templates/review", {"phone_number": PHONE}, "name"),
    ],
)
def test_a_wrong_order_is_refused_with_the_name_of_the_field(
    world: World, call: str, body: dict[str, Any], field: str
) -> None:
    """A typing error never passes as a wish."""
    answer = world.http.post(f"/_control/{call}", json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"on": "messages", "kind": "status"}, "status is required"),
        ({"on": "messages", "kind": "delay"}, "delay_ms is required"),
        ({"on": "health", "kind": "drop", "to": CUSTOMER}, "only possible with on messages"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(world: World, fault: dict[str, Any], words: str) -> None:
    """Parts that only fit together are checked together."""
    answer = world.http.post("/_control/faults", json=fault)
    assert answer.status_code == 422
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("inbound", {"from": CUSTOMER, "message": TEXT}),
        ("webhook", {"body": {}}),
        ("templates/review", {"name": "x", "language": "en", "status": "APPROVED"}),
    ],
)
def test_an_unknown_number_is_not_found(world: World, call: str, body: dict[str, Any]) -> None:
    """And the answer says how to make one."""
    answer = world.http.post(f"/_control/{call}", json={"phone_number": "+4930999999", **body})
    assert answer.status_code == 404
    assert "/_control/numbers" in answer.json()["error"]


def test_a_body_for_a_number_without_webhook_is_a_conflict(world: World) -> None:
    """There is nowhere to deliver it."""
    answer = world.http.post("/_control/webhook", json={"phone_number": PHONE, "body": {}})
    assert answer.status_code == 409


def test_what_is_not_json_and_what_is_not_there_is_told_in_json(world: World) -> None:
    """Every answer can be parsed."""
    assert world.http.post("/_control/numbers", content=b"{").status_code == 422
    assert world.http.get("/no/where").json() == {"error": "Not Found"}
    assert world.http.put("/messages").json() == {"error": "Method Not Allowed"}


def test_a_point_in_time_that_is_none_is_refused(world: World) -> None:
    """`after` is a wamid that was sent, or a time."""
    answer = world.http.get("/_control/sent", params={"after": "yesterday"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "after"


def test_reset_forgets_everything(world: World) -> None:
    """So that tests can share one simulator."""
    world.control("faults", {"on": "messages", "kind": "drop"})
    world.control("reset", {})
    assert world.http.get("/_control/numbers").json() == []
    assert world.http.get("/_control/faults").json() == []
    assert world.get("/health_status").status_code == 401


def test_the_state_is_kept_between_runs_when_a_folder_is_given(tmp_path: Path) -> None:
    """Numbers, webhook, templates, windows and what was sent are there again."""
    headers = {"D360-API-KEY": "key-1"}
    inbound = {"phone_number": PHONE, "from": CUSTOMER, "message": TEXT}
    with running_simulator(lambda: create_app(tmp_path)) as url:
        httpx.post(f"{url}/_control/numbers", json={"phone_number": PHONE, "api_key": "key-1"})
        httpx.post(f"{url}/_control/settings", json={"auto_statuses": False})
        httpx.post(f"{url}/_control/inbound", json=inbound)
    with running_simulator(lambda: create_app(tmp_path)) as url:
        answer = httpx.post(f"{url}/messages", json=message("text", {"body": "hi"}), headers=headers)
        assert answer.status_code == 200
    with running_simulator(lambda: create_app(tmp_path)) as url:
        (row,) = httpx.get(f"{url}/_control/sent").json()
        assert row["wamid"] == answer.json()["messages"][0]["id"]


def test_a_change_is_on_disk_soon_and_not_only_at_the_end(tmp_path: Path) -> None:
    """Whoever is killed keeps what was there a moment before."""
    file = tmp_path / "simulator.json"
    with running_simulator(lambda: create_app(tmp_path)) as url:
        httpx.post(f"{url}/_control/numbers", json={"phone_number": PHONE})
        deadline = time.monotonic() + 5
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert PHONE.removeprefix("+") in json.loads(file.read_text())["numbers"]


def test_without_a_folder_nothing_is_written(world: World, tmp_path: Path) -> None:
    """A trial leaves nothing behind."""
    with running_simulator() as url:
        httpx.post(f"{url}/_control/numbers", json={"phone_number": PHONE})
    assert list(tmp_path.iterdir()) == []
