"""What a worker does with the turns that the queue gives it: takes the lines they are about, and drains them.

A turn for lines that another worker has is told to that worker and forgotten. What is left when a worker's
turn ends is passed on, so no channel keeps a worker for itself while others wait.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from kanal.aws.queue import Again, Done
from kanal.ids import ChannelRef
from kanal.observability import log_failure
from kanal.sending.drain import Drain, Draining, Share
from kanal.sending.lineleases import LEASE_LASTS, Taken, Track
from kanal.sending.lines import LANES, LINES
from kanal.sending.queue import Turn
from kanal.times import epoch_microseconds

PER_WORKER = 125
"""Messages a second that one worker carries; a faster channel is drained by several."""
_TRIES = 3
_CLOCKS_DIFFER = timedelta(seconds=1)
"""A turn for a time so near may have come already."""
_AFTER_TROUBLE_SECONDS = 10


def work_off(parts: Draining, turns: Sequence[Turn]) -> list[str]:
    """The queue ids of the turns that the queue has to show again; all others are done."""
    shares: dict[tuple[ChannelRef, frozenset[int]], list[Turn]] = defaultdict(list)
    for turn in turns:
        for lines in _shares(parts, turn):
            shares[turn.ref, lines].append(turn)
    with ThreadPoolExecutor(max_workers=len(shares) or 1) as pool:
        works = [_Work(*share, its_turns, len(shares) == 1) for share, its_turns in shares.items()]
        return sorted({queue_id for queue_id in pool.map(partial(_work_off, parts), works) if queue_id})


def _shares(parts: Draining, turn: Turn) -> set[frozenset[int]]:
    """Lines that one worker drains together; none if the turn only asks to look for what waits.

    A turn that was for one worker is for several once the channel has become faster.
    """
    if not turn.tracks:
        return {frozenset()}
    channel = parts.sending.recent_channels.find(turn.ref)
    rate = channel.messages_per_second if channel else PER_WORKER
    return {share_of(line, rate) for _, line in turn.tracks}


def share_of(line: int, messages_per_second: int) -> frozenset[int]:
    """The lines that are drained together with this one: all of a slow channel, one each of the fastest."""
    workers = 1
    while workers < LINES and workers * PER_WORKER < messages_per_second:
        workers *= 2
    return frozenset(range(line % workers, LINES, workers))


@dataclass(frozen=True)
class _Work:
    """What the turns about some lines of a channel ask for. Without lines: to look for what waits."""

    ref: ChannelRef
    lines: frozenset[int]
    turns: Sequence[Turn]
    is_alone: bool

    @property
    def tracks(self) -> frozenset[Track]:
        named = frozenset[Track]().union(*(turn.tracks for turn in self.turns))
        return frozenset(track for track in named if track[1] in self.lines)


def _work_off(parts: Draining, work: _Work) -> str | None:
    """The turn to show again, if any: of several about the same lines one is enough."""
    try:
        ending = _drain(parts, work) if work.lines else _sweep(parts, work.ref)
    except Exception as error:  # noqa: BLE001  # one channel's trouble is not another's
        log_failure("The lines of a channel could not be drained", error, channel_id=work.ref.channel_id)
        ending = Again(_AFTER_TROUBLE_SECONDS)
    if isinstance(ending, Done):
        return None
    first = work.turns[0]
    parts.queue.give_back(first.receipt_handle, ending.after_seconds, channel_id=work.ref.channel_id)
    return first.queue_id


def _sweep(parts: Draining, ref: ChannelRef) -> Done:
    """A turn for each line in which something waits, whoever was to see to it."""
    for lane in LANES:
        for line in range(LINES):
            if parts.lines.has_any(ref, lane, line):
                parts.queue.put_turn(ref, (lane, line))
    return Done()


def _drain(parts: Draining, work: _Work) -> Done | Again:
    """Those of its lines that are free, if others hold some: a channel's shares change with its rate."""
    lines = work.lines
    for _ in range(_TRIES):
        share = Share(work.ref, lines, parts.sending.new_token())
        taken = parts.leases.take(share.ref, share.lines, share.holder)
        if taken is not None:
            _drain_and_leave(parts, share, work, taken)
            return Done()
        told = {track: parts.leases.wake(work.ref, track) for track in sorted(work.tracks)}
        lines = frozenset(track[1] for track, answer in told.items() if answer == "free")
        if "watch" in told.values():
            _watch(parts, work)
        if not lines:
            return Done()
    return Again(1)


def _watch(parts: Draining, work: _Work) -> None:
    """A fresh turn: one that comes back again and again is taken for one that nobody can handle."""
    now = parts.sending.clock()
    parts.queue.pass_on(work.ref, work.tracks, now + LEASE_LASTS, now)


def _drain_and_leave(parts: Draining, share: Share, work: _Work, taken: Taken) -> None:
    """The turn first: whoever comes before the lines are given back only leaves a mark.

    A mark that came at the last moment is looked at before the lines are left.
    """
    run, tracks = Drain(parts, share, is_alone=work.is_alone), taken.tracks | work.tracks
    turn_at = taken.turn_at
    try:
        while True:
            run.run(tracks)
            left, at = run.left, run.next_at
            if left and at:
                turn_at |= _pass_on(parts, share, left, at, turn_at)
            if parts.leases.leave(share.ref, share.lines, share.holder, left if at else (), turn_at):
                return
            woken = parts.leases.renew(share.ref, share.lines, share.holder)
            if woken is None:
                return
            tracks = woken
    except Exception:
        parts.leases.hand_over(share.ref, share.lines, share.holder, run.left | tracks)
        raise


def _pass_on(
    parts: Draining, share: Share, left: frozenset[Track], at: datetime, turn_at: Mapping[int, int]
) -> dict[int, int]:
    """When the lines get their turn: nothing new if one is on its way that comes before."""
    now, lines = parts.sending.clock(), {line for _, line in left}
    earliest = epoch_microseconds(now + _CLOCKS_DIFFER)
    if all(earliest < turn_at.get(line, 0) <= epoch_microseconds(at) for line in lines):
        return {}
    comes = parts.queue.pass_on(share.ref, left, at, now)
    return dict.fromkeys(lines, epoch_microseconds(comes))
