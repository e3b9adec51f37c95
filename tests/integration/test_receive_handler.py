"""The receiving function as API Gateway calls it, over a real connection to the emulator."""

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import kanal.settings
from functions.webhook import receive
from kanal.channels.webhook import SECRET_HEADER
from tests.integration.aws import CREDENTIALS, REGION, StubbedPool
from tests.integration.inbound import Hook, hook_of, message, messages
from tests.integration.world import World

BODY = json.dumps(messages(message("wamid.1", "a confidential word \u00fc"))).encode()


class _Bridge(BaseHTTPRequestHandler):
    """Hands a request to the emulator under the name of the service that its signature names."""

    def do_POST(self) -> None:  # as the server calls it
        service = self.headers["authorization"].split("/")[3]
        body = self.rfile.read(int(self.headers["content-length"]))
        url = f"https://{service}.{REGION}.amazonaws.com{self.path}"
        answer = StubbedPool().request("POST", url, headers=dict(self.headers), body=body)
        self.send_response(answer.status)
        self.send_header("content-length", str(len(answer.data)))
        self.end_headers()
        self.wfile.write(answer.data)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Bridge) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def hook(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A fresh container of the function, and what the provider knows of the webhook."""
    hook = hook_of(world, world.connect())
    with endpoint() as url:
        environment = {
            "CHANNELS_TABLE": world.aws.channels,
            "INBOUND_QUEUE_URL": world.aws.queues["inbound"],
            "PAYLOADS_BUCKET": world.aws.bucket,
            "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": url,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        _forget()
        yield hook
        _forget()


def _forget() -> None:
    for module in (receive, kanal.settings):
        for made in vars(module).values():
            if hasattr(made, "cache_clear"):
                made.cache_clear()


def deliver(hook: Hook, headers: Mapping[str, str], **body: Any) -> tuple[int, dict[str, Any]]:
    _, _, provider, webhook_id = hook.path.split("/")
    path = {"provider": provider, "webhook_id": webhook_id}
    answer = receive.handler({"pathParameters": path, "headers": dict(headers), **body}, None)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
def test_the_secret_header_is_found_in_any_case(world: World, hook: Hook, spelling: Any) -> None:
    """HTTP's header names have no case, whoever passes them on."""
    headers = {spelling(SECRET_HEADER): hook.headers[SECRET_HEADER]}
    assert deliver(hook, headers, body=BODY.decode()) == (200, {})
    [record] = world.take_inbound()
    assert record["body"].encode() == BODY


def test_a_body_in_base64_is_the_bytes_it_stands_for(world: World, hook: Hook) -> None:
    """API Gateway encodes what it takes for binary."""
    encoded = base64.b64encode(BODY).decode()
    assert deliver(hook, hook.headers, body=encoded, isBase64Encoded=True) == (200, {})
    [record] = world.take_inbound()
    assert record["body"].encode() == BODY


def test_a_refusal_says_why_in_its_code(world: World, hook: Hook) -> None:
    """And nothing is queued."""
    status, shown = deliver(hook, {}, body=BODY.decode())
    assert (status, shown["code"]) == (401, "webhook_secret_invalid")
    status, shown = deliver(hook, hook.headers)
    assert (status, shown["code"]) == (400, "empty_body")
    assert world.aws.waiting("inbound") == 0


def test_the_provider_is_asked_to_come_again_while_aws_is_away(
    world: World, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens at the endpoint."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    status, shown = deliver(hook, hook.headers, body=BODY.decode())
    assert (status, shown["code"]) == (503, "aws_unavailable")
