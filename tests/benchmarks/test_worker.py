"""How fast the real workers send through the local stack, and how exactly they keep to the pace.

The lines are filled first, so that the workers are what is measured. No statuses come back. What bounds it is
the machine: emulator, simulator and every function share its cores, so above some pace only the share of it
that is reached falls; that no second holds too much is asserted at every pace.
"""

from collections.abc import Iterator

import pytest

from tests.benchmarks.loaded import Loaded, loaded_stack, moments, most_in_a_second
from tests.e2e.world import eventually

pytestmark = pytest.mark.benchmark

SECONDS_OF_WORK = 12


@pytest.fixture(scope="module")
def loaded() -> Iterator[Loaded]:
    with loaded_stack() as loaded:
        yield loaded


@pytest.mark.parametrize(
    ("pace", "answer_ms", "share"), [(20, 0, 0.95), (80, 0, 0.9), (80, 400, 0.9), (200, 0, 0.3)]
)
def test_workers_send_at_the_pace_of_the_channel(
    loaded: Loaded, pace: int, answer_ms: int, share: float
) -> None:
    """Promise 4: never more than the pace in any second, nearly all of it, however long the answers take."""
    channel = loaded.connect(pace)
    if answer_ms:
        channel.provider_fails(times=None, kind="delay", delay_ms=answer_ms)
    count = pace * SECONDS_OF_WORK
    loaded.fill(channel, count, contacts=count)
    used_before = sum(loaded.workers().values())
    loaded.start(channel)
    times = moments(eventually(lambda: loaded.sent(channel, count), seconds=12 * SECONDS_OF_WORK))
    used = sum(loaded.workers().values()) - used_before
    steady = [at for at in times if times[0] + 1 <= at <= times[-1] - 1]
    rate = (len(steady) - 1) / (steady[-1] - steady[0])
    print(
        f"\npace {pace:3}, answers after {answer_ms} ms: {rate:5.1f} a second ({rate / pace:.1%}), at most"
        f" {most_in_a_second(times)} in a second, {loaded.refused(channel)} refused,"
        f" {1000 * used / count:.1f} ms of processor a message"
    )
    assert most_in_a_second(times) <= pace
    assert rate >= share * pace
    assert loaded.refused(channel) <= count / 200
