"""The HTTP edge: who may call, what is said when a request is wrong, and what is never said."""

from collections.abc import Iterator
from typing import Any

import pytest

from kanal.aws import clients
from tests.integration.gateway import ALL_SCOPES, REQUEST_ID, Answer, Gateway, deployed
from tests.integration.inbound import raise_on, throttled
from tests.integration.world import API_KEY, CUSTOMER, World

TEXT = {"to": f"+{CUSTOMER}", "type": "text", "text": {"body": "a confidential reply"}}
CONNECT = {"name": "Support", "api_key": API_KEY}
KEY = {"idempotency-key": "key-1"}
HERE = "/v1/channels/{channel}"
ROUTES: list[tuple[str, str, str, Any]] = [
    ("POST", "/v1/channels", "channels:write", CONNECT),
    ("GET", "/v1/channels", "channels:read", None),
    ("GET", HERE, "channels:read", None),
    ("PATCH", HERE, "channels:write", {"name": "New"}),
    ("DELETE", HERE, "channels:write", None),
    ("POST", f"{HERE}/messages", "messages:write", TEXT),
    ("GET", f"{HERE}/messages/msg_{'a' * 26}", "messages:read", None),
    ("POST", f"{HERE}/messages/msg_{'a' * 26}/read", "messages:write", {"typing_indicator": True}),
    ("GET", f"{HERE}/messages/msg_{'a' * 26}/media", "messages:read", None),
    ("POST", f"{HERE}/media", "messages:write", {"type": "image", "mime_type": "image/png", "size_bytes": 1}),
    ("GET", f"{HERE}/media/med_{'a' * 26}", "messages:read", None),
    ("GET", f"{HERE}/templates", "templates:read", None),
    ("POST", f"{HERE}/templates/sync", "templates:write", None),
]
OF_A_CHANNEL = [route for route in ROUTES if "{channel}" in route[1]]


