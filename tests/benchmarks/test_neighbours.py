"""What a channel with much to send takes from another: the time from accepting a message to the provider.

Both share the local stack's workers, and with them its cores.
"""

import time
from datetime import datetime
from statistics import quantiles

import pytest

from tests.benchmarks.loaded import TEMPLATE, Loaded, loaded_stack, moments
from tests.e2e.world import Channel, eventually

pytestmark = pytest.mark.benchmark

WAITING = 100_000
MESSAGES = 50
PAUSE_SECONDS = 0.4


def test_a_channel_with_a_hundred_thousand_messages_waiting_does_not_delay_another() -> None:
    """Promise 5: the other's p95 stays under two seconds, whatever its neighbour has to send."""
    with loaded_stack() as loaded:
        quiet, busy = loaded.connect(80), loaded.connect(80)
        quiet.world.front.post(f"{quiet.path}/templates/sync").raise_for_status()
        _delays(loaded, quiet, 5)  # every function has been called once
        alone = _delays(loaded, quiet, MESSAGES)
        loaded.fill(busy, WAITING, contacts=WAITING)
        loaded.start(busy)
        eventually(busy.accepted_by_provider)
        beside = _delays(loaded, quiet, MESSAGES)
        times = moments(busy.accepted_by_provider())
        rate = (len(times) - 1) / (times[-1] - times[0])
        left = loaded.waiting(busy)
    print(f"\nfrom accepting to the provider, p50 and p95 of {MESSAGES}: alone {_shown(alone)};")
    print(f"beside {left} waiting, of which {rate:.0f} a second leave: {_shown(beside)}")
    assert left > 0.9 * WAITING
    assert _p95(beside) < 2
    assert rate > 40


def _delays(loaded: Loaded, channel: Channel, count: int) -> list[float]:
    """Of messages to one person each."""
    accepted: dict[str, float] = {}
    before = len(channel.accepted_by_provider())
    for number in range(count):
        phone = f"+4917{before + number:09}"
        answer = channel.send({"to": phone, "type": "template", "template": TEMPLATE})
        assert answer.status_code == 202, answer.text
        accepted[answer.json()["id"]] = datetime.fromisoformat(answer.json()["created_at"]).timestamp()
        time.sleep(PAUSE_SECONDS)
    sent = eventually(lambda: loaded.sent(channel, before + count), seconds=60)[before:]
    taken = {one["body"]["biz_opaque_callback_data"]: at for one, at in zip(sent, moments(sent), strict=True)}
    return [taken[message_id] - at for message_id, at in accepted.items()]


def _p95(delays: list[float]) -> float:
    return quantiles(delays, n=20)[-1]


def _shown(delays: list[float]) -> str:
    return f"{quantiles(delays, n=2)[0] * 1000:.0f} and {_p95(delays) * 1000:.0f} ms"
