"""Workers that come, look, leave, fail and die in any order: a line has one holder, and no call is lost."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanal.aws.table import Table
from kanal.ids import ChannelId, ChannelRef, WorkspaceId, new_token
from kanal.messages.waiting import Lane
from kanal.sending.lineleases import LEASE_LASTS, LineLeases, Track
from kanal.sending.lines import LANES
from kanal.sending.turns import share_of
from tests.integration.aws import Aws, boto, embedded_aws

_LINES = [0, 1]
"""Few, and short runs: what is lost must not be found by whoever comes later for something else."""
_START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with embedded_aws() as aws:
        yield aws


@dataclass(eq=False)
class _Worker:
    name: str
    lines: frozenset[int]
    turn: Track
    looks_at: frozenset[Track]
    held_until: datetime


@dataclass
class _Channel:
    """Its queue and its workers, step by step. A worker finds what is written where it looks, if in time."""

    table: Table
    chance: random.Random
    rates: list[int]
    now: datetime = _START
    workers: list[_Worker] = field(default_factory=list)
    queue: list[tuple[datetime, Track]] = field(default_factory=list)
    written: set[Track] = field(default_factory=set)
    """Where something stands that nobody has found."""
    told: set[Track] = field(default_factory=set)
    """Where a holder was told to look, and has not yet looked."""
    turns: int = 0

    def __post_init__(self) -> None:
        self.ref = ChannelRef(WorkspaceId("acme"), ChannelId(f"chn_{new_token()}"))
        self.leases = LineLeases(self.table, lambda: self.now)

    # --- steps ---

    def accept(self) -> None:
        lanes: list[Lane] = list(LANES)
        track = (self.chance.choice(lanes), self.chance.choice(_LINES))
        self.written.add(track)
        self.queue.append((self.now, track))

    def turn(self) -> None:
        """It takes the lines, or tells their holder."""
        due = [turn for turn in self.queue if turn[0] <= self.now]
        if not due:
            return
        self.turns += 1
        turn = self.chance.choice(due)
        lines, name = share_of(turn[1][1], self.chance.choice(self.rates)), f"worker {self.turns}"
        taken = self.leases.take(self.ref, lines, name)
        if taken is not None:
            self.queue.remove(turn)
            self._check_alone(lines)
            self._looked(lines)
            looks_at = taken.tracks | {turn[1]}
            self.workers.append(_Worker(name, lines, turn[1], looks_at, self.now + LEASE_LASTS))
            return
        answer = self.leases.wake(self.ref, turn[1])
        if answer != "free":
            self.queue.remove(turn)
            self.told.add(turn[1])
        if answer == "watch":
            self.queue.append((self.now + LEASE_LASTS, turn[1]))

    def look(self) -> None:
        if worker := self._anybody():
            self._renew(worker)

    def leave(self) -> None:
        """With nothing left as far as it knows, or with something for which a turn comes later."""
        if worker := self._anybody():
            all_tracks = [(lane, line) for lane in LANES for line in worker.lines]
            self._leave(worker, self.chance.choice([[], all_tracks]))

    def fail(self) -> None:
        """Its turn comes again, and the next one is told of the rest."""
        if worker := self._anybody():
            self.workers.remove(worker)
            self.leases.hand_over(self.ref, worker.lines, worker.name, worker.looks_at)
            self.queue.append((self.now + timedelta(seconds=10), worker.turn))

    def die(self) -> None:
        """Its turn comes again, and nobody else knows what it had to look at."""
        if worker := self._anybody():
            self.workers.remove(worker)
            self.queue.append((self.now + timedelta(minutes=12), worker.turn))

    def wait(self) -> None:
        self.now += timedelta(seconds=self.chance.choice([0, 1, 10, 46]))

    # --- how workers are ---

    def _leave(self, worker: _Worker, waits: list[Track]) -> None:
        self._find(worker)
        for delay, tracks in ((0, worker.looks_at), (300, waits)):
            turn_of_line = {track[1]: track for track in tracks}  # one is enough: the lanes are marked
            self.queue += [(self.now + timedelta(seconds=delay), turn) for turn in turn_of_line.values()]
        if self.leases.leave(self.ref, worker.lines, worker.name, worker.looks_at | set(waits)):
            assert not {track for track in self.told if track[1] in worker.lines}, "somebody called in vain"
            self.workers.remove(worker)
        else:
            self._renew(worker)

    def _anybody(self) -> _Worker | None:
        return self.chance.choice(self.workers) if self.workers else None

    def _renew(self, worker: _Worker) -> None:
        woken = self.leases.renew(self.ref, worker.lines, worker.name)
        if woken is None:
            assert worker.held_until < self.now, "its lines were taken from it"
            self.workers.remove(worker)
            return
        worker.held_until = self.now + LEASE_LASTS
        self._check_alone(worker.lines, worker)
        self._looked(worker.lines)
        worker.looks_at |= woken
        self._find(worker)

    def _looked(self, lines: frozenset[int]) -> None:
        self.told = {track for track in self.told if track[1] not in lines}

    def _find(self, worker: _Worker) -> None:
        if worker.held_until >= self.now:
            self.written -= worker.looks_at
            worker.looks_at = frozenset()

    def _check_alone(self, lines: frozenset[int], worker: _Worker | None = None) -> None:
        alive = [other for other in self.workers if other is not worker and other.held_until >= self.now]
        assert not any(other.lines & lines for other in alive), "two workers have one line"

    def run_to_end(self) -> None:
        """Nothing more is accepted, and nobody fails."""
        for _ in range(500):
            self.turn()
            for worker in list(self.workers):
                self._leave(worker, [])
            if not self.queue and not self.workers:
                return
            if not any(at <= self.now for at, _ in self.queue):
                self.now += timedelta(seconds=20)
        raise AssertionError("turns go on for ever")


_STEPS = [
    *[_Channel.accept] * 4,
    *[_Channel.turn] * 6,
    _Channel.look,
    _Channel.leave,
    _Channel.fail,
    _Channel.die,
    _Channel.wait,
]


def _after_some_steps(aws: Aws, seed: int, rates: list[int]) -> _Channel:
    channel = _Channel(Table(aws.messages, boto("dynamodb")), random.Random(seed), rates)
    for _ in range(channel.chance.randrange(5, 25)):
        channel.chance.choice(_STEPS)(channel)
    return channel


@given(seed=st.integers(0, 2**32), rate=st.sampled_from([80, 250, 1000]))
def test_whatever_is_written_before_its_turn_is_queued_is_found(aws: Aws, seed: int, rate: int) -> None:
    """However workers overlap and end: whoever has a line is told, or the next one is."""
    channel = _after_some_steps(aws, seed, [rate])
    channel.run_to_end()
    assert not channel.written


@settings(max_examples=settings().max_examples // 2)
@given(seed=st.integers(0, 2**32))
def test_a_line_has_one_holder_whatever_workers_believe_of_the_channel_s_rate(aws: Aws, seed: int) -> None:
    """Workers that share the lines differently, as right after a change, do not get one line twice."""
    _after_some_steps(aws, seed, [80, 250, 500, 1000])
