"""A running broadcast reaches each recipient once, never far ahead of the pace, whatever its steps meet."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from kanal.broadcasts import feeding
from kanal.broadcasts.jobs import Step
from kanal.contacts.model import Sighting
from kanal.errors import BroadcastStateForbids
from kanal.templates.model import Template
from tests.integration.broadcasting import GREETING, Studio
from tests.integration.hooks import at_every_call
from tests.integration.inbound import Killed, stored
from tests.integration.outbound import SendLine, waiting_in_lines
from tests.integration.world import CUSTOMER, World


@pytest.fixture
def studio(world: World) -> Studio:
    return Studio(world)


def numbers(count: int) -> str:
    return "to\n" + "\n".join(f"+4915112{at:06}" for at in range(count))


def started(studio: Studio, count: int = 3, **request: Any) -> str:
    broadcast = studio.import_file(numbers(count), **{"template": GREETING, **request})
    studio.order(broadcast.id, "start")
    return broadcast.id


def send_all(studio: Studio) -> None:
    """Steps of the broadcast and of the sender in turn, until both have nothing to do."""
    line = SendLine(studio.world)
    for _ in range(100):
        stepped = studio.step()
        studio.world.clock.sleep(2)
        if studio.world.aws.waiting("send"):
            line.run()
        elif not stepped:
            return
    raise AssertionError("the broadcast does not end")


def sent_to(studio: Studio) -> list[str]:
    return [sent["to"] for sent in studio.world.accepted_by_provider()]


def test_everybody_gets_it_once_with_their_own_values(studio: Studio) -> None:
    text = "to,name,code\n+4915112000001,Mia,A\n+4915112000002,Bob,B\n+4915112000001,Mia again,C\n"
    broadcast = studio.import_file(text)
    studio.order(broadcast.id, "start")
    send_all(studio)
    assert studio.found(broadcast.id).state == "completed"
    bodies = {
        sent["to"]: sent["body"]["template"]["components"] for sent in studio.world.accepted_by_provider()
    }
    texts = {to: [each["text"] for each in parts[0]["parameters"]] for to, parts in bodies.items()}
    assert texts == {"4915112000001": ["Mia", "A"], "4915112000002": ["Bob", "B"]}
    assert [each["state"] for each in studio.recipients(broadcast.id)] == ["sent", "sent", "skipped"]
    message = studio.world.message(studio.channel, studio.recipients(broadcast.id)[0]["message_id"])
    assert (message.broadcast_id, message.wishes.lane) == (broadcast.id, "bulk")


def test_no_more_than_a_few_seconds_of_pace_stand_in_the_lines(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many steps come while nothing is sent."""
    monkeypatch.setattr(feeding, "AHEAD_SECONDS", 0.1)
    broadcast_id = started(studio, 40)
    for _ in range(5):
        studio.step()
    assert len(waiting_in_lines(studio.world)) == 10
    send_all(studio)
    assert sorted(sent_to(studio)) == sorted(set(sent_to(studio)))
    assert len(sent_to(studio)) == 40
    assert studio.found(broadcast_id).state == "completed"


def test_what_is_not_sent_when_it_pauses_waits_and_when_it_is_cancelled_never_leaves(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "AHEAD_SECONDS", 0.1)
    broadcast_id = started(studio, 30)
    studio.step()
    assert studio.order(broadcast_id, "pause")["state"] == "paused"
    studio.run()
    assert len(waiting_in_lines(studio.world)) == 10
    assert studio.order(broadcast_id, "resume")["state"] == "running"
    studio.step()
    assert studio.order(broadcast_id, "cancel")["state"] == "cancelled"
    studio.run()
    states = {each["state"] for each in studio.recipients(broadcast_id)[10:]}
    assert states == {"cancelled"}
    with pytest.raises(BroadcastStateForbids):
        studio.order(broadcast_id, "resume")


