"""Every order in which things may arrive, with repetitions."""

from typing import TypeVar

from hypothesis import strategies as st

_Thing = TypeVar("_Thing")


def shuffled_with_repetitions(data: st.DataObject, things: list[_Thing]) -> list[_Thing]:
    """All of the things in any order, and some of them again anywhere."""
    again = data.draw(st.lists(st.sampled_from(things), max_size=4)) if things else []
    return data.draw(st.permutations([*things, *again]))
