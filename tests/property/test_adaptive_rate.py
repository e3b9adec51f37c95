"""What a channel may send after the provider refused: cut at once, near the limit soon, up again slowly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanal.sending.adaptive import ANSWERED, CUTS, FRESH, SlowDown, is_answered, rate_at, slower
from kanal.sending.pace import SECOND

_CEILINGS = st.integers(1, 1000)
_WAITS = st.lists(st.integers(0, 120 * SECOND), max_size=40)


def _after(ceiling: float, waits: list[int]) -> tuple[SlowDown | None, int]:
    slowed, now = None, 0
    for wait in waits:
        now += wait
        slowed = slower(slowed, ceiling, now, now)
    return slowed, now


@given(_CEILINGS, _WAITS, st.integers(0, 600 * SECOND))
def test_the_rate_is_always_above_nothing_and_never_above_the_ceiling(
    ceiling: int, waits: list[int], later: int
) -> None:
    """Promise 4: whatever was refused, the configured rate is the most, and a channel never stands still."""
    slowed, now = _after(ceiling, waits)
    assert 0 < rate_at(slowed, ceiling, now + later) <= ceiling
    assert rate_at(slowed, 2 * ceiling, now + later) <= 2 * ceiling


@given(_CEILINGS, _WAITS, st.lists(st.integers(0, 100 * SECOND), min_size=2))
def test_without_a_refusal_the_rate_only_rises(ceiling: int, waits: list[int], moments: list[int]) -> None:
    slowed, now = _after(ceiling, waits)
    rates = [rate_at(slowed, ceiling, now + moment) for moment in sorted(moments)]
    assert rates == sorted(rates)


@given(_CEILINGS, _WAITS)
def test_five_minutes_without_a_refusal_are_enough_for_the_ceiling(ceiling: int, waits: list[int]) -> None:
    """The provider's limit went down and up again: nobody has to tell Kanal."""
    slowed, now = _after(ceiling, waits)
    assert rate_at(slowed, ceiling, now + 300 * SECOND) == ceiling


@given(_CEILINGS, _WAITS)
def test_a_refusal_lowers_the_rate_at_once(ceiling: int, waits: list[int]) -> None:
    slowed, now = _after(ceiling, waits)
    before = rate_at(slowed, ceiling, now + SECOND)
    after = rate_at(slower(slowed, ceiling, now + SECOND, 0), ceiling, now + SECOND)
    assert after < before or after == pytest.approx(0.005 * ceiling)


@pytest.mark.parametrize(("seconds", "least", "most"), [(0, 38.4, 38.4), (2, 39.3, 39.5), (100, 40.5, 40.7)])
def test_it_comes_close_to_the_refused_rate_soon_and_passes_it_slowly(
    seconds: int, least: float, most: float
) -> None:
    """A rate that was refused is nearly right: the channel does not lose a minute over it."""
    slowed = SlowDown(at=0, refused=40, rate=CUTS[0] * 40, cuts=1)
    assert least <= rate_at(slowed, 80, seconds * SECOND) <= most


def test_refusals_soon_after_another_cut_deeper() -> None:
    """A limit far below is found in a few steps; a single refusal near the limit costs little."""
    slowed = slower(None, 80, 0, 0)
    factors = []
    for number in range(1, 5):
        factors.append(slowed.rate / slowed.refused)
        slowed = slower(slowed, 80, number * SECOND, 0)
    assert factors == pytest.approx([*CUTS, CUTS[-1]])
    assert slower(slowed, 80, slowed.at + FRESH, 0).cuts == 1


def test_refusals_of_what_was_leased_before_a_cut_do_not_tell_of_the_lower_rate() -> None:
    """Twenty workers hear of one excess, some of them two seconds later."""
    slowed = slower(None, 80, now=0, leased_until=2 * SECOND)
    assert slowed.at == 2 * SECOND
    assert not is_answered(slowed, 2 * SECOND + ANSWERED)
    assert is_answered(slowed, 2 * SECOND + ANSWERED + 1)
