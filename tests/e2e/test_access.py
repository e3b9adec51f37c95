"""Who may do what, and what a caller is told who may not."""

from typing import Any

import pytest

from tests.e2e.world import Channel, World

HELLO = {"to": "+4915112345678", "type": "text", "text": {"body": "Hello"}}


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer not.a.token", "Basic ZGVtbzpkZW1v"])
def test_without_a_good_token_nothing_is_shown(world: World, authorization: str | None) -> None:
    with world.as_bearer("") as client:
        client.headers.pop("Authorization")
        headers = {"Authorization": authorization} if authorization else {}
        for path in ("/v1/channels", "/v1/channels/chn_unknown"):
            assert client.get(path, headers=headers).status_code == 401


def test_a_token_that_somebody_changed_is_refused(world: World) -> None:
    header, claims, signature = world.token().split(".")
    with world.as_bearer(f"{header}.{claims}.{signature[::-1]}") as client:
        assert client.get("/v1/channels").status_code == 401


def test_a_missing_scope_is_named(channel: Channel) -> None:
    with channel.world.as_bearer(channel.world.token(scopes=["channels:read"])) as reader:
        assert reader.get(channel.path).status_code == 200
        answer = reader.post(f"{channel.path}/messages", json=HELLO, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 403
        assert "messages:write" in answer.text
        assert reader.patch(channel.path, json={"name": "Mine"}).status_code == 403
        assert reader.delete(channel.path).status_code == 403


def test_another_workspaces_channel_is_not_there(channel: Channel) -> None:
    channel.open_window()
    message = channel.send_text()
    with channel.world.as_bearer(channel.world.token("other-company")) as stranger:
        attempts = [
            stranger.get(channel.path),
            stranger.patch(channel.path, json={"name": "Mine"}),
            stranger.delete(channel.path),
            stranger.get(f"{channel.path}/messages/{message['id']}"),
            stranger.post(f"{channel.path}/messages", json=HELLO, headers={"Idempotency-Key": "k"}),
            stranger.get(f"{channel.path}/templates"),
            stranger.post(f"{channel.path}/templates/sync"),
        ]
        assert [answer.status_code for answer in attempts] == [404] * len(attempts)
        assert stranger.get("/v1/channels").json()["data"] == []
    assert channel.world.front.get(channel.path).status_code == 200


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"colour": "green"}, "/colour"),
        ({"text": {"body": "Hello", "size": 12}}, "/text/size"),
        ({"text": {"body": ""}}, "/text/body"),
        ({"text": {"body": "x" * 4097}}, "/text/body"),
        ({"to": ""}, "/to"),
    ],
)
def test_a_wrong_field_is_pointed_at(channel: Channel, change: dict[str, Any], pointer: str) -> None:
    answer = channel.send(HELLO | change)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert any(error["pointer"].endswith(pointer) for error in answer.json()["errors"]), answer.text


def test_a_message_without_idempotency_key_is_refused(channel: Channel) -> None:
    answer = channel.world.front.post(f"{channel.path}/messages", json=HELLO)
    assert answer.status_code in {400, 422}
    assert "idempotency-key" in answer.text.lower()


def test_health_and_description_are_open(world: World) -> None:
    with world.as_bearer("") as client:
        client.headers.pop("Authorization")
        assert client.get("/v1/health").status_code == 200
        assert client.get("/v1/openapi.json").json()["openapi"].startswith("3.")