@pytest.fixture
def gateway(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """Whatever a test does, no answer may hold the API key."""
    with deployed(world, monkeypatch) as gateway:
        yield gateway
    assert API_KEY not in "".join(gateway.said)


@pytest.fixture
def channel(gateway: Gateway) -> str:
    answer = gateway.call("POST", "/v1/channels", CONNECT)
    assert answer.status == 201, answer.text
    identifier: str = answer.json["id"]
    return identifier


def problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The body of an answer that is a problem as RFC 9457 wants it."""
    assert answer.status == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    shown: dict[str, Any] = answer.json
    assert (shown["status"], shown["code"]) == (status, code)
    assert shown["type"] == f"urn:kanal:problem:{code}"
    assert shown["title"]
    assert shown["detail"]
    assert shown["request_id"] == REQUEST_ID
    return shown


def pointers(answer: Answer) -> list[str]:
    return sorted(error["pointer"] for error in problem(answer, 422, "invalid_request")["errors"])


# --- who may call ---


@pytest.mark.parametrize(("method", "path", "scope", "body"), ROUTES)
def test_a_route_wants_its_scope_and_a_workspace(
    gateway: Gateway, channel: str, method: str, path: str, scope: str, body: Any
) -> None:
    """403 without, whatever other scopes the token has; the missing one is named."""
    path = path.format(channel=channel)
    others = " ".join(one for one in ALL_SCOPES.split() if one != scope)
    for granted in (others, "", f"{scope}s", f"other/{scope}"):
        claims = {"workspace_id": "acme", "scope": granted}
        answer = gateway.call(method, path, body, headers=KEY, claims=claims)
        assert problem(answer, 403, "forbidden")["scope"] == scope
    for workspace in ({}, {"workspace_id": ""}, {"workspace_id": "a#b"}, {"workspace_id": "a" * 65}):
        answer = gateway.call(method, path, body, headers=KEY, claims={"scope": scope, **workspace})
        problem(answer, 403, "forbidden")


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "kanal/channels:read kanal/messages:read"},
        {"scp": ["messages:read", "channels:read"]},
        {"scp": "[messages:read channels:read]"},
    ],
    ids=["resource server", "list", "list as API Gateway writes it"],
)
def test_scopes_are_read_as_issuers_write_them(gateway: Gateway, channel: str, claims: Any) -> None:
    """Cognito puts a resource server before them, others use `scp`."""
    assert gateway.call("GET", "/v1/channels", claims={"workspace_id": "acme", **claims}).status == 200


@pytest.mark.parametrize(("method", "path", "scope", "body"), OF_A_CHANNEL)
def test_another_workspaces_channel_is_not_found(
    gateway: Gateway, channel: str, method: str, path: str, scope: str, body: Any
) -> None:
    """The answer is the same as for a channel that nobody has, and nothing is changed."""
    theirs = {"workspace_id": "others", "scope": ALL_SCOPES}
    answers = [
        gateway.call(method, path.format(channel=name), body, headers=KEY, claims=theirs)
        for name in (channel, channel[:-1] + ("a" if channel[-1] != "a" else "b"))
    ]
    shown = [problem(answer, 404, "not_found") for answer in answers]
    assert shown[0]["title"] == shown[1]["title"]
    assert gateway.call("GET", f"/v1/channels/{channel}").json["name"] == "Support"


# --- what goes well ---


def test_a_channel_is_connected_listed_changed_and_disconnected(gateway: Gateway) -> None:
    """The whole life of a channel over HTTP."""
    made = gateway.call("POST", "/v1/channels", {**CONNECT, "default_country": "DE"}, headers=KEY)
    assert made.status == 201
    assert (
        gateway.call("POST", "/v1/channels", {**CONNECT, "default_country": "DE"}, headers=KEY).json
        == made.json
    )
    assert gateway.call("GET", "/v1/channels").json == {"data": [made.json], "next_cursor": None}
    path = f"/v1/channels/{made.json['id']}"
    assert gateway.call("PATCH", path, {"messages_per_second": 9}).json["messages_per_second"] == 9
    gone = gateway.call("DELETE", path)
    assert (gone.status, gone.text) == (204, "")
    assert gateway.call("DELETE", path).status == 204
    assert gateway.call("GET", path).json["state"] == "disconnected"
    problem(gateway.call("PATCH", path, {"name": "New"}), 409, "channel_disconnected")


def test_a_message_is_accepted_and_shown(gateway: Gateway, channel: str) -> None:
    """202 with its id; the same key again is the same message."""
    accepted = gateway.call("POST", f"/v1/channels/{channel}/messages", template_message(), headers=KEY)
    problem(accepted, 409, "template_not_sendable")
    assert gateway.call("POST", f"/v1/channels/{channel}/templates/sync").json["report"]["new"] > 0
    name = gateway.call("GET", f"/v1/channels/{channel}/templates").json["data"]
    plain = next(one for one in name if one["sendable"] and "{{" not in str(one["components"]))
    body = template_message(plain["name"], plain["language"])
    first = gateway.call("POST", f"/v1/channels/{channel}/messages", body, headers=KEY)
    again = gateway.call("POST", f"/v1/channels/{channel}/messages", body, headers=KEY)
    assert (first.status, first.json["id"]) == (202, again.json["id"])
    shown = gateway.call("GET", f"/v1/channels/{channel}/messages/{first.json['id']}")
    assert (shown.status, shown.json["state"]) == (200, "queued")


def template_message(name: str = "unknown", language: str = "en_US") -> dict[str, Any]:
    return {"to": TEXT["to"], "type": "template", "template": {"name": name, "language": {"code": language}}}


def test_lists_come_in_pages_that_end(gateway: Gateway, channel: str) -> None:
    """A cursor leads on; what is no cursor is refused by name."""
    page = gateway.call("POST", f"/v1/channels/{channel}/templates/sync").json["report"]["new"]
    seen, cursor = [], None
    for _ in range(page + 1):
        query = {"limit": "1", **({"cursor": cursor} if cursor else {})}
        answer = gateway.call("GET", f"/v1/channels/{channel}/templates", query=query).json
        seen += [one["name"] for one in answer["data"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == page
    for path in ("/v1/channels", f"/v1/channels/{channel}/templates"):
        for wrong in ("x", "%%%", "bm9wZQ", "\u00fc"):
            assert pointers(gateway.call("GET", path, query={"cursor": wrong})) == ["query:cursor"]
        for limit in ("0", "101", "many"):
            assert pointers(gateway.call("GET", path, query={"limit": limit})) == ["query:limit"]


def test_health_and_description_need_no_token(gateway: Gateway) -> None:
    """For load balancers and for whoever reads the API's description."""
    assert gateway.call("GET", "/v1/health", claims={}).json == {"status": "ok"}
    assert gateway.call("GET", "/v1/openapi.json", claims={}).json["openapi"].startswith("3.")


# --- what is wrong with a request ---


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({**CONNECT, "colour": "red"}, ["/colour"]),
        ({**CONNECT, "a/b~c": 1}, ["/a~1b~0c"]),
        ({"api_key": API_KEY}, ["/name"]),
        ({}, ["/api_key", "/name"]),
        ({**CONNECT, "name": 7}, ["/name"]),
        ({**CONNECT, "name": "   "}, ["/name"]),
        ({**CONNECT, "name": "x" * 101}, ["/name"]),
        ({**CONNECT, "name": "tab\there"}, ["/name"]),
        ({**CONNECT, "api_key": "short"}, ["/api_key"]),
        ({**CONNECT, "api_key": f"{API_KEY}\r\nX-Evil: 1"}, ["/api_key"]),
        ({**CONNECT, "messages_per_second": "80"}, ["/messages_per_second"]),
        ({**CONNECT, "messages_per_second": 0}, ["/messages_per_second"]),
        ({**CONNECT, "messages_per_second": 1001}, ["/messages_per_second"]),
        ({**CONNECT, "messages_per_second": True}, ["/messages_per_second"]),
        ({**CONNECT, "default_country": "Germany"}, ["/default_country"]),
        ({**CONNECT, "default_country": "ZZ"}, ["/default_country"]),
        ({**CONNECT, "provider": "pigeon"}, ["/provider"]),
        ([], [""]),
        ([CONNECT], [""]),
        ("{", [""]),
        ("", [""]),
        (None, [""]),
        ("null", [""]),
    ],
)
def test_a_wrong_field_of_a_channel_is_pointed_to(gateway: Gateway, body: Any, expected: list[str]) -> None:
    """422 with a JSON pointer for each; nothing was asked of the provider."""
    assert pointers(gateway.call("POST", "/v1/channels", body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({**TEXT, "colour": "red"}, ["/colour"]),
        ({**TEXT, "text": {"body": "Hi", "bold": True}}, ["/text/bold"]),
        ({**TEXT, "text": {"body": ""}}, ["/text/body"]),
        ({**TEXT, "text": {"body": " \n"}}, ["/text/body"]),
        ({**TEXT, "text": {"body": "x" * 4097}}, ["/text/body"]),
        ({**TEXT, "text": "Hi"}, ["/text"]),
        ({"type": "text", "text": {"body": "Hi"}}, ["/to"]),
        ({**TEXT, "to": "not a number"}, ["/to"]),
        ({**template_message(), "text": {"body": "Hi"}}, ["/text"]),
        ({**template_message(), "template": {"name": "x", "language": "en"}}, ["/template/language"]),
        ({**template_message(name="No Such"), "to": 7}, ["/template/name", "/to"]),
        (
            {"to": "+1", "type": "template", "template": {"name": "x", "language": {"code": "en", "x": 1}}},
            ["/template/language/x"],
        ),
        ("[]", [""]),
        ("{", [""]),
    ],
)
def test_a_wrong_field_of_a_message_is_pointed_to(
    gateway: Gateway, channel: str, body: Any, expected: list[str]
) -> None:
    """Whether text or template: the pointer is into the caller's own document."""
    assert pointers(gateway.call("POST", f"/v1/channels/{channel}/messages", body, headers=KEY)) == expected


