"""Each function is given exactly the settings that its code asks for.

Read from the source: what an entry point asks for itself, and what the parts ask for that it takes from
`composition` and from the HTTP resolver.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.template.stack import ROOT, Stack, translated

_KANAL = ROOT / "layers" / "common" / "src" / "kanal"
_SHARED = [_KANAL / "composition.py", _KANAL / "broadcast_composition.py", _KANAL / "http" / "api.py"]
_READ_BY_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
_FUNCTIONS = translated().written("AWS::Serverless::Function")


def _variables() -> dict[str, str]:
    """The environment variable behind each property of Settings."""
    return {
        function.name: next(name for name in _strings(function) if name.isupper())
        for function in _functions(_KANAL / "settings.py")
        if any(name.isupper() for name in _strings(function))
    }


def _functions(file: Path) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef))


def _strings(node: ast.AST) -> list[str]:
    return [
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def _asked(node: ast.AST) -> set[str]:
    """Properties read as `settings().name`."""
    return {
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute)
        and isinstance(each.value, ast.Call)
        and isinstance(each.value.func, ast.Name)
        and each.value.func.id == "settings"
    }


def _called(node: ast.AST) -> set[str]:
    calls = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    return {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in calls}


def _asked_by(file: Path) -> set[str]:
    """Environment variables that a handler file needs, itself or through the shared parts that it calls."""
    shared = {function.name: function for file in _SHARED for function in _functions(file)}
    module = ast.parse(file.read_text())
    asked, open_calls, seen = _asked(module), _called(module), set[str]()
    while name := next(iter((open_calls & shared.keys()) - seen), None):
        seen.add(name)
        asked |= _asked(shared[name])
        open_calls |= _called(shared[name])
    variables = _variables()
    return {variables[name] for name in asked}


def _given_to(properties: dict[str, Any], stack: Stack) -> set[str]:
    everywhere = stack.source["Globals"]["Function"]["Environment"]["Variables"]
    return {*everywhere, *properties["Environment"]["Variables"]}


@pytest.mark.parametrize("name", sorted(_FUNCTIONS))
def test_a_function_is_given_exactly_what_it_asks_for(stack: Stack, name: str) -> None:
    properties = _FUNCTIONS[name]
    file = ROOT / properties["CodeUri"] / f"{properties['Handler'].removesuffix('.handler')}.py"
    assert _given_to(properties, stack) == _asked_by(file) | _READ_BY_POWERTOOLS


def test_every_setting_is_given_to_some_function(stack: Stack) -> None:
    given = set[str]().union(*(_given_to(each, stack) for each in _FUNCTIONS.values()))
    assert given == {*_variables().values(), *_READ_BY_POWERTOOLS}
