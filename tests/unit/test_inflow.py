"""When the pace is told of what comes in: seldom, and of no message twice."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kanal.inbox.inflow import SEVERAL, Tally, counted

_START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def _told(arrivals: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """After how many seconds it is told of how many; `arrivals` are seconds and messages."""
    tally, told = Tally(0, _START), []
    for seconds, number in arrivals:
        tally, now_told = counted(tally, number, _START + timedelta(seconds=seconds))
        if now_told:
            told.append((seconds, now_told))
    return told


def test_texts_that_come_alone_are_never_told() -> None:
    """They are what most of what comes in is, and cost nothing more."""
    assert _told([(second * 0.6, 1) for second in range(100)]) == []


def test_several_are_told_at_once_and_then_a_second_at_a_time() -> None:
    assert _told([(0, 50), (0.2, 10), (0.9, 10), (1.0, 1), (1.1, 1)]) == [(0, 50), (1.0, 21)]


def test_what_was_not_told_in_time_is_forgotten() -> None:
    """Its second is over: slots for it would be taken in vain."""
    assert _told([(0, 50), (0.5, 40), (60, 1), (60.1, 1)]) == [(0, 50)]


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(1, 60))))
def test_nothing_is_told_twice_nor_more_often_than_once_a_second(arrivals: list[tuple[float, int]]) -> None:
    arrivals.sort()
    told = _told(arrivals)
    for at, _ in told:
        counted_by_then = sum(number for seconds, number in arrivals if seconds <= at)
        assert sum(number for seconds, number in told if seconds <= at) <= counted_by_then
    moments = [_START + timedelta(seconds=seconds) for seconds, _ in told]
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(moments))


@given(st.lists(st.floats(0, 20), min_size=40))
def test_at_most_a_few_a_second_remain_untold(seconds: list[float]) -> None:
    """While enough comes in: all but what came in during the running period, and few that came alone."""
    told = sum(number for _, number in _told([(at, 1) for at in sorted(seconds)]))
    last_period = sum(at > max(seconds) - 2 for at in seconds)
    assert len(seconds) - told <= last_period + 20 * (SEVERAL - 1) + SEVERAL
