"""Takes the steps that the queue of broadcasts gives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kanal.aws.queue import Again, Done, seconds_until_next_try
from kanal.broadcasts.counting import Counting, count
from kanal.broadcasts.cutting import prepare
from kanal.broadcasts.events import broadcast_updated
from kanal.broadcasts.feeding import Feeding, feed
from kanal.broadcasts.importing import Importing, import_part
from kanal.broadcasts.jobs import BroadcastQueue, Job, Kind
from kanal.broadcasts.model import FINAL, Broadcast
from kanal.broadcasts.ordering import Ordering, start_if_due
from kanal.broadcasts.store import BroadcastStore
from kanal.observability import log_failure, logger


@dataclass(frozen=True)
class Stepping:
    """What all steps together need."""

    broadcasts: BroadcastStore
    queue: BroadcastQueue
    importing: Importing
    ordering: Ordering
    counting: Counting
    feeding: Feeding


_Step = Callable[[Stepping, Broadcast, int], Done | Again | None]

STEPS: Mapping[Kind, _Step] = {
    "prepare": lambda parts, broadcast, _: prepare(parts.importing.cutting, broadcast),
    "import": lambda parts, broadcast, number: import_part(parts.importing, broadcast, number),
    "start": lambda parts, broadcast, _: start_if_due(parts.ordering, broadcast),
    "feed": lambda parts, broadcast, number: feed(parts.feeding, broadcast, number),
    "count": lambda parts, broadcast, number: count(parts.counting, broadcast, number),
}


def take_steps(parts: Stepping, jobs: Sequence[Job]) -> list[str]:
    """The queue ids of the steps that the queue has to show again."""
    left = []
    for job in jobs:
        try:
            ending = _take(parts, job)
        except Exception as error:  # noqa: BLE001  # the queue shows it again, and gives up on it in the end
            log_failure("A step of a broadcast failed", error, broadcast_id=job.step.broadcast_id)
            ending = Again(seconds_until_next_try(job.receives))
        if isinstance(ending, Again):
            step = job.step
            parts.queue.give_back(job.receipt_handle, ending.after_seconds, broadcast_id=step.broadcast_id)
            left.append(job.queue_id)
    return left


def _take(parts: Stepping, job: Job) -> Done | Again:
    step = job.step
    broadcast = parts.broadcasts.find(step.ref, step.broadcast_id)
    if broadcast is None:
        logger.error("A step belongs to no broadcast", extra={"broadcast_id": step.broadcast_id})
        return Done()
    if job.receives > 1 and broadcast.state in FINAL:  # the worker may have died before it told of it
        parts.ordering.bus.publish([broadcast_updated(broadcast)])
    return STEPS[step.kind](parts, broadcast, step.number) or Done()
