"""How fast the real workers send through the local stack, and how exactly they keep to the pace.

The queue is filled first, at a pace of one, so that the workers are what is measured. No statuses come back.
What bounds it is the machine: emulator, simulator and every function share its cores.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from tests.e2e.launch import running
from tests.e2e.world import Channel, World, eventually

pytestmark = pytest.mark.benchmark

SECONDS_OF_WORK = 8


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(Path(tmp_path_factory.mktemp("stack")) / "run.log") as world:
        yield world


@pytest.mark.parametrize("pace", [20, 80])
def test_workers_send_at_the_pace_of_the_channel(world: World, pace: int) -> None:
    """Never more than the pace in any second; how near they come to it is printed."""
    world.tell_simulator("settings", auto_statuses=False)
    channel = world.connect()
    _fill(channel, pace * SECONDS_OF_WORK)
    already = len(channel.accepted_by_provider())
    _set_pace(channel, pace)
    times = _accepted(channel, pace * SECONDS_OF_WORK)[already + pace :]
    rate = (len(times) - 1) / (times[-1] - times[0])
    print(f"\npace {pace:3}: {rate:5.1f} a second ({rate / pace:4.0%}), most in a second {_most(times)}")
    assert _most(times) <= pace


def _fill(channel: Channel, count: int) -> None:
    _set_pace(channel, 1)
    channel.world.front.post(f"{channel.path}/templates/sync").raise_for_status()
    template = {"name": "hello_world", "language": {"code": "en_US"}}

    def send(number: int) -> None:
        answer = channel.send({"to": f"+49151{number:08}", "type": "template", "template": template})
        assert answer.status_code == 202, answer.text

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(count)))


def _set_pace(channel: Channel, pace: int) -> None:
    answer = channel.world.front.patch(channel.path, json={"messages_per_second": pace})
    answer.raise_for_status()


def _accepted(channel: Channel, count: int) -> list[float]:
    def look() -> list[float] | None:
        sent = channel.accepted_by_provider()
        if len(sent) < count:
            return None
        return [datetime.fromisoformat(message["accepted_at"]).timestamp() for message in sent]

    return eventually(look, seconds=120)


def _most(times: Sequence[float]) -> int:
    """The largest number within any second."""
    window: deque[float] = deque()
    most = 0
    for at in times:
        window.append(at)
        while window[0] <= at - 1:
            window.popleft()
        most = max(most, len(window))
    return most