@pytest.mark.parametrize("kind", ["pigeon", None, 7])
def test_a_message_of_an_unknown_type_is_refused(gateway: Gateway, channel: str, kind: Any) -> None:
    """The answer names the field."""
    answer = gateway.call("POST", f"/v1/channels/{channel}/messages", {**TEXT, "type": kind}, headers=KEY)
    assert pointers(answer) == ["/type"]


@pytest.mark.parametrize("field", ["name", "messages_per_second", "contact_burst"])
def test_null_is_no_change(gateway: Gateway, channel: str, field: str) -> None:
    """What a channel must have cannot be taken away, and the caller is told instead of passed over."""
    assert pointers(gateway.call("PATCH", f"/v1/channels/{channel}", {field: None})) == [f"/{field}"]


def test_null_takes_the_default_country_away(gateway: Gateway, channel: str) -> None:
    """It is the one field that a channel can be without."""
    path = f"/v1/channels/{channel}"
    assert gateway.call("PATCH", path, {"default_country": "DE"}).json["default_country"] == "DE"
    assert gateway.call("PATCH", path, {"name": "New"}).json["default_country"] == "DE"
    assert gateway.call("PATCH", path, {"default_country": None}).json["default_country"] is None
    assert gateway.call("GET", path).json["default_country"] is None


