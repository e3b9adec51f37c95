"""Small checks of which the shapes of WhatsApp's content are put together; each raises RefusalError."""

from collections.abc import Callable, Container, Mapping
from typing import Any

from local.simulator.refusals import RefusalError

Check = Callable[[Any, str], None]
"""Takes a value and where it stands."""


def text(most: int | None = None, *, empty: bool = False) -> Check:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, str):
            raise RefusalError(100, f"Param {where} must be a string.")
        if not value and not empty:
            raise RefusalError(131008, f"The parameter {where} is required.")
        if most is not None and len(value) > most:
            raise RefusalError(100, f"Param {where} must be at most {most} characters long.")

    return check


def number(low: float, high: float) -> Check:
    def check(value: Any, where: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise RefusalError(100, f"Param {where} must be a number from {low} to {high}.")

    return check


def word(*words: str) -> Check:
    def check(value: Any, where: str) -> None:
        if value not in words:
            raise RefusalError(100, f"Param {where} must be one of {', '.join(words)}")

    return check


def flag(value: Any, where: str) -> None:
    if not isinstance(value, bool):
        raise RefusalError(100, f"Param {where} must be a boolean.")


def anything(value: Any, where: str) -> None:
    """What the receiver of the message makes of it is not known here."""


def link(value: Any, where: str) -> None:
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise RefusalError(131009, f"Param {where} is not a valid URI.")


def items(check_one: Check, least: int = 1, most: int | None = None) -> Check:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, list):
            raise RefusalError(100, f"Param {where} must be an array.")
        if len(value) < least or (most is not None and len(value) > most):
            raise RefusalError(
                131009, f"Param {where} must have {least} to {most} entries, not {len(value)}."
            )
        for number, one in enumerate(value):
            check_one(one, f"{where}[{number}]")

    return check


def shape(
    required: Mapping[str, Check],
    optional: Mapping[str, Check] | None = None,
    *,
    one_of: tuple[str, ...] = (),
) -> Check:
    """An object. Of `one_of`, which are among the optional, one and only one must be there."""
    known = {**required, **(optional or {})}

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise RefusalError(100, f"Param {where} must be an object.")
        refuse_unknown(value, known, where)
        for key in required:
            if value.get(key) is None:
                raise RefusalError(131008, f"The parameter {where}['{key}'] is required.")
        if one_of and sum(key in value for key in one_of) != 1:
            raise RefusalError(131009, f"Param {where} needs one of {', '.join(one_of)}.")
        for key, part in value.items():
            known[key](part, f"{where}['{key}']")

    return check


def refuse_unknown(given: Mapping[str, Any], known: Container[str], where: str) -> None:
    for key in given:
        if key not in known:
            raise RefusalError(100, f'Unexpected key "{key}" on {where}.')


def tagged(shapes: Mapping[str, Check]) -> Check:
    """An object whose `type` says which shape it has."""

    def check(value: Any, where: str) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in shapes:
            raise RefusalError(100, f"Param {where}['type'] must be one of {', '.join(shapes)}")
        shapes[kind](value, where)

    return check
