"""The functions of the template, run one by one on the embedded AWS, each with its own environment."""

import importlib
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import boto3
import httpx
import pytest
import urllib3

from tests.integration.aws import CREDENTIALS, REGION, Aws, StubbedPool
from tests.template.stack import ROOT, translated
from tests.template.usage import Use, environment, resource_values, uses_of

_CONTEXT = SimpleNamespace(
    function_name="test",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:test",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 120_000,
)
_CLAIMS = {"workspace_id": "acme"}


class Deployment:
    """`uses` holds what each function asked of AWS."""

    def __init__(self, aws: Aws, parameters: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.aws = aws
        self.uses: dict[str, set[Use]] = defaultdict(set)
        self._values = {**resource_values(aws), **parameters}
        self._patch = monkeypatch
        self.invoked: list[str] = []
        self._clients: list[httpx.Client] = []
        credentials: Any = CREDENTIALS
        self._session = boto3.Session(**credentials)
        self._session.events.register("provide-client-params.*", self._note_call)
        deployment = self

        class NotingPool(StubbedPool):
            def request(self, method: str, url: str, **given: Any) -> Any:  # type: ignore[override]  # as it is called
                deployment._note_request(url, given)
                return super().request(method, url, **given)

        class NotedClient(httpx.Client):
            def __init__(self, **given: Any) -> None:
                super().__init__(**given)
                deployment._clients.append(self)

        monkeypatch.setattr(urllib3, "PoolManager", NotingPool)
        monkeypatch.setattr(httpx, "Client", NotedClient)

    def close(self) -> None:
        """Ends the connections of all containers."""
        for client in self._clients:
            client.close()

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """As in a fresh container."""
        stack = translated()
        properties = stack.source["Resources"][function]["Properties"]
        module, name = properties["Handler"].split(".")
        with self._patch.context() as patch:
            for variable, value in environment(stack, function, self._values).items():
                patch.setenv(variable, value)
            patch.setenv("AWS_REGION", REGION)
            patch.setenv("AWS_DEFAULT_REGION", REGION)
            handler = importlib.import_module(f"{properties['CodeUri'].replace('/', '.')}{module}")
            patch.setattr(boto3, "DEFAULT_SESSION", self._session)
            self.invoked.append(function)
            _forget_everything()
            try:
                return getattr(handler, name)(event, _CONTEXT)
            finally:
                _forget_everything()

    def call(
        self, function: str, method: str, path: str, scope: str = "", body: Any = None, **more: Any
    ) -> Any:
        """Over HTTP, with a token of that scope; the answer's body."""
        event = http_event(method, path, None if body is None else json.dumps(body), scope=scope, **more)
        answer = self.invoke(function, event)
        assert answer["statusCode"] < 300, answer
        return json.loads(answer.get("body") or "null")

    def consume(self, function: str, queue: str) -> Any:
        records = self.aws.take(queue)
        assert records, f"nothing waits in {queue}"
        answer = self.invoke(function, {"Records": [{**each, "eventSource": "aws:sqs"} for each in records]})
        for record in records:
            self.aws.delete(queue, record)
        return answer

    def _note_call(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        self.uses[self.invoked[-1]].update(uses_of(self.aws, service, model.name, params))

    def _note_request(self, url: str, given: Mapping[str, Any]) -> None:
        """A call of the hand-signed client."""
        service = url.partition("//")[2].partition(".")[0]
        target = given["headers"].get("x-amz-target", "")
        if target:
            operation, params = target.partition(".")[2], json.loads(given["body"])
        else:
            bucket, _, key = url.partition("amazonaws.com/")[2].partition("/")
            operation, params = "PutObject", {"Bucket": bucket, "Key": key}
        self.uses[self.invoked[-1]].update(uses_of(self.aws, service, operation, params))


def http_event(method: str, path: str, body: str | None, *, scope: str = "", **more: Any) -> dict[str, Any]:
    """Payload format 2.0 of API Gateway's HTTP APIs."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", **more.get("headers", {})},
        "pathParameters": more.get("path_parameters"),
        "requestContext": {
            "domainName": "kanal.example",
            "requestId": "request",
            "stage": "$default",
            "http": {"method": method, "path": path},
            "authorizer": {"jwt": {"claims": {**_CLAIMS, "scope": scope}}},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def _forget_everything() -> None:
    """Empties what a container keeps: everything cached in kanal and in the handlers."""
    mine = (str(ROOT / "functions"), str(ROOT / "layers"))
    for module in list(sys.modules.values()):
        if not (getattr(module, "__file__", None) or "").startswith(mine):
            continue
        for value in vars(module).values():
            clear: Callable[[], None] | None = getattr(value, "cache_clear", None)
            if clear:
                clear()
