"""Least privilege: named actions on named resources, one role a function, and only for what
the function is told of.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.template.stack import Stack, as_list, names_in, translated

# Statements that allow more than one named thing, and why each has to.
_WIDE: dict[tuple[str, str], str] = {
    (
        "SecretsKey",
        "TheAccountDecidesByItsOwnPolicies",
    ): "it speaks of its own key only, and without it no "
    "policy of the account, so none of the roles here, could allow anything on it",
}
_AWS_MANAGED: dict[str, str] = {
    "CodeDeployServiceRole": "made by the transform for gradual deployments and used by CodeDeploy alone",
}

_LEADING_KEYS = "dynamodb:LeadingKeys"


def _statements(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in stack.made("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            yield from ((name, each) for each in _plain(policy["PolicyDocument"]["Statement"]))
    for kind, key in (("AWS::S3::BucketPolicy", "PolicyDocument"), ("AWS::KMS::Key", "KeyPolicy")):
        for name, properties in stack.made(kind).items():
            yield from ((name, each) for each in _plain(properties[key]["Statement"]))


def _plain(statements: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Conditional statements as if their condition held."""
    for each in statements:
        yield each["Fn::If"][1] if "Fn::If" in each else each


def _is_wide(statement: dict[str, Any]) -> bool:
    actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
    return any("*" in action for action in actions) or "*" in resources


def test_no_statement_allows_a_wildcard() -> None:
    for stack in (translated(), translated("GradualDeployment=true")):
        wide = {
            (owner, statement.get("Sid", ""))
            for owner, statement in _statements(stack)
            if statement["Effect"] == "Allow" and _is_wide(statement)
        }
        assert wide == set(_WIDE)


def test_no_role_borrows_a_policy_of_aws() -> None:
    roles = translated("GradualDeployment=true").made("AWS::IAM::Role")
    assert {name for name, role in roles.items() if role.get("ManagedPolicyArns")} == set(_AWS_MANAGED)


def test_every_function_has_a_role_of_its_own(stack: Stack) -> None:
    roles = {name: role_of(each) for name, each in stack.made("AWS::Lambda::Function").items()}
    assert len(set(roles.values())) == len(roles)


def test_a_function_may_use_what_it_is_told_of_and_nothing_else(stack: Stack) -> None:
    for name, properties in stack.made("AWS::Lambda::Function").items():
        told = set(names_in(properties["Environment"])) & stack.resources.keys()
        allowed = set(names_in(stack.resources[role_of(properties)]["Properties"]["Policies"]))
        allowed -= _given_by_the_platform(stack, name)
        assert told - _sources(stack, name) == (allowed & stack.resources.keys()) - _sources(stack, name), (
            name
        )


def role_of(function: dict[str, Any]) -> str:
    role: str = function["Role"]["Fn::GetAtt"][0]
    return role


def _sources(stack: Stack, function: str) -> set[str]:
    """Queues that feed the function."""
    return {
        queue
        for each in stack.made("AWS::Lambda::EventSourceMapping").values()
        if any(target.startswith(function) for target in names_in(each["FunctionName"]))
        for queue in names_in(each["EventSourceArn"])
    }


def _given_by_the_platform(stack: Stack, function: str) -> set[str]:
    """What Lambda itself uses in the function's name: the log group, and where failed events go."""
    properties = stack.resources[function]["Properties"]
    invocations = stack.made("AWS::Lambda::EventInvokeConfig").values()
    failed = [each["DestinationConfig"] for each in invocations if each["FunctionName"] == {"Ref": function}]
    return {*names_in(properties["LoggingConfig"]), *names_in(failed)}


def test_secrets_are_only_read_for_a_named_channel(stack: Stack) -> None:
    on_key = [
        each
        for owner, each in _statements(stack)
        if owner != "SecretsKey" and any(action.startswith("kms:") for action in as_list(each["Action"]))
    ]
    assert on_key
    assert all(
        each["Condition"] == {"Null": {"kms:EncryptionContext:channel_id": "false"}} for each in on_key
    )


def test_a_function_sees_its_own_kinds_of_channel_items_only(stack: Stack) -> None:
    allowed: dict[str, set[str]] = defaultdict(set)
    for role, each in _statements(stack):
        if each["Resource"] == {"Fn::GetAtt": ["ChannelsTable", "Arn"]}:
            limits = each.get("Condition", {}).get("ForAllValues:StringLike", {})
            allowed[role].update(limits.get(_LEADING_KEYS, ["*"]))
    assert allowed == {
        "WebhookReceiveRole": {"webhook#*"},
        "WebhookProcessRole": {"workspace#*", "number#*", "pace#*"},
        "ChannelsApiRole": {"*"},  # connects and disconnects, so it writes all of them
        "ContactsApiRole": {"workspace#*"},
        "SendApiRole": {"workspace#*"},
        "SendWorkerRole": {"workspace#*", "pace#*"},
        "BroadcastsApiRole": {"workspace#*"},
        "BroadcastsWorkerRole": {"workspace#*"},
        "MediaApiRole": {"workspace#*"},
        "MediaFetchRole": {"workspace#*", "media#*"},
        "SyncTemplatesApiRole": {"workspace#*"},
        "SyncTemplatesWorkerRole": {"workspace#*"},
    }


def test_leading_keys_limit_only_what_always_names_a_key(stack: Stack) -> None:
    """ForAllValues holds for a request without a key, so it would not limit a scan."""
    limited = {
        action
        for _, each in _statements(stack)
        if _LEADING_KEYS in str(each.get("Condition"))
        for action in as_list(each["Action"])
    }
    assert limited == {"dynamodb:GetItem", "dynamodb:UpdateItem"}
