"""What is said about a wrong field: where it stands, and what it must be, in words instead of pydantic's."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kanal.errors import FieldError

_Facts = Mapping[str, Any]
TaggedUnions = Mapping[str, Sequence[str]]
"""Where in a body pydantic decides by `type` which of several shapes it is, and the values it decides by."""

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
    "greater_than_equal": lambda facts: f"must be at least {facts['ge']:.0f}",
    "less_than_equal": lambda facts: f"must be at most {facts['le']:.0f}",
    "literal_error": lambda facts: f"must be {_names(facts['expected'])}",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: _OBJECT,
    "model_type": lambda _: _OBJECT,
    "model_attributes_type": lambda _: _OBJECT,
    "float_type": lambda _: "must be a number",
    "union_tag_invalid": lambda facts: f"must be {_any_of(_names(facts['expected_tags']).split(', '))}",
    "value_error": lambda facts: str(facts["error"]),
}
"""By pydantic's type of error. A type that no field of ours brings today is told in pydantic's words."""


def field_error(error: Mapping[str, Any], unions: TaggedUnions) -> FieldError:
    """What pydantic found, as the caller is told."""
    where, *steps = error["loc"]
    kind, facts = str(error["type"]), error.get("ctx") or {}
    if where != "body":
        return FieldError(f"{where}:{_pointer(steps).lstrip('/')}", _words(error), kind)
    steps, tags = _without_tags(steps, unions)
    if not steps and (of_body := _of_the_body(kind)):
        return FieldError("", of_body, kind)
    if kind.startswith("union_tag_"):
        steps = [*steps, _names(facts["discriminator"])]
    if kind == "union_tag_not_found":
        return FieldError(_pointer(steps), f"is required: {_any_of(tags)}", "missing")
    return FieldError(_pointer(steps), _words(error), str(facts.get("code", kind)))


def _words(error: Mapping[str, Any]) -> str:
    words = _WORDS.get(str(error["type"]))
    return words(error.get("ctx") or {}) if words else str(error["msg"])


def _without_tags(steps: Sequence[Any], unions: TaggedUnions) -> tuple[list[Any], Sequence[str]]:
    """The steps through the caller's own document, and the tags of the union to which they lead, if to one.

    pydantic puts the tag of a union into the location of an error; it is no part of the document.
    """
    own: list[Any] = []
    place, tags = "", unions.get("", ())
    for step in steps:
        if step in tags:
            tags = ()
            continue
        own.append(step)
        place += "/*" if isinstance(step, int) else f"/{step}"
        tags = unions.get(place, ())
    return own, tags


def _pointer(steps: Sequence[Any]) -> str:
    """RFC 6901."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def _of_the_body(kind: str) -> str | None:
    if kind == "missing":
        return "The body is empty; send a JSON object."
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return "must be a JSON object"
    return "The body is not JSON." if kind == "json_invalid" else None


def _at_least(limit: int, what: str) -> str:
    return "must not be empty" if limit == 1 else f"must have at least {limit} {what}"


def _any_of(names: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _names(quoted: str) -> str:
    return quoted.replace("'", "")