@pytest.mark.parametrize("key", [None, "", "two words", "\u00fc", "x" * 256])
def test_sending_wants_an_idempotency_key(gateway: Gateway, channel: str, key: str | None) -> None:
    """Without one a repeated request would be a second message."""
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = gateway.call("POST", f"/v1/channels/{channel}/messages", TEXT, headers=headers)
    assert pointers(answer) == ["header:Idempotency-Key"]


def test_free_form_outside_the_window_names_the_ways_out(gateway: Gateway, channel: str) -> None:
    """Refused before it costs anything."""
    answer = gateway.call("POST", f"/v1/channels/{channel}/messages", TEXT, headers=KEY)
    shown = problem(answer, 409, "window_closed")
    assert shown["window"]["open"] is False
    assert "template" in shown["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/nothing"), ("PUT", "/v1/channels"), ("GET", "/"), ("PUT", "/v1/channels/x/messages")],
)
def test_an_unknown_route_is_a_problem_too(gateway: Gateway, method: str, path: str) -> None:
    """404 that leads to the description."""
    assert "openapi.json" in problem(gateway.call(method, path), 404, "not_found")["detail"]


# --- what goes wrong here ---


def test_a_refused_api_key_points_to_the_field(gateway: Gateway) -> None:
    """The provider's words are told, the key is not repeated."""
    wrong = "key-that-nobody-has"
    answer = gateway.call("POST", "/v1/channels", {**CONNECT, "api_key": wrong})
    shown = problem(answer, 422, "api_key_rejected")
    assert [error["pointer"] for error in shown["errors"]] == ["/api_key"]
    assert wrong not in answer.text


def test_a_provider_that_is_down_is_a_503(world: World, gateway: Gateway) -> None:
    """Ours and theirs are told apart by the code."""
    world.control("faults", {"on": "health", "kind": "status", "status": 500})
    problem(gateway.call("POST", "/v1/channels", CONNECT), 503, "provider_unavailable")


@pytest.mark.parametrize(("method", "path", "scope", "body"), ROUTES)
def test_an_aws_failure_is_a_503_that_tells_no_more(
    gateway: Gateway, channel: str, method: str, path: str, scope: str, body: Any
) -> None:
    """Whatever route; trying again is right."""
    raise_on(clients.client("dynamodb"), "*", throttled, times=50)
    answer = gateway.call(method, path.format(channel=channel), body, headers=KEY)
    problem(answer, 503, "aws_unavailable")
    assert "slow down" not in answer.text


def test_an_unforeseen_error_hides_its_details(gateway: Gateway, channel: str) -> None:
    """The caller gets a request id, we get the trace."""
    raise_on(clients.client("dynamodb"), "GetItem", lambda: RuntimeError("a confidential detail"))
    answer = gateway.call("GET", f"/v1/channels/{channel}")
    problem(answer, 500, "internal_error")
    assert "confidential" not in answer.text
    assert "RuntimeError" not in answer.text


def test_a_deployment_without_its_settings_says_so(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator reads which variable is missing."""
    monkeypatch.delenv("CHANNELS_TABLE")
    assert (
        "CHANNELS_TABLE" in problem(gateway.call("GET", "/v1/channels"), 500, "configuration_error")["detail"]
    )
