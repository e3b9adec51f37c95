"""How much a number may send: its throughput in any sliding second, and the pace towards one person."""

from collections import deque
from dataclasses import dataclass, field

from local.simulator.refusals import RefusalError

# Towards one person: one message in six seconds on average. Up to 45 may go out within six seconds, but
# each is borrowed from the time after, and nothing more goes until all of it has been paid back.
PAIR_SECONDS_PER_MESSAGE = 6.0
PAIR_BURST = 45


@dataclass
class Pair:
    burst_started_at: float
    sent_in_burst: int
    quiet_until: float


@dataclass
class Traffic:
    """What one number has carried lately, in both directions. Not kept between runs."""

    refused: int = 0
    """Messages that came too fast."""
    _times: deque[float] = field(default_factory=deque)
    _pairs: dict[str, Pair] = field(default_factory=dict)

    def check_throughput(self, now: float, messages_per_second: int) -> None:
        while self._times and self._times[0] <= now - 1:
            self._times.popleft()
        if len(self._times) >= messages_per_second:
            self.refused += 1
            raise RefusalError(130429, "Cloud API message throughput has been reached.")

    def check_pair(self, now: float, customer: str) -> None:
        pair = self._pairs.get(customer)
        if pair is None or now >= pair.quiet_until:
            return
        in_burst = now - pair.burst_started_at < PAIR_SECONDS_PER_MESSAGE
        if not in_burst or pair.sent_in_burst >= PAIR_BURST:
            raise RefusalError(131056, "Too many messages sent from this number to the same person.")

    def count(self, now: float) -> None:
        self._times.append(now)

    def count_pair(self, now: float, customer: str) -> None:
        pair = self._pairs.get(customer)
        if pair is None or now >= pair.quiet_until:
            self._pairs[customer] = Pair(now, 1, now + PAIR_SECONDS_PER_MESSAGE)
            return
        pair.sent_in_burst += 1
        pair.quiet_until += PAIR_SECONDS_PER_MESSAGE