def test_messages_of_a_paused_broadcast_that_is_cancelled_leave_the_lines(studio: Studio) -> None:
    broadcast_id = started(studio)
    studio.step()
    studio.order(broadcast_id, "pause")
    SendLine(studio.world).run()
    assert len(waiting_in_lines(studio.world)) == 3
    studio.world.clock.sleep(2)
    studio.order(broadcast_id, "cancel")
    studio.run()
    for _ in range(3):
        SendLine(studio.world).run()
    assert waiting_in_lines(studio.world) == []
    assert [each["state"] for each in studio.recipients(broadcast_id)] == ["cancelled"] * 3
    assert sent_to(studio) == []


def test_a_paused_template_or_channel_holds_it_up_and_says_so(studio: Studio) -> None:
    world, broadcast_id = studio.world, started(studio)
    greeting = world.templates.get(studio.channel.ref, "greeting", "en")
    assert greeting
    paused = Template(**{**vars(greeting), "provider_status": "PAUSED"})
    world.templates.put(studio.channel.ref, paused, over=greeting)
    studio.step()
    assert studio.shown(broadcast_id)["waiting"] == "template_paused"
    world.templates.put(studio.channel.ref, greeting, over=paused)
    world.channels.set_state(studio.channel.ref, "paused")
    studio.step()
    assert studio.shown(broadcast_id)["waiting"] == "channel_paused"
    assert waiting_in_lines(world) == []
    world.channels.set_state(studio.channel.ref, "active")
    send_all(studio)
    assert len(sent_to(studio)) == 3
    assert studio.shown(broadcast_id)["waiting"] is None


def test_who_opted_out_after_the_import_is_skipped(studio: Studio) -> None:
    broadcast = studio.import_file(f"to,name,code\n+{CUSTOMER},Mia,A\n")
    stop = Sighting("2026-11-20T13:00:00.000Z#1", wa_id=CUSTOMER, marketing="stop")
    studio.world.contacts.sight(studio.channel.ref, stop, studio.world.clock())
    studio.order(broadcast.id, "start")
    send_all(studio)
    assert sent_to(studio) == []
    assert studio.recipients(broadcast.id)[0]["reason"]["code"] == "marketing_opted_out"


def test_two_rows_that_turn_out_to_be_one_person_get_one_message(studio: Studio) -> None:
    """At the import nobody knew that the number and the user id are one."""
    broadcast = studio.import_file("to\n+4915112000001\nDE.abc123\n", template=GREETING)
    assert broadcast.forecast
    assert broadcast.forecast.recipients == 2
    both = Sighting("2026-11-20T13:00:00.000Z#1", wa_id="4915112000001", user_id="DE.abc123")
    studio.world.contacts.sight(studio.channel.ref, both, studio.world.clock())
    studio.order(broadcast.id, "start")
    send_all(studio)
    assert sent_to(studio) == ["4915112000001"]
    assert sorted(each["state"] for each in studio.recipients(broadcast.id)) == ["sent", "skipped"]


def test_it_starts_by_itself_at_its_time(studio: Studio) -> None:
    at = studio.world.clock().replace(hour=15)
    made = studio.make(template=GREETING, recipients=[{"to": f"+{CUSTOMER}"}], send_at=at.isoformat())
    for _ in range(6):
        studio.step()
    assert studio.found(made["id"]).state == "ready"
    studio.world.clock.sleep((at - studio.world.clock()).total_seconds())
    send_all(studio)
    assert studio.found(made["id"]).started_at == at
    assert sent_to(studio) == [CUSTOMER]


def test_a_start_given_twice_starts_once(studio: Studio) -> None:
    broadcast_id = started(studio)
    studio.order(broadcast_id, "start")
    studio.order(broadcast_id, "pause")
    studio.order(broadcast_id, "resume")
    send_all(studio)
    assert len(sent_to(studio)) == 3
    with pytest.raises(BroadcastStateForbids):
        studio.order(broadcast_id, "start")


def test_steps_that_come_twice_or_late_feed_nothing_twice(studio: Studio) -> None:
    """And die out: of each number one step goes on."""
    broadcast_id = started(studio, 30)
    for number in (0, 0, 1, 2):
        studio.queue.put(Step(studio.channel.ref, studio.found(broadcast_id).id, "feed", number))
    send_all(studio)
    assert len(sent_to(studio)) == len(set(sent_to(studio))) == 30


