"""A worker that fetches may die between any two steps: the file is stored in the end, once, and told of."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kanal.ids import inbound_message_id
from kanal.inbox.fetch import Fetching
from kanal.media.jobs import Job
from kanal.messages.model import as_json
from tests.integration.files import (
    PNG,
    FetchLine,
    fetching_over,
    file_arrives,
    kept_of,
    new_fetching,
    reported,
)
from tests.integration.hooks import at_every_call, outage
from tests.integration.inbound import process_next
from tests.integration.outbound import Watched
from tests.integration.test_crashes import Killed, Steps, die
from tests.integration.world import World

pytestmark = pytest.mark.slow


@contextmanager
def stepping(world: World, steps: Steps) -> Iterator[Fetching]:
    """A worker in a fresh container that passes each step."""
    network = Watched(before=lambda: steps("before provider"), after=lambda: steps("after provider"))
    with at_every_call(world, steps), fetching_over(world, network) as fetching:
        yield fetching


@dataclass(frozen=True)
class Scenario:
    fault: Mapping[str, Any]
    state: str
    steps: int
    """How many there are at least, so that a hook that no longer hooks turns the test red."""


SCENARIOS = {
    "fetched with a new link": Scenario({"on": "media_download", "status": 404}, "stored", 26),
    "given up": Scenario({"on": "media", "status": 404, "times": None}, "failed", 16),
    "tried again": Scenario({"on": "media", "status": 500}, "stored", 14),
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_worker_killed_at_any_step_loses_no_file(world: World, scenario: Scenario) -> None:
    channel, line = world.connect(), FetchLine(world)
    for at in itertools.count(1):
        written = file_arrives(world)
        world.process_all()
        world.aws.events()
        message_id = inbound_message_id(channel.ref, written["wamid"])
        world.control("faults", {"kind": "status", "times": 1, **scenario.fault})
        steps = Steps(die, at)
        with stepping(world, steps) as worker:
            try:
                line.run(worker)
            except Killed:
                world.clock.advance(minutes=30)
        line.run_to_end()
        world.simulator.delete("/_control/faults")
        media = as_json(world.message(channel, message_id))["media"]
        step = f"killed at {steps.reached}"
        assert media["state"] == scenario.state, step
        assert (kept_of(world, channel, message_id) == PNG) is (scenario.state == "stored"), step
        assert media in reported(world), step
        world.clock.advance(hours=2)  # what crashed fetches might have got is forgotten
        if steps.reached is None:
            assert at > scenario.steps
            return


def _intrude(world: World, line: FetchLine, jobs: list[Job]) -> None:
    line.fetch(jobs, new_fetching(world))


def test_two_workers_with_one_job_agree_on_how_the_file_ended(world: World) -> None:
    """The second comes at any step of the first; an event that both publish has one id."""
    channel, line = world.connect(), FetchLine(world)
    for at in itertools.count(1):
        written = file_arrives(world)
        world.process_all()
        world.aws.events()
        jobs = line.take()
        steps = Steps(partial(_intrude, world, line, jobs), at)
        with stepping(world, steps) as worker:
            line.fetch(jobs, worker)
        line.run_to_end()
        message = world.message(channel, inbound_message_id(channel.ref, written["wamid"]))
        assert as_json(message)["media"]["state"] == "stored", steps.reached
        events = [event for event in world.aws.events() if event["detail-type"] == "message.media"]
        assert len({event["detail"]["event_id"] for event in events}) == 1, steps.reached
        if steps.reached is None:
            assert at > 22
            return


def test_a_file_whose_job_was_not_queued_is_queued_when_the_webhook_is_shown_again(world: World) -> None:
    channel = world.connect()
    written = file_arrives(world)
    with outage(world, "sqs.SendMessage") as refused, pytest.raises(ClientError):
        process_next(world)
    assert refused
    process_next(world)
    FetchLine(world).run_to_end()
    message = world.message(channel, inbound_message_id(channel.ref, written["wamid"]))
    assert as_json(message)["media"]["state"] == "stored"


@pytest.mark.parametrize(
    "operation",
    ["dynamodb.GetItem", "dynamodb.UpdateItem", "s3.PutObject", "events.PutEvents", "kms.Decrypt"],
)
def test_an_outage_of_aws_only_delays_a_file(world: World, operation: str) -> None:
    """What passes is tried again after seconds."""
    channel, line = world.connect(), FetchLine(world)
    written = file_arrives(world)
    world.process_all()
    fetching = new_fetching(world)
    fetching.providers._keys.clear()  # noqa: SLF001  # a container that has not decrypted the key yet
    with outage(world, operation):
        assert line.run(fetching)
    line.run_to_end()
    message = world.message(channel, inbound_message_id(channel.ref, written["wamid"]))
    assert as_json(message)["media"]["state"] == "stored"
    assert reported(world)[-1]["state"] == "stored"
