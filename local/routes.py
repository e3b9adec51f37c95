"""Adds to the deployed API what MiniStack's CloudFormation leaves out, taken from the translated template.

That is the routes, integrations and JWT authorizer, which stand in the API's OpenAPI body, and time to live.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from local.aws import Aws
from local.deploy import Deployment
from local.processes import LocalStackError

_INTEGRATED_FUNCTION = re.compile(r"functions/\$\{(\w+)(?:\.Arn)?\}/invocations")


def add_routes(aws: Aws, deployment: Deployment, *, issuer: str, audience: str) -> str:
    """Every route of the template, each with the authorizer it names; returns the API's id."""
    logical = deployment.single("AWS::ApiGatewayV2::Api")
    body = deployment.of_type("AWS::ApiGatewayV2::Api")[logical]["Body"]
    api_id = deployment.physical[logical]
    _clear(aws, api_id)
    schemes = body.get("components", {}).get("securitySchemes", {})
    authorizers = {
        name: _make_authorizer(aws, api_id, name, scheme["x-amazon-apigateway-authorizer"], issuer, audience)
        for name, scheme in schemes.items()
    }
    integrations: dict[str, str] = {}
    for route_key, operation in _operations(body["paths"]):
        function = _function(deployment, route_key, operation)
        if function not in integrations:
            integrations[function] = _make_integration(aws, api_id, function)
        aws.apigateway.create_route(
            ApiId=api_id,
            RouteKey=route_key,
            Target=f"integrations/{integrations[function]}",
            **_security(operation, authorizers),
        )
    return api_id


def add_time_to_live(aws: Aws, deployment: Deployment) -> None:
    for logical, properties in deployment.of_type("AWS::DynamoDB::Table").items():
        if specification := properties.get("TimeToLiveSpecification"):
            aws.dynamodb.update_time_to_live(
                TableName=deployment.physical[logical],
                TimeToLiveSpecification={"AttributeName": specification["AttributeName"], "Enabled": True},
            )


def _clear(aws: Aws, api_id: str) -> None:
    """What an earlier run left, when its state was kept."""
    for route in aws.apigateway.get_routes(ApiId=api_id)["Items"]:
        aws.apigateway.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    for integration in aws.apigateway.get_integrations(ApiId=api_id)["Items"]:
        aws.apigateway.delete_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"])
    for authorizer in aws.apigateway.get_authorizers(ApiId=api_id)["Items"]:
        aws.apigateway.delete_authorizer(ApiId=api_id, AuthorizerId=authorizer["AuthorizerId"])


def _make_authorizer(
    aws: Aws, api_id: str, name: str, definition: Mapping[str, Any], issuer: str, audience: str
) -> str:
    made = aws.apigateway.create_authorizer(
        ApiId=api_id,
        Name=name,
        AuthorizerType="JWT",
        IdentitySource=[definition["identitySource"]],
        # In the template these two depend on parameters; they are what the stack was given for them.
        JwtConfiguration={"Issuer": issuer, "Audience": [audience]},
    )
    return str(made["AuthorizerId"])


def _make_integration(aws: Aws, api_id: str, function: str) -> str:
    made = aws.apigateway.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )
    return str(made["IntegrationId"])


def _operations(paths: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            name = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            yield "$default" if path == "/$default" else f"{name} {path}", operation


def _function(deployment: Deployment, route_key: str, operation: Mapping[str, Any]) -> str:
    uri = operation["x-amazon-apigateway-integration"]["uri"]
    match = _INTEGRATED_FUNCTION.search(uri.get("Fn::Sub", "") if isinstance(uri, dict) else uri)
    if match is None or match[1] not in deployment.physical:
        raise LocalStackError(f"The route {route_key} of template.yaml has no deployed function: {uri}")
    return deployment.physical[match[1]]


def _security(operation: Mapping[str, Any], authorizers: Mapping[str, str]) -> dict[str, Any]:
    """An operation without an authorizer that we know is open, as SAM writes `NONE` for those."""
    for requirement in operation.get("security", []):
        for name, scopes in requirement.items():
            if name in authorizers:
                scope_check = {"AuthorizationScopes": scopes} if scopes else {}
                return {"AuthorizationType": "JWT", "AuthorizerId": authorizers[name], **scope_check}
    return {}
