"""The send worker between queue and provider: pace, time, and faults on our own side."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kanal.sending.slots import Slots, Turn
from kanal.templates.sync import sync_templates
from tests.integration.hooks import lost_answer, outage
from tests.integration.numbers import second_number
from tests.integration.outbound import (
    SendLine,
    Watched,
    asked_to_wait,
    ready,
    reported,
    sending_over,
    taken_by_provider,
    write_in,
)
from tests.integration.world import CUSTOMER, World

# --- pace and time ---


def test_a_message_whose_channel_is_busy_is_given_back_without_an_attempt(world: World) -> None:
    """Waiting for the pace costs no attempt and no doubt; the message stays in line until there is room."""
    channel, line = ready(world), SendLine(world)
    world.pace.lease(channel.ref, 400, 80)
    message = world.send_text(channel, "key-1")
    assert len(line.run()) == 1
    found = world.message(channel, message.id)
    assert (found.state, found.attempts) == ("queued", 0)
    assert asked_to_wait(world) == 4  # 400 slots are 5.2 seconds, two of them may be waited for
    line.run_to_end()
    assert world.message(channel, message.id).attempts == 1


def test_trouble_of_our_own_is_tried_again_after_seconds(world: World) -> None:
    """A key that cannot be decrypted now must not block its contact for as long as a crash would."""
    channel, line = ready(world), SendLine(world)
    message = world.send_text(channel, "key-1")
    with outage(world, "kms.Decrypt"):
        assert len(line.run()) == 1
    assert (world.message(channel, message.id).state, asked_to_wait(world)) == ("queued", 10)
    line.run_to_end()
    assert world.message(channel, message.id).state == "sent"


def test_turns_that_find_the_lines_taken_are_told_to_their_holder_and_forgotten(world: World) -> None:
    """A thousand messages to a busy channel are no work for a thousand workers."""
    channel, line = ready(world), SendLine(world)
    world.send_text(channel, "key-1")
    world.send_text(channel, "key-2")
    assert world.leases.take(channel.ref, range(8), "another")
    line.run()
    assert asked_to_wait(world) == 45  # one comes back, should the holder have died
    world.clock.advance(seconds=46)
    line.run_to_end()
    assert len(taken_by_provider(world)) == 2


def test_a_slot_that_was_missed_is_leased_anew(world: World) -> None:
    """A worker that overslept does not send on a slot that others counted on being used in time."""
    channel, line = ready(world), SendLine(world)
    world.pace.lease(channel.ref, 10, 80)
    world.send_text(channel, "key-1")
    slept: list[float] = []

    def oversleep(seconds: float) -> None:
        slept.append(seconds)
        world.clock.sleep(seconds + (1 if len(slept) == 1 else 0))

    before = leases(world)
    assert line.run(replace(world.new_sending(), sleep=oversleep)) == []
    assert leases(world) - before == 3  # a fresh worker first has to learn where the free slots begin
    assert slept[0] == pytest.approx(0.03, abs=0.01)  # ahead of the slot by what a claim may take
    assert len(taken_by_provider(world)) == 1


def leases(world: World) -> int:
    """How many times slots were asked for."""
    return sum(
        call == "dynamodb.UpdateItem" and given["Key"]["sk"]["S"] == "pace" for call, given in world.aws.calls
    )


def test_nothing_is_begun_that_might_not_end_in_time(world: World) -> None:
    """A function that is about to be stopped gives its messages back at once."""
    channel, line = ready(world), SendLine(world)
    message = world.send_text(channel, "key-1")
    line.deadline_seconds = 29
    assert len(line.run()) == 1
    assert asked_to_wait(world) == 0
    assert world.message(channel, message.id).attempts == 0
    line.deadline_seconds = 60
    line.run_to_end()
    assert len(taken_by_provider(world)) == 1


def test_a_message_whose_slot_has_come_keeps_nobody_from_coming_up_behind_it(world: World) -> None:
    """Else a provider that takes half a second to answer would halve what a channel sends."""
    channel = ready(world)
    slots = Slots(world.pace, channel.ref, lambda: 80, world.clock)
    turn = Turn(slots)
    turn.joins()
    assert (
        turn.wait(world.clock, world.clock.sleep, world.clock() + timedelta(seconds=9), ahead=100_000) is None
    )
    assert slots.waiting == 1  # the claim comes between
    assert turn.wait(world.clock, world.clock.sleep, world.clock() + timedelta(seconds=9)) is None
    assert slots.waiting == 0
    turn.leaves()
    assert slots.waiting == 0


# --- faults on our own side ---


def test_a_key_that_cannot_be_decrypted_now_leaves_nothing_in_doubt(world: World) -> None:
    """The key service fails before anything is sent: the message waits, and goes out once later."""
    channel, line = ready(world), SendLine(world)
    message = world.send_text(channel, "key-1")
    with outage(world, "kms.Decrypt") as refused, sending_over(world, Watched()) as worker:
        assert len(line.run(worker)) == 1
    assert refused
    assert world.message(channel, message.id).state == "queued"
    line.run_to_end()
    assert world.message(channel, message.id).state == "sent"
    assert len(taken_by_provider(world)) == 1


def test_a_claim_whose_answer_was_lost_is_still_ours(world: World) -> None:
    """The database took the claim but its answer got lost: the message is sent, not left in doubt."""
    channel, line = ready(world), SendLine(world)
    message = world.send_text(channel, "key-1")
    with lost_answer(world, "dynamodb.UpdateItem", "attempt_started_at") as lost:
        line.run()
    assert lost
    assert world.message(channel, message.id).state == "sent"
    assert len(taken_by_provider(world)) == 1


@pytest.mark.parametrize("recording", ["accepted_at", "SET message_id"])
def test_a_recording_whose_answer_was_lost_changes_nothing(world: World, recording: str) -> None:
    """Recording twice is recording once."""
    channel, line = ready(world), SendLine(world)
    message = world.send_text(channel, "key-1")
    with lost_answer(world, "dynamodb.UpdateItem", recording) as lost:
        assert line.run() == []
    assert lost
    assert world.message(channel, message.id).state == "sent"


def test_an_outcome_that_cannot_be_recorded_is_unconfirmed_not_repeated(world: World) -> None:
    """The provider took it and the table fails: sent twice would be worse than in doubt."""
    channel, line = ready(world), SendLine(world)
    message = world.send_text(channel, "key-1")
    with outage(world, "dynamodb.UpdateItem", "accepted_at"):
        assert len(line.run()) == 1
    world.clock.advance(seconds=10)
    assert len(line.run()) == 1
    assert 0 < asked_to_wait(world) <= 30
    line.run_to_end()
    assert world.message(channel, message.id).state == "unconfirmed"
    assert reported(world) == [(message.id, "unconfirmed")]
    assert len(taken_by_provider(world)) == 1


def test_an_event_that_the_bus_refused_is_published_later(world: World) -> None:
    """The outcome is stored, so that only the event comes again."""
    channel, line = ready(world), SendLine(world)
    message = world.send_text(channel, "key-1")
    world.control("faults", {"on": "messages", "kind": "status", "status": 500, "times": 1})
    with outage(world, "eventbridge.PutEvents"):
        assert len(line.run()) == 1
    assert reported(world) == []
    line.run_to_end()
    assert reported(world) == [(message.id, "unconfirmed")]


def test_one_contact_in_trouble_does_not_hold_up_the_others(world: World) -> None:
    """What goes wrong with one message of a batch is its own affair."""
    channel, line = ready(world), SendLine(world)
    other = "4917600000001"
    write_in(world, other)
    stuck = world.send_text(channel, "key-1")
    free = world.send_text(channel, "key-2", to=f"+{other}")
    with outage(world, "dynamodb.UpdateItem", stuck.id):
        assert len(line.run()) == 1
    assert world.message(channel, free.id).state == "sent"
    line.run_to_end()
    assert world.message(channel, stuck.id).state == "sent"


def test_a_channel_whose_pace_cannot_be_leased_holds_up_no_other(world: World) -> None:
    """Promise 5: in one batch, the message of the one waits and that of the other goes out."""
    channel, line = ready(world), SendLine(world)
    other = world.connect("Sales", api_key=second_number(world))
    sync_templates(world.syncing, other.ref)
    message = world.send_text(channel, "key-1")
    hello = {"name": "hello_world", "language": {"code": "en_US"}}
    theirs = world.send(other, "key-2", {"to": f"+{CUSTOMER}", "type": "template", "template": hello})
    with outage(world, "dynamodb.UpdateItem", containing=f"pace#{channel.ref.prefix}"):
        assert len(line.run()) == 1
    assert world.message(other, theirs.id).state == "sent"
    assert (world.message(channel, message.id).state, asked_to_wait(world)) == ("queued", 10)
    line.run_to_end()
    assert world.message(channel, message.id).state == "sent"
