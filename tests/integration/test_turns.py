"""Turns and lines: whoever gets a turn, whenever, and whatever it believes, messages go in their order."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kanal.aws.table import Table
from kanal.channels.model import Channel
from kanal.ids import ContactId, MessageId
from kanal.messages.waiting import Lane
from kanal.sending.lines import LANES, LINES, Entry, line_of
from kanal.sending.pair import LEAVES_WITHIN
from kanal.sending.pairstore import PairStore
from kanal.sending.slots import Slots, Turn
from kanal.templates.sync import sync_templates
from kanal.times import epoch_microseconds
from tests.integration.hooks import registered
from tests.integration.numbers import second_number
from tests.integration.outbound import (
    SendLine,
    ready,
    taken_by_provider,
)
from tests.integration.test_uploads import send_image, uploaded
from tests.integration.world import CUSTOMER, PHONE, World

pytestmark = pytest.mark.slow


def greeting(world: World, **fields: Any) -> Channel:
    """A channel with a template, which reaches people who never wrote."""
    world.control("numbers", {"phone_number": PHONE, "templates": [{"name": "greeting", "language": "en"}]})
    channel = ready(world, **fields)
    sync_templates(world.syncing, channel.ref)
    return channel


def greet(world: World, channel: Channel, customer: int, turn: int = 1, lane: Lane = "reply") -> Any:
    content = {"name": "greeting", "language": {"code": "en"}}
    body = {"to": f"+49176{customer:08}", "type": "template", "template": content, "lane": lane}
    return world.send(channel, f"{customer}-{turn}-{lane}", body)


def customers_on_all_lines(world: World, channel: Channel) -> list[int]:
    """One of each line, each of whom got one message already."""
    found: dict[int, int] = {}
    for customer in range(200):
        line = line_of(world.message(channel, greet(world, channel, customer).id).contact_id)
        found.setdefault(line, customer)
        if len(found) == LINES:
            SendLine(world).run_to_end()
            return list(found.values())
    raise AssertionError("some line is nobody's")


def sent(world: World) -> list[str]:
    return [one["body"]["biz_opaque_callback_data"] for one in world.accepted_by_provider()]


def ids(messages: list[Any]) -> list[str]:
    return [message.id for message in messages]


def lose_turns(world: World) -> None:
    """Those that the queue has now."""
    while records := world.aws.take("send"):
        for record in records:
            world.aws.delete("send", record)


@contextmanager
def at_call(world: World, operation: str, containing: str, act: Callable[[], None]) -> Iterator[None]:
    """Something happens once, right before an AWS call."""
    happened: list[str] = []

    def visit(params: Any, **_: Any) -> None:
        if not happened and containing in str(params["body"]):
            happened.append(containing)
            act()

    with registered(world, f"before-call.{operation}", visit):
        yield
    assert happened


# --- whose turn it is ---


def test_a_batch_with_turns_of_several_channels_serves_them_all(world: World) -> None:
    channel, line = greeting(world), SendLine(world)
    other = world.connect("Sales", api_key=second_number(world))
    sync_templates(world.syncing, other.ref)
    hello = {"name": "hello_world", "language": {"code": "en_US"}}
    ours = [greet(world, channel, customer) for customer in range(3)]
    theirs = world.send(other, "key", {"to": f"+{CUSTOMER}", "type": "template", "template": hello})
    assert line.run() == []
    assert sorted(sent(world)) == sorted(ids([*ours, theirs]))


def test_turns_for_lines_that_others_drain_come_back_as_new_ones(world: World) -> None:
    """A turn that is given back again and again would be taken for one that nobody can handle."""
    channel, line = greeting(world), SendLine(world)
    greet(world, channel, 1)
    world.leases.take(channel.ref, range(LINES), "another")
    before = len(world.aws.calls)
    line.run()
    calls = [call for call, _ in world.aws.calls[before:]]
    assert "sqs.SendMessage" in calls
    assert "sqs.ChangeMessageVisibility" not in calls[: calls.index("sqs.SendMessage")]
    assert line.take() == []


def test_what_comes_while_a_worker_leaves_is_sent_by_it(world: World) -> None:
    """The turn was told to it and is gone: nobody else knows of the message."""
    channel, line = greeting(world), SendLine(world)
    first = greet(world, channel, 1)
    turns, messages = line.take(), [first]

    def comes() -> None:
        messages.append(greet(world, channel, 1, turn=2))
        line.deliver(line.take())
        line.deliver(line.take())

    with at_call(world, "dynamodb.UpdateItem", "given_back", comes):
        line.deliver(turns, world.new_sending())
    assert sent(world) == ids(messages)


def test_what_a_dead_worker_knew_of_its_lines_is_looked_at_by_the_next(world: World) -> None:
    """The marks that told it died with it, and the turns behind them are gone."""
    channel, line = greeting(world), SendLine(world)
    people = customers_on_all_lines(world, channel)
    messages = [greet(world, channel, customer, turn=2) for customer in people]
    lose_turns(world)
    world.leases.take(channel.ref, range(LINES), "dead")
    world.send_queue.put_turn(channel.ref, ("bulk", 0))
    world.clock.advance(seconds=46)
    line.run_to_end()
    assert set(ids(messages)) <= set(sent(world))


@pytest.mark.parametrize(("before", "after"), [(80, 1000), (1000, 80)])
def test_a_backlog_keeps_its_order_and_loses_nobody_when_the_channel_s_rate_changes(
    world: World, before: int, after: int
) -> None:
    """The lines that one worker drained are drained by eight then, or the other way round."""
    channel, line = greeting(world, messages_per_second=before), SendLine(world)
    people = customers_on_all_lines(world, channel)
    messages = defaultdict(list)
    for turn in (2, 3):
        for customer in people:
            messages[customer].append(greet(world, channel, customer, turn).id)
    line.deadline_seconds = 29.0  # too late to begin anything: all is passed on
    for _ in range(3):
        line.run()
    world.channels.change(channel, replace(channel, messages_per_second=after), world.clock())
    line.deadline_seconds = 90.0
    line.run_to_end()
    for customer, expected in messages.items():
        got = [
            one["body"]["biz_opaque_callback_data"] for one in taken_by_provider(world, f"49176{customer:08}")
        ]
        assert got[1:] == expected


def test_lines_that_are_free_are_drained_while_others_of_their_share_are_not(world: World) -> None:
    """Right after a change of the rate, workers with different shares are at it."""
    channel, line = greeting(world), SendLine(world)
    people = customers_on_all_lines(world, channel)
    messages = [greet(world, channel, customer, turn=2) for customer in people]
    held = line_of(world.message(channel, messages[0].id).contact_id)
    world.leases.take(channel.ref, [held], "another")
    for _ in range(3):
        line.run()
    assert set(ids(messages[1:])) <= set(sent(world))
    assert messages[0].id not in sent(world)


def test_a_sweep_finds_what_waits_in_any_line_and_lane(world: World) -> None:
    channel, line = greeting(world), SendLine(world)
    messages = [
        greet(world, channel, customer, lane=lane) for customer in range(4) for lane in ("reply", "bulk")
    ]
    lose_turns(world)
    world.send_queue.put_turns(channel.ref)
    line.run_to_end()
    assert sorted(sent(world)) == sorted(ids(messages))


# --- channels that stand still ---


def test_a_worker_that_remembers_a_channel_as_paused_asks_before_it_leaves_its_lines(world: World) -> None:
    """The turns that came when the channel went on are gone then."""
    channel, line, worker = greeting(world), SendLine(world), world.new_sending()
    message = greet(world, channel, 1)
    world.channels.set_state(channel.ref, "paused")
    assert line.run(worker) == [message.id]
    assert not world.aws.waiting("send")
    world.channels.set_state(channel.ref, "active")
    world.send_queue.put_turns(channel.ref)
    for _ in range(3):
        line.run(worker)
    assert sent(world) == [message.id]


def test_the_messages_of_a_channel_that_is_gone_fail_with_words(world: World) -> None:
    channel, line = greeting(world), SendLine(world)
    messages = [greet(world, channel, 1, turn) for turn in (1, 2)]
    world.channels.set_state(channel.ref, "disconnected")
    line.run_to_end()
    for message in messages:
        failed = world.message(channel, message.id)
        assert (failed.state, failed.errors[0]["code"]) == ("failed", "channel_cannot_send")
    assert sent(world) == []


# --- lanes ---


def test_replies_overtake_a_bulk_backlog_which_does_not_stand_still_for_them(world: World) -> None:
    channel, line = greeting(world), SendLine(world)
    bulk = [greet(world, channel, customer, lane="bulk") for customer in range(40)]
    replies = [greet(world, channel, 100 + customer) for customer in range(40)]
    lose_turns(world)
    world.leases.take(channel.ref, range(LINES), "another")
    everything = [(lane, line) for lane in LANES for line in range(LINES)]
    world.leases.hand_over(channel.ref, range(LINES), "another", everything)
    world.send_queue.put_turn(channel.ref, ("bulk", 0))
    line.run_to_end()
    order = sent(world)
    assert sorted(order) == sorted(ids(bulk + replies))
    is_bulk = [one in set(ids(bulk)) for one in order]
    assert sum(is_bulk[:30]) <= 8
    assert True in is_bulk[: len(order) - is_bulk[::-1].index(False)]  # before the last reply


# --- entries ---


def test_a_message_whose_entry_was_written_late_is_sent_although_others_went_before_it(world: World) -> None:
    """Its number was given out before theirs."""
    channel, line = greeting(world), SendLine(world)
    late = greet(world, channel, 1)
    [entry] = [world.lines.get(channel.ref, late.place)]
    assert entry
    world.lines.remove(channel.ref, late.place)
    later = greet(world, channel, 1, turn=2)
    turns = line.take()
    with at_call(world, "dynamodb.UpdateItem", "accepted_at", lambda: _write(world, entry)):
        line.deliver(turns)
    line.run_to_end()
    assert sent(world) == ids([later, late])


def _write(world: World, entry: Entry) -> None:
    world.lines.enter(entry)
    world.send_queue.put_turn(entry.ref, (entry.place.lane, entry.place.line))


@pytest.mark.parametrize("loses", ["the race for its key", "its message"])
def test_an_entry_whose_message_does_not_stand_there_is_swept_after_a_minute(
    world: World, loses: str
) -> None:
    """Who repeats a request at the same moment takes two places, and one stays empty."""
    channel, line = greeting(world), SendLine(world)
    message = greet(world, channel, 1)
    contact_id = world.message(channel, message.id).contact_id
    place = world.lines.next_place(channel.ref, "reply", contact_id)
    message_id = message.id if loses == "the race for its key" else MessageId("msg_nowhere")
    world.lines.enter(Entry(channel.ref, place, message_id, contact_id, world.clock()))
    assert line.run() == [message_id]
    world.clock.advance(seconds=61)
    line.run_to_end()
    assert sent(world) == [message.id]


def test_a_text_behind_a_file_that_takes_time_waits_for_it(world: World) -> None:
    channel, line = ready(world), SendLine(world)
    line.deadline_seconds = 120.0
    image = send_image(world, channel, "1", uploaded(world, channel))
    text = world.send_text(channel, "2")
    world.control("faults", {"on": "media_upload", "kind": "status", "times": 1, "status": 503})
    line.run_to_end()
    assert sent(world) == ids([image, text])


# --- workers ---


def test_a_provider_that_is_slow_with_one_message_holds_up_only_its_contact(world: World) -> None:
    """While the first is on its way, the messages of others come and go."""
    channel, line = greeting(world), SendLine(world)
    first = greet(world, channel, 1)
    others = [greet(world, channel, customer) for customer in (2, 3)]
    world.control("faults", {"on": "messages", "kind": "delay", "delay_ms": 400, "times": 1})
    assert line.run() == []
    assert sorted(sent(world)) == sorted(ids([first, *others]))


def test_a_worker_that_lost_its_lines_while_it_slept_sends_nothing_more(world: World) -> None:
    channel, line = greeting(world), SendLine(world)
    messages = [greet(world, channel, 1, turn) for turn in (1, 2, 3)]
    turns = line.take()

    def outlive() -> None:
        world.clock.advance(seconds=46)
        world.send_queue.put_turn(channel.ref, ("reply", messages[0].place.line))
        SendLine(world).run(world.new_sending())

    with at_call(world, "dynamodb.Query", "line#", outlive):
        line.deliver(turns, world.new_sending())
    line.run_to_end()
    assert sent(world) == ids(messages)


def test_slots_leased_before_the_provider_refused_for_the_rate_are_not_used(world: World) -> None:
    """Neither those that are left nor that of a message that waits: all are leased anew, after the pause."""
    channel, pace = ready(world), world.new_pace()
    slots = Slots(pace, channel.ref, lambda: 80, world.clock)
    waiting = Turn(slots)
    for turn in (waiting, *(Turn(slots) for _ in range(9))):
        turn.joins()
    assert waiting.wait(world.clock, world.clock.sleep, world.clock() + timedelta(seconds=9)) is None
    pace.slow_down(channel.ref, 80, 1.5)
    left_at = world.clock()
    assert waiting.wait(world.clock, world.clock.sleep, left_at + timedelta(seconds=9)) is None
    assert world.clock() - left_at >= timedelta(seconds=1.5)
    following = slots.next()
    assert following.at > epoch_microseconds(world.clock())  # type: ignore[union-attr]


def test_a_message_that_is_held_up_after_it_was_counted_is_counted_anew(world: World) -> None:
    """WhatsApp counts when it arrives: the burst of its contact may be over then."""
    channel, line = greeting(world, contact_burst=1), SendLine(world)
    messages = [greet(world, channel, 1, turn) for turn in (1, 2)]
    late = LEAVES_WITHIN + timedelta(seconds=7)
    with at_call(
        world, "dynamodb.UpdateItem", "attempt_started_at", lambda: world.clock.sleep(late.total_seconds())
    ):
        line.run()
    left_at = world.clock()
    assert sent(world) == ids(messages[:1])
    line.run()
    assert sent(world) == ids(messages[:1])
    line.run_to_end()
    assert sent(world) == ids(messages)
    assert world.clock() - left_at >= timedelta(seconds=6)


def test_the_second_of_two_quick_replies_waits_no_longer_than_whatsapp_asks(world: World) -> None:
    """Within five seconds it is of the same burst; else it waits for six seconds and one."""
    pairs = PairStore(Table(world.aws.channels, world.aws.clients[0]), world.clock)
    channel, quick, slow = ready(world), ContactId("quick"), ContactId("slow")
    assert pairs.take(channel.ref, quick, 2) is None
    assert pairs.take(channel.ref, slow, 2) is None
    began = world.clock()
    world.clock.advance(seconds=4.9)
    assert pairs.take(channel.ref, quick, 2) is None
    world.clock.advance(seconds=0.2)
    assert pairs.take(channel.ref, slow, 2) == began + timedelta(seconds=7)


def test_a_contact_that_is_known_to_owe_costs_no_slot_and_no_call(world: World) -> None:
    channel = ready(world)
    pairs = PairStore(Table(world.aws.channels, world.aws.clients[0]), world.clock)
    contact = ContactId("busy")
    assert pairs.known(channel.ref, contact, 1) is None
    pairs.take(channel.ref, contact, 1)
    before = len(world.aws.calls)
    assert pairs.known(channel.ref, contact, 1) == world.clock() + timedelta(seconds=7)
    assert len(world.aws.calls) == before