@pytest.mark.slow
def test_a_worker_killed_at_any_step_hands_over_nobody_twice_and_forgets_nobody(studio: Studio) -> None:
    """From the look for the file to the last recipient: whichever call was the last that was made."""
    world, known = studio.world, set[str]()
    for at in itertools.count(1):
        made = studio.make(key=str(at), template=GREETING, start=True)
        studio.upload(made, f"to\n+49151{at:06}1\n+49151{at:06}2\n+49151{at:06}1\nx\n")
        killed = killed_before(studio, at)
        while not studio.found(made["id"]).is_fed:
            assert studio.step(), killed
        broadcast = studio.found(made["id"])
        assert broadcast.forecast, killed
        assert (broadcast.forecast.recipients, broadcast.forecast.duplicates) == (2, 1), killed
        states = sorted(each["state"] for each in studio.recipients(broadcast.id))
        assert states == ["failed", "queued", "queued", "skipped"], killed
        items = [item for item in stored(world.aws.messages) if item.get("broadcast_id")]
        messages = {item["id"]: item["to_wa_id"] for item in items if item["sk"] == "message"}
        new = {message_id: to for message_id, to in messages.items() if message_id not in known}
        assert sorted(new.values()) == [f"49151{at:06}1", f"49151{at:06}2"], killed
        assert new.keys() <= {item["message_id"] for item in items if item["pk"].startswith("line#")}, killed
        told = {event["detail"]["broadcast"]["state"] for event in world.aws.events()}
        assert {"importing", "ready", "running"} <= told, killed
        known |= messages.keys()
        studio.order(broadcast.id, "cancel")
        studio.run()
        if killed is None:
            assert at > 30
            return


def killed_before(studio: Studio, at: int) -> str | None:
    """A worker takes steps and dies before its `at`th call; which one that was to be."""
    passed: list[str] = []

    def visit(call: str) -> None:
        passed.extend([call] if call.startswith("before") else [])
        if len(passed) == at and call.startswith("before"):
            raise Killed

    try:
        with at_every_call(studio.world, visit):
            for _ in range(4):
                studio.step()
    except Killed:
        studio.world.clock.sleep(61)
        studio.show_again()
        return passed[-1]
    return None


def test_a_pause_keeps_what_stands_in_the_lines_and_a_resume_lets_it_go(studio: Studio) -> None:
    """Within the second for which the answer is believed."""
    broadcast_id, line = started(studio), SendLine(studio.world)
    studio.step()
    assert len(waiting_in_lines(studio.world)) == 3
    studio.order(broadcast_id, "pause")
    assert len(line.run()) == 3
    studio.world.clock.sleep(600)
    assert len(line.run()) == 3
    assert sent_to(studio) == []
    studio.order(broadcast_id, "resume")
    send_all(studio)
    assert len(sent_to(studio)) == 3
    assert studio.found(broadcast_id).state == "completed"


def test_a_cancellation_cancels_what_stands_in_the_lines(studio: Studio) -> None:
    broadcast_id, line = started(studio), SendLine(studio.world)
    studio.step()
    studio.order(broadcast_id, "cancel")
    assert line.run() == []
    assert sent_to(studio) == []
    assert {one["state"] for one in studio.recipients(broadcast_id)} == {"cancelled"}


def test_a_pause_of_bulk_by_whatsapp_holds_back_no_reply(studio: Studio) -> None:
    """The number was reported too often; who waits for an answer gets it."""
    world, line = studio.world, SendLine(studio.world)
    started(studio)
    studio.step()
    until = world.clock() + timedelta(hours=6)
    world.channels.pause_bulk(studio.channel.ref, world.clock(), until)
    world.customer_writes()
    world.process_all()
    world.send_text(studio.channel, "reply")
    assert len(line.run()) == 3
    assert sent_to(studio) == [CUSTOMER]
    world.clock.advance(hours=6)
    world.send_queue.put_turns(studio.channel.ref)
    line.run_to_end()
    assert len(sent_to(studio)) == 4
