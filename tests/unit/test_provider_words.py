"""What a provider says is passed on; what it echoes of a secret is not."""

import json
from typing import Any

import httpx
import pytest

from kanal.errors import KanalError
from kanal.providers.dialog360 import Dialog360, WebhookConfig
from kanal.providers.outcomes import Refused

_KEY = "api-key-of-the-number-4711"
_SECRET = "secret-of-the-webhook-0815"
_SHAPES = [
    {"error": {"message": f"bad {_KEY}", "code": 100, "error_data": {"details": f"bad {_KEY} {_SECRET}"}}},
    {"error": f"Invalid api token {_KEY} {_SECRET}"},
    {"meta": {"developer_message": f"{_SECRET} not allowed for {_KEY}"}},
    {"meta": {"developerMessage": f"{_SECRET} not allowed for {_KEY}"}},
    {"error": "x" * 480 + _KEY + _SECRET},
]


def _number(status: int, body: Any) -> Dialog360:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    return Dialog360(httpx.Client(transport=transport, base_url="https://provider.example"), _KEY)


@pytest.mark.parametrize("status", [400, 401, 500])
@pytest.mark.parametrize("body", _SHAPES)
def test_a_provider_that_echoes_a_secret_does_not_spread_it(status: int, body: Any) -> None:
    """Promise 10: its words reach answers and events, the API key and the webhook secret never do."""
    config = WebhookConfig("https://kanal.example/x", {"x-secret": _SECRET})
    with pytest.raises(KanalError) as refused:
        _number(status, body).set_webhook(config)
    assert _KEY[:12] not in refused.value.detail
    assert _SECRET[:12] not in refused.value.detail


@pytest.mark.parametrize("body", _SHAPES)
def test_a_refused_message_does_not_show_the_key(body: Any) -> None:
    """Promise 10: the error is stored with the message and published."""
    outcome = _number(400, body).send({"to": "+4915112345678"})
    assert isinstance(outcome, Refused)
    assert _KEY[:12] not in json.dumps(outcome.error)


@pytest.mark.parametrize(("typing", "more"), [(False, {}), (True, {"typing_indicator": {"type": "text"}})])
def test_marking_as_read_is_told_as_whatsapp_documents_it(typing: bool, more: dict[str, Any]) -> None:
    """One call; the sign of typing goes with it."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"success": True})

    http = httpx.Client(transport=httpx.MockTransport(answer), base_url="https://provider.example")
    Dialog360(http, _KEY).mark_read("wamid.x", typing=typing)
    [request] = asked
    assert (request.method, request.url.path) == ("POST", "/messages")
    assert json.loads(request.content) == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.x",
        **more,
    }
