"""Parameters that do not fit together, or not at all, are refused before anything is made."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.template.stack import Stack

_ISSUER = "https://login.example"


def _holds(expression: Any, parameters: Mapping[str, str]) -> Any:
    """What CloudFormation makes of a rule's expression, as far as the template uses them."""
    match expression:
        case {"Ref": name}:
            return parameters[name]
        case {"Fn::Equals": [one, other]}:
            return _holds(one, parameters) == _holds(other, parameters)
        case {"Fn::Not": [inverted]}:
            return not _holds(inverted, parameters)
        case str():
            return expression
        case unknown:
            raise AssertionError(f"an expression that this test does not know: {unknown}")


def _refusals(stack: Stack, **chosen: str) -> list[str]:
    defaults = {name: str(each.get("Default", "")) for name, each in stack.source["Parameters"].items()}
    parameters = {**defaults, **chosen}
    return [
        assertion["AssertDescription"]
        for rule in stack.rules.values()
        if _holds(rule["RuleCondition"], parameters)
        for assertion in rule["Assertions"]
        if not _holds(assertion["Assert"], parameters)
    ]


def test_the_transform_keeps_the_rules(stack: Stack) -> None:
    assert stack.rules == stack.source["Rules"]


def test_an_issuer_of_ones_own_needs_an_audience(stack: Stack) -> None:
    (refusal,) = _refusals(stack, JwtIssuer=_ISSUER)
    assert refusal.startswith("JwtIssuer needs JwtAudience")


@pytest.mark.parametrize(
    "chosen",
    [{}, {"JwtAudience": "client"}, {"JwtIssuer": _ISSUER, "JwtAudience": "kanal"}],
    ids=["own pool", "own pool with further clients", "issuer with audience"],
)
def test_other_combinations_are_accepted(stack: Stack, chosen: dict[str, str]) -> None:
    assert _refusals(stack, **chosen) == []


@pytest.mark.parametrize(
    ("audience", "accepted"),
    [("", True), ("one", True), ("one,two", True), (",", False), ("one,", False), ("one, two", False)],
)
def test_an_audience_is_never_empty_nor_has_spaces(stack: Stack, audience: str, accepted: bool) -> None:
    pattern = stack.source["Parameters"]["JwtAudience"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, audience)) is accepted
