"""The HTTP API: who may call what without a token, and that template and code know the same routes."""

import re
from collections.abc import Iterator
from typing import Any

from tests.template.stack import ROOT, Stack, translated

_WITHOUT_TOKEN = {
    "POST /webhooks/{provider}/{webhook_id}",  # the provider has a secret of its own
    "GET /v1/health",
    "GET /v1/openapi.json",
}


def _body(stack: Stack) -> dict[str, Any]:
    (api,) = stack.made("AWS::ApiGatewayV2::Api").values()
    body: dict[str, Any] = api["Body"]
    return body


def _routes(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in _body(stack)["paths"].items():
        yield from ((f"{method.upper()} {path}", operation) for method, operation in methods.items())


def test_every_other_route_wants_a_token(stack: Stack) -> None:
    guarded = {route for route, operation in _routes(stack) if operation["security"] == [{"Jwt": []}]}
    assert guarded
    assert {route for route, _ in _routes(stack)} - guarded == _WITHOUT_TOKEN


def test_the_authorizer_trusts_the_issuer_of_the_parameters() -> None:
    scheme = _body(translated())["components"]["securitySchemes"]["Jwt"]["x-amazon-apigateway-authorizer"]
    assert scheme["type"] == "jwt"
    assert scheme["identitySource"] == "$request.header.Authorization"
    assert scheme["jwtConfiguration"]["issuer"]["Fn::If"][2] == {"Ref": "JwtIssuer"}
    assert scheme["jwtConfiguration"]["audience"]["Fn::If"][2] == {"Fn::Split": [",", {"Ref": "JwtAudience"}]}


def test_template_and_code_know_the_same_routes(stack: Stack) -> None:
    decorator = re.compile(r'^@api\.(get|post|put|patch|delete)\("([^"]+)"', re.MULTILINE)
    in_code = {
        f"{method.upper()} {path.replace('<', '{').replace('>', '}')}"
        for file in (ROOT / "functions").glob("*/*.py")
        for method, path in decorator.findall(file.read_text())
    }
    assert in_code | {"POST /webhooks/{provider}/{webhook_id}"} == {route for route, _ in _routes(stack)}


def test_access_logs_hold_no_path_and_no_header(stack: Stack) -> None:
    (stage,) = stack.made("AWS::ApiGatewayV2::Stage").values()
    logged = set(re.findall(r"\$context\.[A-Za-z.]+", stage["AccessLogSettings"]["Format"]))
    assert logged == {
        "$context.requestId",
        "$context.routeKey",
        "$context.status",
        "$context.responseLatency",
        "$context.integrationStatus",
        "$context.authorizer.error",
    }


def _stage(stack: Stack) -> dict[str, Any]:
    (stage,) = stack.made("AWS::ApiGatewayV2::Stage").values()
    return stage


def test_the_api_is_throttled(stack: Stack) -> None:
    limit = {"Ref": "ApiRequestsPerSecond"}
    expected = {"ThrottlingRateLimit": limit, "ThrottlingBurstLimit": limit}
    assert _stage(stack)["DefaultRouteSettings"] == expected


def test_no_route_without_a_token_can_use_up_the_limit_of_another(stack: Stack) -> None:
    settings = _stage(stack)["RouteSettings"]
    assert settings.keys() == _WITHOUT_TOKEN
    webhooks = {"Ref": "WebhookRequestsPerSecond"}
    small = {"ThrottlingRateLimit": 10, "ThrottlingBurstLimit": 20}
    assert settings == {
        "POST /webhooks/{provider}/{webhook_id}": {
            "ThrottlingRateLimit": webhooks,
            "ThrottlingBurstLimit": webhooks,
        },
        "GET /v1/health": small,
        "GET /v1/openapi.json": small,
    }
