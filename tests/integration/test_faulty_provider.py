"""Many messages past a provider that fails in every way. Counted there: taken twice, out of order, never.

The same with ten thousand messages and real workers that are killed: tests/benchmarks/test_faults.py.
"""

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import pytest

from kanal.channels.model import Channel
from kanal.templates.sync import sync_templates
from tests.integration.outbound import SendLine, ready
from tests.integration.world import PHONE, World

pytestmark = pytest.mark.benchmark  # minutes, and by the load of the machine; see make bench

MESSAGES, CONTACTS = 120, 40
TEMPLATE = {"name": "greeting", "language": {"code": "en"}}
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 429},
    {"kind": "timeout_before"},
    {"kind": "timeout_after"},
    {"kind": "drop", "accepted": False},
    {"kind": "drop", "accepted": True},
)
PROBABILITY = 0.04
"""Of each: a message in five meets one."""


@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_a_provider_that_fails_in_every_way_gets_no_message_twice(world: World, policy: str) -> None:
    """Promises 2 and 3. With `hold` what it never got is said to be in doubt; with `resend` it got all."""
    channel = _troubled(world)
    ids = _accept_all(world, channel, policy)
    _pass_time(world, channel)
    taken = [(sent["to"], sent["body"]["biz_opaque_callback_data"]) for sent in world.accepted_by_provider()]
    never = set(ids) - {message_id for _, message_id in taken}
    states = {message_id: world.message(channel, message_id).state for message_id in ids}
    print(f"\n{policy}: {dict(Counter(states.values()))}; never taken {len(never)}")
    assert max(Counter(message_id for _, message_id in taken).values()) == 1
    assert {message_id for message_id, state in states.items() if state == "unconfirmed"} == never
    assert "failed" not in states.values()
    if policy == "resend":
        assert not never
    else:
        assert _inversions(taken, ids) == 0


def _troubled(world: World) -> Channel:
    world.control("numbers", {"phone_number": PHONE, "templates": [{"name": "greeting", "language": "en"}]})
    channel = ready(world)
    sync_templates(world.syncing, channel.ref)
    for fault in FAULTS:
        world.control("faults", {"on": "messages", "probability": PROBABILITY, **fault})
    return channel


def _accept_all(world: World, channel: Channel, policy: str) -> list[Any]:
    def accept(number: int) -> Any:
        wish = {"to": f"+49176{number % CONTACTS:08}", "type": "template", "on_unconfirmed": policy}
        return world.send(channel, f"message-{number}", {**wish, "template": TEMPLATE}).id

    return [accept(number) for number in range(MESSAGES)]


def _pass_time(world: World, channel: Channel) -> None:
    """Until nothing that is in doubt may still be settled; the provider fails all the while."""
    line = SendLine(world)
    for minutes in (1, 10, 20, 40, 80):
        line.run_to_end()
        _statuses_arrive(world, channel)
        world.clock.advance(minutes=minutes, seconds=1)
        world.release()
    line.run_to_end()
    _statuses_arrive(world, channel)


def _statuses_arrive(world: World, channel: Channel) -> None:
    """Of what the provider took though nobody heard its answer."""
    for sent in world.accepted_by_provider():
        ours = {"biz_opaque_callback_data": sent["body"]["biz_opaque_callback_data"]}
        if world.message(channel, ours["biz_opaque_callback_data"]).state == "unconfirmed":
            world.deliver(world.status(sent["wamid"], "delivered", world.clock(), **ours))
    world.process_all()


def _inversions(taken: list[tuple[str, str]], ids: list[Any]) -> int:
    """Messages that the provider took after a later one to the same contact."""
    order = {message_id: number for number, message_id in enumerate(ids)}
    turns: defaultdict[str, list[int]] = defaultdict(list)
    for to, message_id in taken:
        turns[to].append(order[message_id])
    return sum(later < earlier for numbers in turns.values() for earlier, later in pairwise(numbers))
