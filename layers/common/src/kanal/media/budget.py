"""How many error answers a channel's media endpoint may still give. Rules only; times are microseconds.

360dialog blocks `GET /{media_id}` for 30 minutes after 20 error answers within 60 (360dialog, media). So a
fetch first reserves the errors it may get, and afterwards says which it got: errors known and errors possible
together never exceed MOST_ERRORS, however many workers run, and whatever becomes of them. A worker that dies
leaves its reservation, which counts as if it had got every error as late as it could.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

SECOND = 1_000_000
WINDOW = 3600 * SECOND
BLOCKED_FOR = 1800 * SECOND
MOST_ERRORS = 15
"""Of the 20. The rest is room for other software that uses the number's key."""
PER_FETCH = 2
"""A look-up or a download may fail, and an expired link is fetched anew once."""
FETCH_LASTS = 300 * SECOND
"""The longest that a worker lives (its function's timeout): no error comes later."""
_BUSY = timedelta(seconds=5)
"""When fetches under way take the room: they end soon, most of them without an error."""


@dataclass(frozen=True)
class Budget:
    errors: Sequence[int] = ()
    """When each error answer came."""
    under_way: Mapping[str, int] = field(default_factory=dict)
    """When each fetch under way began."""
    closed_until: int = 0
    """The endpoint is blocked, or the channel in trouble: nothing is asked before."""


@dataclass(frozen=True)
class Wait:
    """Asking before this is over is of no use."""

    time: timedelta


def begin(budget: Budget, fetch_id: str, now: int) -> Budget | Wait:
    """With the fetch under way, or how long there is no room for it."""
    budget = _current(budget, now)
    if budget.closed_until > now:
        return Wait(timedelta(microseconds=budget.closed_until - now))
    leaving = sorted(
        [at + WINDOW for at in budget.errors]
        + [at + FETCH_LASTS + WINDOW for at in budget.under_way.values() for _ in range(PER_FETCH)]
    )
    too_many = len(leaving) + PER_FETCH - MOST_ERRORS
    if too_many <= 0:
        return replace(budget, under_way={**budget.under_way, fetch_id: now})
    if any(now - at < FETCH_LASTS for at in budget.under_way.values()):
        return Wait(_BUSY)
    return Wait(timedelta(microseconds=leaving[too_many - 1] - now))


def end(budget: Budget, fetch_id: str, errors: int, now: int, closed_until: int = 0) -> Budget:
    """The fetch is over. Its errors count from now: never earlier than the provider's own count."""
    under_way = {name: at for name, at in budget.under_way.items() if name != fetch_id}
    ended = Budget([*budget.errors, *[now] * errors], under_way, max(budget.closed_until, closed_until))
    return _current(ended, now)


def _current(budget: Budget, now: int) -> Budget:
    return Budget(
        [at for at in budget.errors if at + WINDOW > now],
        {name: at for name, at in budget.under_way.items() if at + FETCH_LASTS + WINDOW > now},
        budget.closed_until,
    )
