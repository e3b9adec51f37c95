"""What schedules do for the sender: hand out what is due, and have every channel looked at."""

from datetime import datetime, timedelta

from kanal.channels.store import ChannelStore
from kanal.sending.due import SHARDS, DueList
from kanal.sending.queue import SendQueue
from kanal.sending.releases import ReleaseQueue

_AHEAD = timedelta(seconds=75)
"""A minute until the next round, which may begin a little late."""
_BEHIND = timedelta(minutes=5)
"""As long as rounds may fail to begin without anything being late by more than that."""
_ROUND = timedelta(minutes=1)


def hand_out_due(due: DueList, releases: ReleaseQueue, now: datetime) -> int:
    """How many messages; each comes from the queue when its time does. Raises QueueUnavailable.

    An entry leaves the list when its message was looked at, and is handed out in each round until then. What
    is long overdue, because looking at it fails or nobody looks, is handed out for one shard a round, so that
    a backlog does not multiply.
    """
    turn, count = int(now.timestamp() // _ROUND.total_seconds()) % SHARDS, 0
    for shard in range(SHARDS):
        found = list(due.between(shard, None if shard == turn else now - _BEHIND, now + _AHEAD))
        releases.put(found, now)
        count += len(found)
    return count


def sweep(channels: ChannelStore, queue: SendQueue) -> int:
    """How many channels got a turn."""
    refs = list(channels.all_connected())
    queue.put_turns_of(refs)
    return len(refs)
