"""A worker may die between any two steps, and two may get the same message: nothing is ever sent twice."""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from kanal.channels.model import Channel
from kanal.messages.model import Message
from kanal.sending.deliver import Sending
from kanal.sending.queue import Turn
from kanal.templates.sync import sync_templates
from tests.integration.hooks import at_every_call
from tests.integration.outbound import (
    SendLine,
    Watched,
    fail,
    ready,
    refusal,
    reported,
    sending_over,
    taken_by_provider,
)
from tests.integration.world import PHONE, World

pytestmark = pytest.mark.benchmark  # minutes, and by the load of the machine; see make bench


class Killed(BaseException):
    """The end of a process: nothing of ours catches it."""


@dataclass
class Steps:
    """Counts the steps of a worker: before and after each AWS call and the provider call."""

    action: Callable[[], None]
    at: int
    stays: bool = False
    """Whether it happens at every later step too: a process that has ended does nothing more."""
    passed: list[str] = field(default_factory=list)

    def __call__(self, step: str) -> None:
        self.passed.append(step)
        if len(self.passed) == self.at or (self.stays and len(self.passed) > self.at):
            self.action()

    @property
    def reached(self) -> str | None:
        return self.passed[self.at - 1] if len(self.passed) >= self.at else None


def die() -> None:
    raise Killed


@contextmanager
def stepping(world: World, steps: Steps) -> Iterator[Sending]:
    """A worker in a fresh container that passes each step."""
    network = Watched(before=lambda: steps("before provider"), after=lambda: steps("after provider"))
    with at_every_call(world, steps), sending_over(world, network) as worker:
        yield worker


@dataclass(frozen=True)
class Scenario:
    """What the provider answers to the first of two messages, and what may become of that one."""

    fault: Mapping[str, Any] | None
    states: frozenset[str]
    steps: int
    """How many there are at least, so that a hook that no longer hooks turns the test red."""


IN_DOUBT = "unconfirmed"
SENT, FAILED, LOST = frozenset({"sent", IN_DOUBT}), frozenset({"failed", IN_DOUBT}), frozenset({IN_DOUBT})
SCENARIOS = {
    "accepted": Scenario(None, SENT, 14),
    "throttled": Scenario({"status": 429}, SENT, 14),
    "accepted without an answer": Scenario({"kind": "drop"}, LOST | SENT, 14),
    "key rejected": Scenario({"status": 401}, FAILED | SENT, 16),
    "window closed": Scenario({"status": 400, "body": refusal(131047)}, FAILED | SENT, 18),
}


def greeting(world: World) -> Channel:
    """A channel with a template, which reaches people who never wrote."""
    templates = [{"name": "greeting", "language": "en"}]
    world.control("numbers", {"phone_number": PHONE, "templates": templates})
    channel = ready(world)
    sync_templates(world.syncing, channel.ref)
    return channel


def greet(world: World, channel: Channel, key: str, customer: str) -> Message:
    content = {"name": "greeting", "language": {"code": "en"}}
    message: Message = world.send(
        channel, key, {"to": f"+{customer}", "type": "template", "template": content}
    )
    return message


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_worker_killed_at_any_step_sends_nothing_twice_and_leaves_nothing_stuck(
    world: World, scenario: Scenario
) -> None:
    """Whatever its last step, the message ends as the provider has it, and the next one follows."""
    channel, line = greeting(world), SendLine(world)
    for at in itertools.count(1):
        customer = f"49151000{at:05d}"
        first, second = (greet(world, channel, f"{turn}-{at}", customer).id for turn in (1, 2))
        if scenario.fault:
            fail(world, **scenario.fault)
        steps = Steps(die, at, stays=True)
        with stepping(world, steps) as worker:
            try:
                line.run(worker)
            except Killed:
                world.clock.advance(seconds=31)
        recover(world, channel, line, first)
        check(world, channel, scenario, customer, first, second, f"killed at {steps.reached}")
        if steps.reached is None:
            assert at > scenario.steps
            return


def recover(world: World, channel: Channel, line: SendLine, first: str) -> None:
    """Fresh workers come; after the first message the provider's trouble is over."""
    for _ in range(5):
        if world.message(channel, first).stage not in ("queued", "sending"):
            break
        if line.run(count=1):
            world.clock.advance(seconds=31)
    world.simulator.delete("/_control/faults")
    world.channels.set_state(channel.ref, "active")
    world.send_queue.put_turns(channel.ref)
    line.run_to_end()


def check(
    world: World, channel: Channel, scenario: Scenario, customer: str, first: str, second: str, step: str
) -> None:
    accepted = [sent["body"]["biz_opaque_callback_data"] for sent in taken_by_provider(world, customer)]
    assert accepted in ([first, second], [first], [second], []), step  # each once, and in order
    events = reported(world)
    states = {first: world.message(channel, first).state, second: world.message(channel, second).state}
    assert states[first] in scenario.states, (step, states)
    assert states[second] in SENT | scenario.states, (step, states)  # the fault may have waited for it
    for message_id, state in states.items():
        assert state != "sent" or message_id in accepted, step
        assert state != "failed" or message_id not in accepted, step
        assert ((message_id, state) in events) == (state != "sent"), (step, events)
    in_doubt = [message_id for message_id, state in states.items() if state == IN_DOUBT]
    for sent in taken_by_provider(world, customer):
        if sent["body"]["biz_opaque_callback_data"] not in in_doubt:
            continue
        ours = {"biz_opaque_callback_data": sent["body"]["biz_opaque_callback_data"]}
        world.deliver(world.status(sent["wamid"], "delivered", world.clock(), **ours))
    world.process_all()
    for message_id in in_doubt:
        expected = "delivered" if message_id in accepted else IN_DOUBT
        assert world.message(channel, message_id).state == expected, step
    world.aws.events()


# --- two workers with the same message ---


def intrude(world: World, line: SendLine, jobs: Sequence[Turn]) -> None:
    line.deliver(list(jobs), world.new_sending())


def test_a_second_worker_that_comes_at_any_step_of_the_first_sends_nothing_twice(world: World) -> None:
    """The queue may give one message to two workers; only one of them has the claim."""
    channel, line = greeting(world), SendLine(world)
    for at in itertools.count(1):
        customer = f"49151000{at:05d}"
        message = greet(world, channel, f"key-{at}", customer)
        jobs = line.take()
        steps = Steps(partial(intrude, world, line, jobs), at)
        with stepping(world, steps) as worker:
            line.deliver(jobs, worker)
        line.run_to_end()
        assert world.message(channel, message.id).state == "sent", steps.reached
        assert len(taken_by_provider(world, customer)) == 1, steps.reached
        if steps.reached is None:
            assert at > 14
            return


def test_two_workers_at_once_send_every_message_once(world: World) -> None:
    """A whole batch delivered twice, side by side."""
    channel, line = greeting(world), SendLine(world)
    messages = []
    for number in range(5):
        customer = f"49151000{number:05d}"
        messages += [greet(world, channel, f"{number}-{turn}", customer) for turn in (1, 2)]
    jobs = line.take()
    assert len(jobs) == 10
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        line.deliver(jobs, world.new_sending())

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    line.run_to_end()
    sent = [one["body"]["biz_opaque_callback_data"] for one in world.accepted_by_provider()]
    assert sorted(sent) == sorted(message.id for message in messages)
    assert {world.message(channel, message.id).state for message in messages} == {"sent"}
