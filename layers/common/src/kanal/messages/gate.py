"""Whether messages of a broadcast may leave right now.

The sender asks before each message of a broadcast, so that a pause or a cancellation takes effect within a
second in which the answer is believed, however many messages stand in the lines.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from kanal.aws.table import Key, Table
from kanal.clock import Clock
from kanal.ids import BroadcastId, ChannelRef

GateState = Literal["open", "paused", "cancelled"]
BELIEVED_FOR = timedelta(seconds=1)
_STATES: Mapping[str, GateState] = {"paused": "paused", "cancelled": "cancelled"}
_MOST_KNOWN = 1_000


class BroadcastGate:
    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._known: dict[tuple[ChannelRef, BroadcastId], tuple[GateState, datetime]] = {}

    def state_of(self, ref: ChannelRef, broadcast_id: BroadcastId) -> GateState:
        """A message of a paused broadcast stays where it is, one of a cancelled broadcast is cancelled."""
        known = self._known.get((ref, broadcast_id))
        if known and self._clock() - known[1] < BELIEVED_FOR:
            return known[0]
        item = self._table.get(Key(f"broadcast#{ref.prefix}#{broadcast_id}", "broadcast")) or {}
        state: GateState = _STATES.get(str(item.get("state")), "open")
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[ref, broadcast_id] = (state, self._clock())
        return state
