"""Promise 4 in virtual time: the rule of the pace at any rate, whatever the workers do."""

import heapq
import random
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanal.sending.pace import HORIZON, SECOND, SPREAD, TOLERANCE, interval, is_void, slots

RATES = [20, 80, 1000]


@dataclass(frozen=True)
class Workers:
    """How they behave. Times are microseconds."""

    number: int
    largest_lease: int
    slowest: int
    """Latency from slot to departure."""
    lost: float
    """Part of the leases whose worker dies before it sends."""
    pause: tuple[int, int]
    """When nothing is leased: from, to."""


def departures(rate: int, workers: Workers, until: int, chance: random.Random) -> list[int]:
    """When messages left. Every worker leases, sends at its slots or a little later, and begins anew."""
    left: list[int] = []
    next_free = 0
    waiting = [(chance.randrange(SECOND), number) for number in range(workers.number)]
    heapq.heapify(waiting)
    while waiting:
        now, worker = heapq.heappop(waiting)
        start, end = workers.pause
        if now >= until:
            continue
        if start <= now < end:
            heapq.heappush(waiting, (end, worker))
            continue
        if next_free > now + HORIZON:
            heapq.heappush(waiting, (next_free - HORIZON, worker))
            continue
        leased = slots(max(next_free, now), chance.randint(1, workers.largest_lease), interval(rate))
        next_free = leased[-1] + interval(rate)
        sent = [] if chance.random() < workers.lost else [_leaves(slot, workers, chance) for slot in leased]
        left += [moment for moment in sent if moment is not None]
        heapq.heappush(waiting, (max([now, *(moment for moment in sent if moment)]) + 1, worker))
    return sorted(left)


def _leaves(slot: int, workers: Workers, chance: random.Random) -> int | None:
    """None if the worker finds its slot void; it would lease another."""
    moment = slot + chance.randint(0, workers.slowest)
    return None if is_void(slot, moment) else moment


def most_in_a_second(moments: list[int]) -> int:
    """Over every sliding second, both ends counted."""
    first = most = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] > SECOND:
            first += 1
        most = max(most, last - first + 1)
    return most


_WORKERS = st.builds(
    Workers,
    number=st.integers(1, 40),
    largest_lease=st.integers(1, 10),
    slowest=st.integers(0, 2 * TOLERANCE),
    lost=st.sampled_from([0.0, 0.1, 0.5]),
    pause=st.tuples(st.integers(0, 2 * SECOND), st.integers(2 * SECOND, 5 * SECOND)),
)


@pytest.mark.parametrize("rate", RATES)
@given(workers=_WORKERS, seed=st.integers(0, 2**32))
def test_no_second_has_more_messages_than_the_pace(rate: int, workers: Workers, seed: int) -> None:
    """Promise 4: many workers, late sends, crashes and pauses never add up to more than the rate."""
    moments = departures(rate, workers, until=6 * SECOND, chance=random.Random(seed))
    assert most_in_a_second(moments) <= rate


@pytest.mark.parametrize("rate", RATES)
@given(number=st.integers(20, 40), slowest=st.integers(0, TOLERANCE), seed=st.integers(0, 2**32))
def test_a_saturated_channel_uses_its_pace(rate: int, number: int, slowest: int, seed: int) -> None:
    """Promise 4: with enough waiting, at least 95 % of the rate leaves, and in some second nearly all."""
    workers = Workers(number, largest_lease=10, slowest=slowest, lost=0, pause=(0, 0))
    moments = departures(rate, workers, until=6 * SECOND, chance=random.Random(seed))
    counted = [moment for moment in moments if SECOND <= moment < 6 * SECOND]
    assert len(counted) >= 0.95 * rate * 5
    assert most_in_a_second(moments) <= rate


@given(st.integers(1, 1000))
def test_a_full_second_of_late_messages_is_within_the_pace_at_every_rate(rate: int) -> None:
    """Promise 4: the worst case by hand: a late message on a slow way, then all others at their earliest."""
    leased = slots(0, rate + 2, interval(rate))
    worst = [leased[0] + TOLERANCE + SPREAD, *leased[1:]]
    assert most_in_a_second(sorted(worst)) <= rate
    assert all(later - earlier == interval(rate) for earlier, later in pairwise(leased))


@given(st.integers(1, 1000))
def test_slots_are_no_further_apart_than_95_percent_of_the_pace_allows(rate: int) -> None:
    """Promise 4: caution costs less than 5 % at every rate that a channel can have."""
    assert SECOND / interval(rate) >= 0.95 * rate


@pytest.mark.parametrize(
    ("late", "void"), [(-1, False), (0, False), (TOLERANCE, False), (TOLERANCE + 1, True)]
)
def test_a_slot_is_void_when_the_tolerance_is_over(late: int, void: bool) -> None:
    """Promise 4: the last microsecond still counts, the next does not."""
    assert is_void(1_000_000, 1_000_000 + late) is void
