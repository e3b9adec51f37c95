"""Calls that end in a value or in the one refusal that they promise."""

from collections.abc import Callable
from typing import TypeVar

_Value = TypeVar("_Value")
_Refusal = TypeVar("_Refusal", bound=Exception)


def outcome_of(call: Callable[[], _Value], refusal: type[_Refusal]) -> _Value | _Refusal:
    """Every other exception is raised, and fails the test."""
    try:
        return call()
    except refusal as refused:
        return refused
