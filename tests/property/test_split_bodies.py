"""Promise 1: a large body is split without losing, doubling or changing any of its items."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanal import rawjson
from kanal.inbox.explode import Item, explode
from kanal.inbox.receive import INLINE_BYTES
from kanal.inbox.split import MAX_ITEMS, parts_of
from tests.property.json_values import BODIES

pytestmark = pytest.mark.slow


def _large(body: Any, times: int, padding: int) -> Any:
    """The body with its entries many times over, each with something large in it."""
    if not isinstance(body, dict) or not isinstance(body.get("entry"), list):
        return body
    padded = [
        {**entry, "padding": "\u00e9" * padding} if isinstance(entry, dict) else entry
        for entry in body["entry"]
    ]
    return {**body, "entry": padded * times}


@given(BODIES, st.integers(1, 120), st.sampled_from([0, 10, 10_000, 150_000]))
def test_the_items_of_the_parts_are_the_items_of_the_whole(body: Any, times: int, padding: int) -> None:
    """Promise 1: in their order, each with its own entry and context, malformed ones with their reason."""
    whole = _large(body, times if padding < 1000 else min(times, 30), padding)
    items = _items(rawjson.write(whole))
    parts = parts_of(rawjson.write(whole))
    assert bool(parts) == (len(items) > MAX_ITEMS)
    if parts:
        assert [item for part in parts for item in _items(part)] == items


@given(BODIES, st.integers(51, 120), st.sampled_from([0, 10, 10_000, 150_000]))
def test_a_part_fits_and_is_never_split_again(body: Any, times: int, padding: int) -> None:
    """Unless one item alone is larger than a queue message, which then goes through the bucket."""
    for part in parts_of(rawjson.write(_large(body, times if padding < 1000 else 51, padding))):
        count = len(_items(part))
        assert 1 <= count <= MAX_ITEMS
        assert len(part.encode()) <= INLINE_BYTES or count == 1
        assert parts_of(part) == []


@given(st.text() | st.just("," * 60))
def test_what_is_no_json_is_not_split(body: str) -> None:
    """It is one malformed item, to be set aside whole."""
    assert parts_of(body) == []


def _items(body: str) -> list[Item]:
    return list(explode(rawjson.read(body)))
