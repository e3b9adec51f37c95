"""Counts the recipients of a broadcast by state, part by part, when somebody wants to know.

A counter that every status of every message adds to would be the hottest item of the table. Reading is
cheaper: a part whose recipients have all come to their end is never read again.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kanal.broadcasts.files import BroadcastFiles
from kanal.broadcasts.jobs import BroadcastQueue, Step
from kanal.broadcasts.model import FINAL, Broadcast
from kanal.broadcasts.parts import Part
from kanal.broadcasts.results import AT_ONCE, FOR_GOOD, NOT_REACHED, Result, as_json, results_of
from kanal.broadcasts.rows import Rows
from kanal.broadcasts.store import BroadcastStore
from kanal.clock import Clock
from kanal.messages.store import MessageStore

HEADER = ("row", "to", "state", "code", "reason", "message_id")
_FRESH_FOR, _FRESH_FOR_PER_MILLION = timedelta(seconds=15), timedelta(minutes=15)
_NOTHING_COMES_AFTER = timedelta(days=30)
"""WhatsApp gives a message up by then."""
_LONGEST = timedelta(seconds=30)
"""Of one step; the rest is for the next."""


@dataclass(frozen=True)
class Counting:
    """What counting needs."""

    broadcasts: BroadcastStore
    rows: Rows
    messages: MessageStore
    files: BroadcastFiles
    queue: BroadcastQueue
    clock: Clock


def is_stale(broadcast: Broadcast, now: datetime) -> bool:
    """Whether the last count may be wrong by now. The larger a broadcast, the longer its count is good."""
    if broadcast.forecast is None:
        return False
    if broadcast.counted_at is None or broadcast.counts is None:
        return True
    if broadcast.state in FINAL and broadcast.counts.keys() <= FOR_GOOD:
        return False
    fresh_for = _FRESH_FOR + broadcast.forecast.rows * _FRESH_FOR_PER_MILLION / 1_000_000
    return now - broadcast.counted_at >= fresh_for


def count(parts: Counting, broadcast: Broadcast, first: int) -> None:
    """Goes on with part `first`; whoever counts the last adds all up."""
    ends_at = parts.clock() + _LONGEST
    for part in parts.broadcasts.parts.all(broadcast):
        if part.number < first or part.is_settled:
            continue
        if parts.clock() >= ends_at:
            parts.queue.put(Step(broadcast.ref, broadcast.id, "count", part.number))
            return
        _count_part(parts, broadcast, part)
    _add_up(parts, broadcast)


def _count_part(parts: Counting, broadcast: Broadcast, part: Part) -> None:
    tally, failures = Counter[str](), list[list[Any]]()
    for result in _results(parts, broadcast, part):
        tally[result.state] += 1
        if result.state in NOT_REACHED:
            failures.append(_failure(broadcast, result))
    if failures:
        parts.files.put_failures(broadcast, part.number, failures)
    is_old = broadcast.ended_at is not None and parts.clock() - broadcast.ended_at > _NOTHING_COMES_AFTER
    is_settled = tally.keys() <= FOR_GOOD or is_old
    parts.broadcasts.parts.record_tally(broadcast, part.number, tally, len(failures), settled=is_settled)


def _results(parts: Counting, broadcast: Broadcast, part: Part) -> Iterator[Result]:
    after, has_more = 0, True
    while has_more:
        rows, has_more = parts.rows.page(broadcast, part.number, after, AT_ONCE)
        yield from results_of(parts.messages, broadcast, rows)
        after = rows[-1].row if rows else after


def _failure(broadcast: Broadcast, result: Result) -> list[Any]:
    shown = as_json(broadcast, result)
    reason = shown["reason"] or {"code": "", "message": ""}
    return [shown["row"], shown["to"], shown["state"], reason["code"], reason["message"], shown["message_id"]]


def _add_up(parts: Counting, broadcast: Broadcast) -> None:
    known = list(parts.broadcasts.parts.all(broadcast))
    counts = sum((Counter(part.tally or {}) for part in known), Counter[str]())
    failed = [part for part in known if part.failures]
    if failed:
        parts.files.join_failures(broadcast, HEADER, (part.number for part in failed))
    parts.broadcasts.record_counts(broadcast, counts, sum(part.failures for part in failed), parts.clock())
