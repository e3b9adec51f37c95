"""The provider blocks after 20 error answers in 60 minutes: in virtual time that never happens."""

import heapq
import random
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kanal.media.budget import FETCH_LASTS, MOST_ERRORS, PER_FETCH, SECOND, WINDOW, Budget, Wait, begin, end

SOME_HOURS = 5 * WINDOW
ALLOWED = 20
"""By the provider."""


@dataclass(frozen=True)
class Workers:
    number: int
    failing: float
    """Part of the fetches that get an error, or two."""
    dying: float
    """Part of the fetches whose worker dies before it has told of its errors."""
    slowest: int
    """Microseconds that a fetch takes at most."""


def error_answers(workers: Workers, until: int, chance: random.Random) -> tuple[list[int], int]:
    """When they came, and how many fetches there were. The workers never run out of work."""
    budget, answers, fetches = Budget(), list[int](), 0
    happenings: list[tuple[int, int, str, tuple[int, ...]]] = [
        (chance.randrange(SECOND), number, "", ()) for number in range(workers.number)
    ]
    while happenings and happenings[0][0] < until:
        now, worker, under_way, errors = heapq.heappop(happenings)
        if under_way:
            budget = end(budget, under_way, len(errors), now)
        begun = begin(budget, f"{worker}-{fetches}", now)
        if isinstance(begun, Wait):
            assert begun.time > timedelta(0)
            # The queue may show a job earlier than was asked for.
            wait = begun.time // timedelta(microseconds=1) // chance.choice([1, 1, 1, 3])
            heapq.heappush(happenings, (now + wait + 1, worker, "", ()))
            continue
        budget, fetch, fetches = begun, f"{worker}-{fetches}", fetches + 1
        over = now + chance.randint(1, workers.slowest)
        got = chance.randint(1, PER_FETCH) if chance.random() < workers.failing else 0
        at = tuple(sorted(chance.randint(now, over) for _ in range(got)))
        answers += at
        if chance.random() < workers.dying:
            heapq.heappush(happenings, (over, worker, "", ()))
        else:
            heapq.heappush(happenings, (over, worker, fetch, at))
    return sorted(answers), fetches


def most_in_a_window(moments: list[int]) -> int:
    first = most = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= WINDOW:
            first += 1
        most = max(most, last - first + 1)
    return most


_WORKERS = st.builds(
    Workers,
    number=st.integers(1, 12),
    failing=st.sampled_from([0.05, 0.2, 1.0]),
    dying=st.sampled_from([0.0, 0.1, 1.0]),
    slowest=st.sampled_from([5 * SECOND, 30 * SECOND, FETCH_LASTS]),
)


@given(workers=_WORKERS, seed=st.integers(0, 2**32))
def test_no_hour_has_as_many_errors_as_block_the_endpoint(workers: Workers, seed: int) -> None:
    """However many workers run, fail and die: the budget holds in every sliding hour."""
    answers, _ = error_answers(workers, SOME_HOURS, random.Random(seed))
    assert most_in_a_window(answers) <= MOST_ERRORS < ALLOWED


@given(seed=st.integers(0, 2**32))
def test_a_provider_in_trouble_is_still_asked_as_often_as_the_budget_allows(seed: int) -> None:
    """Caution does not end in never asking again: nearly the whole budget is used, hour by hour."""
    workers = Workers(5, failing=1.0, dying=0.0, slowest=SECOND)
    answers, _ = error_answers(workers, SOME_HOURS, random.Random(seed))
    assert len(answers) >= 4 * (MOST_ERRORS - PER_FETCH)


def test_a_provider_without_trouble_is_asked_without_a_pause() -> None:
    """Five workers, two seconds a file: none of them ever waits."""
    workers = Workers(5, failing=0.0, dying=0.0, slowest=2 * SECOND)
    _, fetches = error_answers(workers, WINDOW, random.Random(1))
    assert fetches >= 5 * 3600 / 2


@given(
    errors=st.lists(st.integers(0, WINDOW), max_size=20),
    under_way=st.lists(st.integers(0, WINDOW), max_size=10),
    closed_until=st.integers(0, 2 * WINDOW),
)
def test_after_the_wait_there_is_room_or_the_wait_was_short(
    errors: list[int], under_way: list[int], closed_until: int
) -> None:
    """Whoever comes again when told to does not come in vain for long."""
    budget = Budget(sorted(errors), {str(number): at for number, at in enumerate(under_way)}, closed_until)
    now, waits = WINDOW, 0
    while isinstance(begun := begin(budget, "new", now), Wait):
        now += begun.time // timedelta(microseconds=1)
        waits += 1
    assert waits <= 2 + FETCH_LASTS // (5 * SECOND)
    assert now <= 2 * WINDOW + FETCH_LASTS
