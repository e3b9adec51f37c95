"""The slots of a channel's pace, handed out to the threads of one worker as they need them."""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from kanal.clock import Clock
from kanal.ids import ChannelRef
from kanal.sending.pace import Busy, is_void
from kanal.sending.pacestore import PaceStore
from kanal.times import epoch_microseconds

_SHORTEST = timedelta(milliseconds=1)
_PATIENCE = timedelta(milliseconds=250)
"""A thread sleeps so long when all slots are leased far ahead; a worker has better things to do for more."""
_AT_ONCE = 10
"""Slots of one lease, at most: what is leased and not used is lost."""


class Slot(NamedTuple):
    at: int
    """Microseconds since 1970."""
    slowed_at: int
    """What was known then of the provider's last refusal."""


class Slots:
    """`rate` gives the channel's messages per second as they are now."""

    def __init__(self, pace: PaceStore, ref: ChannelRef, rate: Callable[[], int], clock: Clock) -> None:
        self._pace = pace
        self._ref = ref
        self._rate = rate
        self._clock = clock
        self._leased: deque[Slot] = deque()
        self._waiting = 0
        self._counting = threading.Lock()
        self._turn = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many messages have not reached their slot."""
        return self._waiting

    def next(self) -> Slot | Busy:
        """The earliest that is left, leasing some for all who wait if there is none."""
        with self._turn:
            now = epoch_microseconds(self._clock())
            while self._leased and not self.is_good(self._leased[0], now):
                self._leased.popleft()
            if not self._leased:
                wanted, slowed_at = max(1, min(self._waiting, _AT_ONCE)), self._pace.slowed_at(self._ref)
                lease = self._pace.lease(self._ref, wanted, self._rate(), least=1)
                if isinstance(lease, Busy):
                    return lease
                self._leased.extend(Slot(at, slowed_at) for at in lease.slots)
            return self._leased.popleft()

    def is_good(self, slot: Slot, now: int) -> bool:
        """Not missed, and not leased at a rate that has turned out to be too high."""
        return not is_void(slot.at, now) and slot.slowed_at == self._pace.slowed_at(self._ref)

    def give_back(self, slot: Slot) -> None:
        """Somebody else may have it."""
        with self._turn:
            self._leased.appendleft(slot)

    def count(self, change: int) -> None:
        with self._counting:
            self._waiting += change


class Turn:
    """The moment at which one message may leave."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._slot: Slot | None = None
        self._is_waiting = False

    def joins(self) -> None:
        """The message is one of those that wait for a slot. Idempotent, as is `leaves`."""
        if not self._is_waiting:
            self._is_waiting = True
            self._slots.count(1)

    def leaves(self) -> None:
        if self._is_waiting:
            self._is_waiting = False
            self._slots.count(-1)

    def gives_back(self) -> None:
        """The message does not leave now."""
        self.leaves()
        if self._slot is not None:
            self._slots.give_back(self._slot)
            self._slot = None

    def wait(
        self, clock: Clock, sleep: Callable[[float], None], until: datetime, ahead: int = 0
    ) -> datetime | None:
        """Returns so many microseconds ahead of its slot, leasing another if that was missed.

        None when it has come; the time to come again if it comes after `until`. Whose slot has come does
        not wait any more: how long the provider takes to answer keeps nobody from coming up behind it.
        """
        while True:
            now = clock()
            wait = self._left(epoch_microseconds(now), ahead)
            if isinstance(wait, Busy):
                if wait.wait > _PATIENCE:
                    return now + wait.wait
                wait = max(wait.wait, _SHORTEST)
            if not wait:
                if not ahead:
                    self.leaves()
                return None
            if now + wait > until:
                return now + wait
            sleep(wait.total_seconds())

    def _left(self, now: int, ahead: int) -> timedelta | Busy:
        if self._slot is None or not self._slots.is_good(self._slot, now):
            leased = self._slots.next()
            if isinstance(leased, Busy):
                return leased
            self._slot = leased
        return timedelta(microseconds=max(0, self._slot.at - ahead - now))
