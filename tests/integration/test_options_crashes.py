"""Whoever dies between any two steps of a message that waits: it is neither lost nor stuck nor sent twice."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from kanal.channels.model import Channel
from kanal.sending.cancel import Cancelling, cancel_message
from tests.integration.hooks import at_every_call
from tests.integration.outbound import SendLine, fail, reported, taken_by_provider
from tests.integration.test_options import INSTEAD, ahead, greeting, left_behind, state
from tests.integration.world import World

pytestmark = pytest.mark.slow


class Killed(BaseException):
    """The end of a process: nothing of ours catches it."""


@dataclass
class Life:
    """One message to a customer of its own. Each step is done again if whoever does it dies."""

    world: World
    channel: Channel
    customer: str
    dies_at: int
    options: Mapping[str, Any]
    seen: list[str] = field(default_factory=list)
    died: str | None = None
    message: Any = None

    def visit(self, step: str) -> None:
        """After a read nothing is different from after the write before it."""
        when, operation = step.split()
        if when == "before" or operation in ("GetItem", "Query", "ReceiveMessage"):
            return
        self.seen.append(step)
        if self.died is None and len(self.seen) == self.dies_at:
            self.died = step
            raise Killed

    def do(self, work: Callable[[], Any]) -> None:
        for _ in range(2):
            try:
                with at_every_call(self.world, self.visit):
                    work()
            except Killed:
                continue
            return

    def accept(self) -> None:
        body = {"to": f"+{self.customer}", "type": "text", "text": {"body": "Hello"}, **self.options}
        self.message = self.world.send(self.channel, self.customer, body)

    def reply(self) -> None:
        self.world.customer_writes(sender=self.customer)
        self.do(self.world.process_all)

    def cancel(self) -> None:
        parts = Cancelling(self.world.channels, self.world.places, self.world.bus)
        cancel_message(parts, self.channel.ref, self.message.id)

    def release(self) -> None:
        self.do(self.world.release)

    def send(self) -> None:
        """Of the worker itself other drills tell."""
        self.world.clock.advance(seconds=61)  # what was left in a line is swept out of it
        SendLine(self.world).run_to_end()


def later(life: Life) -> Iterator[str]:
    life.do(life.accept)
    life.world.clock.advance(hours=1)
    life.release()
    life.send()
    yield "sent"


def parked(life: Life) -> Iterator[str]:
    life.do(life.accept)
    life.reply()
    life.release()
    life.send()
    yield "sent"


def parked_when_due(life: Life) -> Iterator[str]:
    life.do(life.accept)
    life.world.clock.advance(hours=25)
    life.release()
    life.reply()
    life.release()
    life.send()
    yield "sent"


def expiring(life: Life) -> Iterator[str]:
    life.do(life.accept)
    life.world.clock.advance(hours=1)
    life.release()
    life.send()
    yield "expired"


def cancelled(life: Life) -> Iterator[str]:
    life.do(life.accept)
    life.do(life.cancel)
    life.world.clock.advance(hours=1)
    life.release()
    life.send()
    yield "cancelled"


def doubted(life: Life) -> Iterator[str]:
    fail(life.world, kind="drop", accepted=False)
    life.do(life.accept)
    SendLine(life.world).run_to_end()
    life.world.clock.advance(minutes=10, seconds=2)
    life.release()
    life.send()
    yield "failed" if life.options["on_unconfirmed"] == "fail" else "sent"


@dataclass(frozen=True)
class Drill:
    live: Callable[[Life], Iterator[str]]
    options: Callable[[World], Mapping[str, Any]]
    steps: int
    """How many there are at least, so that a hook that no longer hooks turns the test red."""


PARKS = {"if_window_closed": "park_until_reply"}
DRILLS = {
    "for later": Drill(
        later, lambda world: {"send_at": ahead(world, hours=1), "if_window_closed": INSTEAD}, 12
    ),
    "until a reply": Drill(parked, lambda _: PARKS, 14),
    "for later and then until a reply": Drill(
        parked_when_due, lambda world: {"send_at": ahead(world, hours=25), **PARKS}, 16
    ),
    "until it is worthless": Drill(expiring, lambda world: {"expires_at": ahead(world, hours=1), **PARKS}, 8),
    "until it is cancelled": Drill(
        cancelled, lambda world: {"send_at": ahead(world, hours=1), "if_window_closed": INSTEAD}, 8
    ),
    "in doubt, to be sent again": Drill(
        doubted, lambda _: {"on_unconfirmed": "resend", "if_window_closed": INSTEAD}, 8
    ),
    "in doubt, to count as failed": Drill(
        doubted, lambda _: {"on_unconfirmed": "fail", "if_window_closed": INSTEAD}, 6
    ),
}


@pytest.mark.parametrize("drill", DRILLS.values(), ids=DRILLS)
def test_a_death_at_any_step_neither_loses_nor_doubles_the_message(world: World, drill: Drill) -> None:
    channel = greeting(world)
    for at in itertools.count(1):
        customer = f"49151000{at:05d}"
        life = Life(world, channel, customer, at, drill.options(world))
        [ends] = drill.live(life)
        assert state(world, channel, life.message) == ends, life.died
        assert len(taken_by_provider(world, customer)) == (ends == "sent"), life.died
        assert ((life.message.id, ends) in reported(world)) == (ends != "sent"), life.died
        assert [key for key in left_behind(world) if not key.startswith("due#")] == [], life.died
        if life.died is None:
            assert at > drill.steps
            return
