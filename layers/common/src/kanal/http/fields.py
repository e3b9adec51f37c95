"""What is said about a wrong field: where it stands, and what it must be, in words instead of pydantic's."""

import base64
from collections.abc import Callable, Collection, Mapping
from typing import Any

from kanal.errors import FieldError, InvalidRequest

_Facts = Mapping[str, Any]

_OBJECT = "must be an object"

_WORDS: dict[str, Callable[[_Facts], str]] = {
    "missing": lambda _: "is required",
    "extra_forbidden": lambda _: "is not known here; remove it",
    "string_type": lambda _: "must be a text",
    "string_unicode": lambda _: "holds half of a character (a lone surrogate)",
    "string_too_long": lambda facts: f"must have at most {facts['max_length']} characters",
    "string_too_short": lambda facts: _at_least(facts["min_length"], "characters"),
    "too_long": lambda facts: f"must have at most {facts['max_length']} entries",
    "too_short": lambda facts: _at_least(facts["min_length"], "entries"),
    "int_type": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "int_parsing_size": lambda _: "is too large a number",
    "bool_type": lambda _: "must be true or false",
    "bool_parsing": lambda _: "must be true or false",
    "greater_than_equal": lambda facts: f"must be at least {facts['ge']}",
    "less_than_equal": lambda facts: f"must be at most {facts['le']}",
    "literal_error": lambda facts: f"must be {_names(facts['expected'])}",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: _OBJECT,
    "model_type": lambda _: _OBJECT,
    "model_attributes_type": lambda _: _OBJECT,
    "union_tag_not_found": lambda _: "is required: text or template",
    "union_tag_invalid": lambda facts: f"must be {_names(facts['expected_tags']).replace(', ', ' or ')}",
    "value_error": lambda facts: str(facts["error"]),
}
"""By pydantic's type of error. A type that no field of ours brings today is told in pydantic's words."""


def field_error(error: Mapping[str, Any], union_tags: Collection[str]) -> FieldError:
    """`union_tags` stand in pydantic's location of an error, and are no part of the caller's document."""
    where, *steps = error["loc"]
    kind, facts = str(error["type"]), error.get("ctx") or {}
    if where == "body" and steps and steps[0] in union_tags:
        steps = steps[1:]
    if where == "body" and not steps and (of_body := _of_the_body(kind)):
        return FieldError("", of_body, kind)
    if kind.startswith("union_tag_"):
        steps = [*steps, _names(facts["discriminator"])]
    path = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
    pointer = path if where == "body" else f"{where}:{path.lstrip('/')}"
    words = _WORDS[kind](facts) if kind in _WORDS else str(error["msg"])
    return FieldError(pointer, words, kind)


def refuse_list(event: Mapping[str, Any]) -> None:
    """Raises InvalidRequest for a list, of which Powertools would take the first entry and drop the rest."""
    body = event.get("body") or ""
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    if raw.lstrip().startswith(b"["):
        raise InvalidRequest(FieldError("", "must be a JSON object", "model_type"))


def _of_the_body(kind: str) -> str | None:
    if kind == "missing":
        return "The body is empty; send a JSON object."
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return "must be a JSON object"
    return "The body is not JSON." if kind == "json_invalid" else None


def _at_least(limit: int, what: str) -> str:
    return "must not be empty" if limit == 1 else f"must have at least {limit} {what}"


def _names(quoted: str) -> str:
    return quoted.replace("'", "")
