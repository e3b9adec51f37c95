"""What a message costs when its channel has more to send than it may, against one that goes out at once.

Counted is all that the worker asks of AWS. What Lambda itself asks of the queue is less when it is full:
turns come ten at a time. Shown by `pytest -s`.
"""

import pytest

from kanal.channels.model import Channel
from kanal.sending.lines import LINES
from kanal.sending.queue import Turn
from kanal.templates.sync import sync_templates
from tests.integration.meter import Bill, metered
from tests.integration.outbound import SendLine, ready, waiting_in_lines
from tests.integration.world import PHONE, World

pytestmark = pytest.mark.benchmark  # minutes, and by the load of the machine; see make bench

MESSAGES = 60
TEMPLATE = {"name": "greeting", "language": {"code": "en"}}


def test_a_message_of_a_saturated_channel_costs_at_most_twice_as_much(world: World) -> None:
    """Sixty turns that find the lines taken, and are told to their holder; then the sixty messages."""
    world.control("numbers", {"phone_number": PHONE, "templates": [{"name": "greeting", "language": "en"}]})
    channel, line = ready(world), SendLine(world)
    sync_templates(world.syncing, channel.ref)
    for number in range(3):  # the container has worked for the channel before
        _accept(world, channel, number)
        line.deliver(line.take(), world.sending)
    alone = _one_by_one(world, channel, line)
    saturated = _all_at_once(world, channel, line)
    print(f"\nalone:     {_shown(alone)}\nsaturated: {_shown(saturated)}")
    assert sum(saturated.calls.values()) <= 2 * sum(alone.calls.values())
    assert saturated.calls["sqs.SendMessage"] <= MESSAGES / 10
    assert saturated.write_units <= 2 * alone.write_units
    assert saturated.read_units <= 2 * alone.read_units


def _one_by_one(world: World, channel: Channel, line: SendLine) -> Bill:
    bill = Bill()
    for number in range(MESSAGES):
        _accept(world, channel, 1000 + number)
        _add(bill, _worked(world, line))
        world.clock.advance(seconds=1)
    return bill


def _all_at_once(world: World, channel: Channel, line: SendLine) -> Bill:
    """While another holds the lines, all but the last come; with the last the lines are free."""
    bill = Bill()
    for number in range(1, MESSAGES):
        _accept(world, channel, 2000 + number)
    world.leases.take(channel.ref, range(LINES), "another")
    while turns := line.take():
        _add(bill, _metered(world, line, turns))
    world.clock.advance(seconds=46)
    _accept(world, channel, 2000)
    while waiting_in_lines(world):
        _add(bill, _worked(world, line))
        world.clock.advance(seconds=1)
    return bill


def _worked(world: World, line: SendLine) -> Bill:
    turns = line.take()
    assert turns, "messages wait and nobody has their turn"
    return _metered(world, line, turns)


def _metered(world: World, line: SendLine, turns: list[Turn]) -> Bill:
    with metered(world) as bill:
        line.deliver(turns, world.sending)
    return bill


def _accept(world: World, channel: Channel, number: int) -> None:
    body = {"to": f"+49176{number:08}", "type": "template", "template": TEMPLATE}
    world.send(channel, f"message-{number}", body)


def _add(bill: Bill, more: Bill) -> None:
    bill.calls.update(more.calls)
    bill.read_units += more.read_units
    bill.write_units += more.write_units


def _shown(bill: Bill) -> str:
    calls = ", ".join(f"{count / MESSAGES:.2f} {name}" for name, count in sorted(bill.calls.items()))
    return (
        f"{bill.read_units / MESSAGES:.2f} read and {bill.write_units / MESSAGES:.2f} write units a message; "
        f"{calls}"
    )
