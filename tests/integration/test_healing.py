"""What WhatsApp reports of a message we sent: how doubt ends, whatever comes first."""

import pytest

from kanal.messages.model import as_json
from tests.integration.outbound import (
    SendLine,
    Watched,
    fail,
    free_lines,
    ready,
    reported,
    sending_over,
    taken_by_provider,
)
from tests.integration.world import World


@pytest.mark.parametrize("status", ["sent", "delivered", "read"])
def test_an_unconfirmed_message_heals_by_any_status_that_carries_our_id(world: World, status: str) -> None:
    """Whichever status comes first, the message is what WhatsApp says it is."""
    channel, line = ready(world), SendLine(world)
    fail(world, kind="drop")
    message = world.send_text(channel, "key-1")
    line.run_to_end()
    assert reported(world) == [(message.id, "unconfirmed")]
    [sent] = taken_by_provider(world)
    assert sent["body"]["biz_opaque_callback_data"] == message.id
    world.deliver(world.status(sent["wamid"], status, world.clock(), biz_opaque_callback_data=message.id))
    world.process_all()
    found = world.message(channel, message.id)
    assert (found.state, found.wamid) == (status, sent["wamid"])
    assert reported(world) == [(message.id, status)]


def test_a_status_without_our_id_finds_the_message_by_its_wamid(world: World) -> None:
    """Should the provider not echo our id, what it answered to the send is enough."""
    channel, line = ready(world), SendLine(world)
    message = world.send_text(channel, "key-1")
    line.run_to_end()
    [sent] = taken_by_provider(world)
    world.deliver(world.status(sent["wamid"], "delivered", world.clock()))
    world.process_all()
    assert world.message(channel, message.id).state == "delivered"
    assert reported(world) == [(message.id, "delivered")]


@pytest.mark.parametrize("echoed", [True, False], ids=["with our id", "by wamid"])
def test_a_status_that_overtakes_the_answer_is_applied(world: World, echoed: bool) -> None:
    """WhatsApp may deliver before our worker has read the answer; the status is kept and not lost."""
    channel, line = ready(world), SendLine(world)
    message = world.send_text(channel, "key-1")

    def delivered() -> None:
        [sent] = taken_by_provider(world)
        ours = {"biz_opaque_callback_data": message.id} if echoed else {}
        world.deliver(world.status(sent["wamid"], "delivered", world.clock(), **ours))
        world.process_all()

    with sending_over(world, Watched(after=delivered)) as worker:
        assert line.run(worker) == []
    found = world.message(channel, message.id)
    assert (found.stage, found.state) == ("sent", "delivered")
    assert reported(world) == [(message.id, "delivered")]


def test_a_message_already_delivered_is_not_reported_as_unconfirmed(world: World) -> None:
    """When the answer is lost but a status came meanwhile, nothing is in doubt any more."""
    channel, line = ready(world), SendLine(world)
    fail(world, kind="drop")
    message = world.send_text(channel, "key-1")

    def delivered() -> None:
        [sent] = taken_by_provider(world)
        world.deliver(
            world.status(sent["wamid"], "delivered", world.clock(), biz_opaque_callback_data=message.id)
        )
        world.process_all()

    with sending_over(world, Watched(after=delivered)) as worker:
        line.run(worker)
    assert world.message(channel, message.id).state == "delivered"
    assert reported(world) == [(message.id, "delivered")]


def test_an_answer_that_comes_after_the_attempt_was_given_up_still_counts(world: World) -> None:
    """A worker held up for longer than its lease: the message is unconfirmed meanwhile, then sent."""
    channel, line = ready(world), SendLine(world)
    message = world.send_text(channel, "key-1")
    jobs = line.take()

    def given_up() -> None:
        world.clock.advance(seconds=46)
        free_lines(world, channel)
        assert line.deliver(jobs) == []
        assert world.message(channel, message.id).state == "unconfirmed"

    with sending_over(world, Watched(after=given_up)) as worker:
        line.deliver(jobs, worker)
    found = world.message(channel, message.id)
    assert (found.state, found.wamid) == ("sent", taken_by_provider(world)[0]["wamid"])


def test_once_healed_by_our_id_later_statuses_need_only_the_wamid(world: World) -> None:
    """The worker never learnt the wamid; the first status that carries our id tells it to everyone."""
    channel, line = ready(world), SendLine(world)
    fail(world, kind="drop")
    message = world.send_text(channel, "key-1")
    line.run_to_end()
    [sent] = taken_by_provider(world)
    at = world.clock()
    world.deliver(world.status(sent["wamid"], "read", at))
    world.deliver(world.status(sent["wamid"], "sent", at, biz_opaque_callback_data=message.id))
    world.deliver(world.status(sent["wamid"], "delivered", at))
    world.process_all()
    assert set(world.message(channel, message.id).facts) == {"sent", "delivered", "read"}
    assert reported(world)[1:] == [(message.id, "sent"), (message.id, "read"), (message.id, "delivered")]


def test_a_healed_message_shows_no_error(world: World) -> None:
    """Doubt that is settled is no failure any more."""
    channel, line = ready(world), SendLine(world)
    fail(world, kind="drop")
    message = world.send_text(channel, "key-1")
    line.run_to_end()
    assert as_json(world.message(channel, message.id))["errors"]
    [sent] = taken_by_provider(world)
    world.deliver(world.status(sent["wamid"], "sent", world.clock(), biz_opaque_callback_data=message.id))
    world.process_all()
    assert as_json(world.message(channel, message.id))["errors"] == []
