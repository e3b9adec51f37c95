"""The queue of sync jobs: one a channel, so that one slow or broken channel holds up no other."""

import json
from collections.abc import Sequence
from datetime import datetime

from kanal.aws.outbox import Outbox, Outgoing
from kanal.clock import Clock
from kanal.ids import ChannelRef


class SyncJobs:
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def put(self, refs: Sequence[ChannelRef]) -> None:
        """Raises QueueUnavailable; whoever asked then asks again."""
        self._outbox.put([Outgoing(json.dumps(vars(ref)), ref.workspace_id) for ref in refs])


class SyncRequests:
    """Asks for a sync of a channel, once for all that happened until then."""

    def __init__(self, jobs: SyncJobs, clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        self._asked: dict[ChannelRef, datetime] = {}

    def ask(self, ref: ChannelRef, happened_at: datetime) -> None:
        """Raises QueueUnavailable."""
        asked_at = self._asked.get(ref)
        if asked_at is None or asked_at < happened_at:
            self._jobs.put([ref])
            self._asked[ref] = max(self._clock(), happened_at)


def ref_of(body: str) -> ChannelRef:
    """Reads a job."""
    return ChannelRef.named_in(json.loads(body))
