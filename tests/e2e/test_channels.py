"""Connecting a number: what is wrong is said, and leaves nothing behind."""

import uuid
from typing import Any

import httpx
import pytest

from tests.e2e.world import World


def connect(world: World, **body: Any) -> httpx.Response:
    return world.front.post("/v1/channels", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})


def number(world: World, phone_number: str, **more: Any) -> str:
    """The API key of a new number at the provider."""
    return str(world.tell_simulator("numbers", phone_number=phone_number, **more)["api_key"])


def names(world: World) -> set[str]:
    return {channel["name"] for channel in world.front.get("/v1/channels").json()["data"]}


def test_a_wrong_api_key_connects_nothing(world: World) -> None:
    answer = connect(world, name="Wrong key", api_key="wrong-key-4711")
    assert 400 <= answer.status_code < 500
    assert "wrong-key-4711" not in answer.text
    assert "Wrong key" not in names(world)


def test_a_blocked_number_is_refused(world: World) -> None:
    key = number(world, "+4940111", health="BLOCKED")
    answer = connect(world, name="Blocked", api_key=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "number_blocked")
    assert "Blocked" not in names(world)


@pytest.mark.parametrize("on", ["health", "webhook_config"])
def test_a_provider_that_is_down_leaves_nothing_behind(world: World, on: str) -> None:
    phone_number = "+4940222" if on == "health" else "+4940223"
    key = number(world, phone_number)
    world.tell_simulator("faults", on=on, kind="status", status=503, times=1, phone_number=phone_number)
    failed = connect(world, name=f"Down at {on}", api_key=key)
    assert 500 <= failed.status_code < 600
    assert f"Down at {on}" not in names(world)
    assert connect(world, name=f"Down at {on}", api_key=key).status_code == 201


def test_a_name_is_taken_whatever_its_case(world: World) -> None:
    assert connect(world, name="Front desk", api_key=number(world, "+4940333")).status_code == 201
    answer = connect(world, name="FRONT DESK", api_key=number(world, "+4940334"))
    assert (answer.status_code, answer.json()["code"]) == (409, "channel_name_taken")


def test_a_number_is_connected_once(world: World) -> None:
    key = number(world, "+4940444")
    assert connect(world, name="First", api_key=key).status_code == 201
    answer = connect(world, name="Second", api_key=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "number_already_connected")
    assert "Second" not in names(world)


def test_a_channel_is_renamed_and_disconnected(world: World) -> None:
    key = number(world, "+4940555")
    made = connect(world, name="Old name", api_key=key)
    assert made.status_code == 201
    assert key not in made.text
    path = f"/v1/channels/{made.json()['id']}"

    renamed = world.front.patch(path, json={"name": "New name", "messages_per_second": 20})
    assert (renamed.json()["name"], renamed.json()["messages_per_second"]) == ("New name", 20)
    assert {"New name"} <= names(world)

    assert world.front.delete(path).status_code in {200, 204}
    assert connect(world, name="New name", api_key=key).status_code == 201
