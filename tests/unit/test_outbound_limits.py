"""Every limit of the table at its edges: what is within passes, what is beyond is refused by name."""

import pytest

from kanal.sending.limits import LIMITS
from tests.outbound_bodies import refusals
from tests.outbound_limits import ROWS


def _is_number(name: str) -> bool:
    return isinstance(ROWS[name].of_size(1), int)


def _too_many(name: str) -> str:
    most = LIMITS[name].most
    if _is_number(name):
        return f"must be at most {most}"
    return f"must have at most {most} {'characters' if LIMITS[name].unit == 'characters' else 'entries'}"


def _too_few(name: str) -> str:
    least = LIMITS[name].least
    if _is_number(name):
        return f"must be at least {least}"
    return "must not be empty" if least == 1 else f"must have at least {least} entries"


def test_every_limit_has_a_row() -> None:
    """A limit that nobody checks is only a number."""
    assert ROWS.keys() == LIMITS.keys()


def test_every_limit_has_a_source() -> None:
    """Whoever doubts a number can look it up."""
    assert all(limit.source and limit.least <= limit.most for limit in LIMITS.values())


@pytest.mark.parametrize("name", ROWS)
def test_what_is_within_a_limit_passes(name: str) -> None:
    """The fewest, the most, and one within."""
    row, limit = ROWS[name], LIMITS[name]
    fewest = row.fewest or limit.least
    for size in {fewest, min(fewest + 1, limit.most), limit.most - 1, limit.most}:
        assert refusals(row.body(size)) == []


@pytest.mark.parametrize("name", ROWS)
def test_what_is_beyond_a_limit_is_refused_with_place_and_limit(name: str) -> None:
    """One more than the most."""
    row, limit = ROWS[name], LIMITS[name]
    assert refusals(row.body(limit.most + 1)) == [(row.pointer, row.words or _too_many(name))]


@pytest.mark.parametrize("name", [name for name in ROWS if LIMITS[name].least > 0 or _is_number(name)])
def test_what_is_below_a_limit_is_refused_with_place_and_limit(name: str) -> None:
    """One fewer than the fewest."""
    row, limit = ROWS[name], LIMITS[name]
    assert refusals(row.body(limit.least - 1)) == [(row.pointer, row.words or _too_few(name))]
