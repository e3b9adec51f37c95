"""The functions as API Gateway calls them: real handlers, settings from the environment, events 2.0."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

import kanal.aws.clients
import kanal.settings
from functions.broadcasts.api import handler as broadcasts
from functions.channels.api import handler as channels
from functions.channels.contacts import handler as contacts
from functions.media.api import handler as media
from functions.send.api import handler as send
from functions.sync_templates.api import handler as templates
from kanal import broadcast_composition, composition
from tests.integration.aws import CREDENTIALS, REGION
from tests.integration.world import WORKSPACE, World

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
REQUEST_ID = "request-of-the-test"
ALL_SCOPES = " ".join(
    f"{subject}:{access}"
    for subject in ("broadcasts", "channels", "contacts", "messages", "templates")
    for access in ("read", "write")
)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Gateway:
    """A caller with a token. `said` holds every answer, for what must never stand in one."""

    claims: dict[str, Any] = field(
        default_factory=lambda: {"workspace_id": WORKSPACE, "scope": ALL_SCOPES, "sub": "someone"}
    )
    said: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None, **given: Any) -> Answer:
        """`body` as it will be JSON, or the text itself. `query`, `headers` and `claims` as wanted."""
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        answer = handler_of(path)(self._event(method, path, text, given), None)
        headers = {name.lower(): value for name, value in answer.get("headers", {}).items()}
        headers |= {name.lower(): value[0] for name, value in answer.get("multiValueHeaders", {}).items()}
        self.said.append(repr(answer))
        return Answer(answer["statusCode"], headers, answer.get("body") or "")

    def _event(self, method: str, path: str, text: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
        claims = given.get("claims", self.claims)
        query = given.get("query", {})
        return {
            "version": "2.0",
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": "&".join(f"{name}={value}" for name, value in query.items()),
            "headers": {"content-type": "application/json", **given.get("headers", {})},
            "queryStringParameters": query,
            "requestContext": {
                "http": {"method": method, "path": path},
                "stage": "$default",
                "requestId": REQUEST_ID,
                "domainName": "api.kanal.example",
                "authorizer": {"jwt": {"claims": claims, "scopes": None}},
            },
            "body": text,
            "isBase64Encoded": False,
        }


def handler_of(path: str) -> Handler:
    if "/broadcasts" in path:
        return broadcasts
    if "/contacts" in path:
        return contacts
    if "/media" in path:
        return media
    if "/messages" in path:
        return send
    return templates if "/templates" in path else channels


@contextmanager
def deployed(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A fresh container of each function, over the world's resources and its provider."""
    environment = {
        "CHANNELS_TABLE": world.aws.channels,
        "TEMPLATES_TABLE": world.aws.templates,
        "CONTACTS_TABLE": world.aws.contacts,
        "MESSAGES_TABLE": world.aws.messages,
        "BUS_NAME": world.aws.bus,
        "SEND_QUEUE_URL": world.aws.queues["send"],
        "BROADCAST_QUEUE_URL": world.aws.queues["broadcast"],
        "RELEASE_QUEUE_URL": world.aws.queues["release"],
        "MEDIA_BUCKET": world.aws.media_bucket,
        "SECRETS_KEY_ID": world.aws.key_id,
        "DIALOG360_BASE_URL": str(world.provider_http.base_url),
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": REGION,
        "NO_PROXY": "127.0.0.1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    _forget()
    try:
        yield Gateway()
    finally:
        composition.provider_http().close()
        _forget()


def _forget() -> None:
    modules: tuple[ModuleType, ...] = (composition, broadcast_composition, kanal.aws.clients, kanal.settings)
    for module in modules:
        for made in vars(module).values():
            if hasattr(made, "cache_clear"):
                made.cache_clear()
