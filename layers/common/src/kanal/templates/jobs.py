"""The queue of sync jobs: one a channel, so that one slow or broken channel holds up no other."""

import json
from collections.abc import Sequence

from kanal.aws.outbox import Outbox, Outgoing
from kanal.ids import ChannelId, ChannelRef, WorkspaceId


class SyncJobs:
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def put(self, refs: Sequence[ChannelRef]) -> None:
        """Raises QueueUnavailable; whoever asked then asks again."""
        self._outbox.put([Outgoing(json.dumps(vars(ref)), ref.workspace_id) for ref in refs])


def ref_of(body: str) -> ChannelRef:
    """Reads a job."""
    job = json.loads(body)
    return ChannelRef(WorkspaceId(job["workspace_id"]), ChannelId(job["channel_id"]))
