"""Pointers lead into the caller's own document, however many unions stand on the way."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from kanal.sending.requests import TAGGED_UNIONS
from tests.outbound_bodies import GONE, SEND, changed, refusals


def _unions(schema: Mapping[str, Any], defined: Mapping[str, Any], place: str = "") -> Iterator[Any]:
    """Where a JSON schema decides by a discriminator, and between which values."""
    if "$ref" in schema:
        yield from _unions(defined[schema["$ref"].rpartition("/")[2]], defined, place)
    if "discriminator" in schema:
        yield place, tuple(schema["discriminator"]["mapping"])
    for each in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _unions(each, defined, place)
    for name, part in schema.get("properties", {}).items():
        yield from _unions(part, defined, f"{place}/{name}")
    if "items" in schema:
        yield from _unions(schema["items"], defined, f"{place}/*")


def test_the_table_of_unions_is_what_the_models_have() -> None:
    """A union that is not in the table would put its tag into pointers."""
    schema = SEND.json_schema()
    found: dict[str, set[str]] = {}
    for place, tags in _unions(schema, schema["$defs"]):
        found.setdefault(place, set()).update(tags)
    assert found == {place: set(tags) for place, tags in TAGGED_UNIONS.items()}


def test_where_a_union_stands_no_other_shape_does() -> None:
    """Else a field of that shape could be taken for a tag: so a list's header is the union of all headers."""
    schema = SEND.json_schema()
    places = [place for place, _ in _unions(schema, schema["$defs"])]
    assert sorted(set(places)) == sorted(TAGGED_UNIONS)
    assert not set(_plain(schema, schema["$defs"])) & set(TAGGED_UNIONS)


def _plain(schema: Mapping[str, Any], defined: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Where a JSON schema has an object of one shape only."""
    if "$ref" in schema:
        yield from _plain(defined[schema["$ref"].rpartition("/")[2]], defined, place)
        return
    for each in schema.get("anyOf", ()):
        yield from _plain(each, defined, place)
    for each in schema.get("oneOf", ()):
        yield from _below(defined[each["$ref"].rpartition("/")[2]], defined, place)
    if "properties" in schema:
        yield place
    yield from _below(schema, defined, place)


def _below(schema: Mapping[str, Any], defined: Mapping[str, Any], place: str) -> Iterator[str]:
    for name, part in schema.get("properties", {}).items():
        yield from _plain(part, defined, f"{place}/{name}")
    if "items" in schema:
        yield from _plain(schema["items"], defined, f"{place}/*")


_HEADERS = "text, image, video or document"
_CARD = "/interactive/action/cards/1"
_PART = "/template/components/0"
NESTED: list[tuple[str, Sequence[tuple[str, Any]], str, str]] = [
    ("text", [("/text/text", 1)], "/text/text", "is not known here; remove it"),
    ("image", [("/image/image", 1)], "/image/image", "is not known here; remove it"),
    ("list", [("/interactive/list", {})], "/interactive/list", "is not known here; remove it"),
    ("list", [("/interactive/type", "menu")], "/interactive/type", "must be button, list, "),
    ("list", [("/interactive/type", GONE)], "/interactive/type", "is required: button, list, "),
    ("list", [("/interactive/header/type", GONE)], "/interactive/header/type", f"is required: {_HEADERS}"),
    ("list", [("/interactive/header/text", GONE)], "/interactive/header/text", "is required"),
    ("list", [("/interactive/header/header", 1)], "/interactive/header/header", "is not known here"),
    ("list", [("/interactive/header", [])], "/interactive/header", "must be an object"),
    ("carousel of links", [(f"{_CARD}/header/image", {})], f"{_CARD}/header/image", "needs either an id"),
    (
        "carousel of links",
        [(f"{_CARD}/header/image/image", 1)],
        f"{_CARD}/header/image/image",
        "is not known",
    ),
    ("carousel of links", [(f"{_CARD}/header/type", "gif")], f"{_CARD}/header/type", f"must be {_HEADERS}"),
    ("template", [(f"{_PART}/type", "footer")], f"{_PART}/type", "must be header, body, button, "),
    ("template", [(f"{_PART}/parameters/0/type", GONE)], f"{_PART}/parameters/0/type", "is required: text, "),
    ("template", [(f"{_PART}/parameters/0/text", "")], f"{_PART}/parameters/0/text", "must not be empty"),
    (
        "template with a carousel",
        [(f"{_PART}/cards/1/components/0/parameters/0/image/link", 7)],
        f"{_PART}/cards/1/components/0/parameters/0/image/link",
        "must be a text",
    ),
    (
        "template with a carousel",
        [(f"{_PART}/cards/1/components/1/type", "carousel")],
        f"{_PART}/cards/1/components/1/type",
        "must be header, body or button",
    ),
]


@pytest.mark.parametrize(("example", "changes", "pointer", "words"), NESTED)
def test_an_error_behind_unions_points_to_the_callers_field(
    example: str, changes: Sequence[tuple[str, Any]], pointer: str, words: str
) -> None:
    """Also where a field has the name of a tag."""
    [(found, said)] = refusals(changed(example, *changes))
    assert found == pointer
    assert said.startswith(words)
