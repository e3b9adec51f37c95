"""What a worker does with the turns that the queue gives it: takes the lines they are about, and drains them.

A turn for lines that another worker has is told to that worker and forgotten. What is left when a worker's
turn ends is passed on, so no channel keeps a worker for itself while others wait.
"""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from kanal.aws.queue import Again, Done
from kanal.ids import ChannelRef
from kanal.observability import log_failure
from kanal.sending.drain import Drain, Draining, Share
from kanal.sending.lineleases import LEASE_LASTS, Track
from kanal.sending.lines import LANES, LINES
from kanal.sending.queue import Turn

PER_WORKER = 125
"""Messages a second that one worker carries; a faster channel is drained by several."""
_TRIES = 3
_AFTER_TROUBLE_SECONDS = 10


def work_off(parts: Draining, turns: Sequence[Turn]) -> list[str]:
    """The queue ids of the turns that the queue has to show again; all others are done."""
    shares: dict[tuple[ChannelRef, frozenset[int]], list[Turn]] = defaultdict(list)
    for turn in turns:
        shares[turn.ref, _lines(parts, turn)].append(turn)
    with ThreadPoolExecutor(max_workers=len(shares) or 1) as pool:
        works = [_Work(*share, its_turns, len(shares) == 1) for share, its_turns in shares.items()]
        return [queue_id for queue_id in pool.map(partial(_work_off, parts), works) if queue_id]


def _lines(parts: Draining, turn: Turn) -> frozenset[int]:
    """Those that one worker drains together; none if the turn only asks to look for what waits."""
    if turn.track is None:
        return frozenset()
    channel = parts.sending.recent_channels.find(turn.ref)
    return share_of(turn.track[1], channel.messages_per_second if channel else PER_WORKER)


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
        return frozenset(turn.track for turn in self.turns if turn.track)


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
    share = Share(work.ref, work.lines, parts.sending.new_token())
    for _ in range(_TRIES):
        left_before = parts.leases.take(share.ref, share.lines, share.holder)
        if left_before is not None:
            _drain_and_leave(parts, share, work, left_before | work.tracks)
            return Done()
        told = {parts.leases.wake(share.ref, track) for track in work.tracks}
        if "free" not in told:
            return Again(LEASE_LASTS.total_seconds()) if "watch" in told else Done()
    return Again(1)


def _drain_and_leave(parts: Draining, share: Share, work: _Work, tracks: frozenset[Track]) -> None:
    while True:
        run = Drain(parts, share, is_alone=work.is_alone)
        try:
            run.run(tracks)
        except Exception:
            parts.leases.hand_over(share.ref, share.lines, share.holder, run.left | tracks)
            raise
        left, next_at = run.left, run.next_at
        if left and next_at:
            _pass_on(parts, share, work, left, next_at)
            return
        if parts.leases.leave(share.ref, share.lines, share.holder):
            return
        woken = parts.leases.renew(share.ref, share.lines, share.holder)
        if woken is None:
            return
        tracks = woken


def _pass_on(parts: Draining, share: Share, work: _Work, left: frozenset[Track], at: datetime) -> None:
    """The turn first: whoever comes before the lines are given back only leaves a mark."""
    now, fulfilled = parts.sending.clock(), [turn.at for turn in work.turns if turn.at]
    if parts.leases.plan(share.ref, min(share.lines), at, fulfilled):
        parts.queue.pass_on(share.ref, max(left), at, now)
    parts.leases.hand_over(share.ref, share.lines, share.holder, left)
