"""What was asked for beside the content is what happens: later, until when, around a closed window."""

from datetime import timedelta
from typing import Any

import pytest

from kanal.channels.model import Channel
from kanal.contacts.identity import phone
from kanal.contacts.merging import merge_contacts
from kanal.errors import TemplateNotSendable, WindowClosed
from kanal.messages.model import as_json
from kanal.sending.accept import get_message
from kanal.templates.sync import sync_templates
from tests.integration.inbound import stored
from tests.integration.outbound import SendLine, fail, ready, refusal, reported, taken_by_provider, write_in
from tests.integration.world import CUSTOMER, PHONE, World

BOB = "4917600000001"
GREETING = {"name": "greeting", "language": {"code": "en"}}
INSTEAD = {"template": GREETING}


def greeting(world: World) -> Channel:
    """A channel with a template, to which the customer has just written."""
    world.control("numbers", {"phone_number": PHONE, "templates": [{"name": "greeting", "language": "en"}]})
    channel = ready(world)
    sync_templates(world.syncing, channel.ref)
    return channel


def send(world: World, channel: Channel, key: str, text: str = "Hello", **options: Any) -> Any:
    body = {"to": f"+{CUSTOMER}", "type": "text", "text": {"body": text}, **options}
    return world.send(channel, key, body)


def ahead(world: World, **delta: float) -> str:
    return (world.clock() + timedelta(**delta)).isoformat()


def run(world: World) -> None:
    """All that can happen now, happens."""
    world.release()
    SendLine(world).run_to_end()


def sent(world: World, customer: str = CUSTOMER) -> list[str]:
    """What the provider took, as texts or names of templates."""
    bodies = [taken["body"] for taken in taken_by_provider(world, customer)]
    return [body["text"]["body"] if "text" in body else body["template"]["name"] for body in bodies]


def state(world: World, channel: Channel, message: Any) -> str:
    return str(world.message(channel, message.id).state)


def close_window(world: World) -> None:
    world.clock.advance(hours=25)


def left_behind(world: World) -> list[str]:
    """Keys of what keeps messages in lines, rooms and lists."""
    keys = [item["pk"] + " " + item["sk"] for item in stored(world.aws.messages)]
    return [key for key in keys if key.startswith(("line#", "parked#", "due#")) and "counter" not in key]


# --- at a time ---


def test_a_message_for_later_waits_for_its_time_and_says_so(world: World) -> None:
    """Not a second earlier, and then at once."""
    channel = ready(world)
    message = send(world, channel, "key-1", send_at=ahead(world, hours=2))
    until = (world.clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert as_json(message)["waiting"] == {"reason": "scheduled_for", "until": until}
    run(world)
    world.clock.advance(hours=2, seconds=-1)
    run(world)
    assert sent(world) == []
    world.clock.advance(seconds=1)
    run(world)
    assert sent(world) == ["Hello"]
    assert "waiting" not in as_json(world.message(channel, message.id))
    assert left_behind(world) == []


def test_a_message_for_the_next_minutes_needs_no_schedule(world: World) -> None:
    """The release queue has it to the second; the list is only what survives everything."""
    channel = ready(world)
    send(world, channel, "key-1", send_at=ahead(world, minutes=15))
    assert world.aws.waiting("release") == 1
    send(world, channel, "key-2", send_at=ahead(world, minutes=15, seconds=1))
    assert world.aws.waiting("release") == 1


def test_what_is_long_overdue_still_goes(world: World) -> None:
    """The schedule did not run for a day; within eight rounds everything is handed out."""
    channel = ready(world)
    for number in range(8):
        send(world, channel, f"key-{number}", f"{number}", send_at=ahead(world, hours=1))
    world.clock.advance(hours=20)
    for _ in range(8):
        run(world)
        world.clock.advance(minutes=1)
    assert sorted(sent(world)) == [str(number) for number in range(8)]


def test_messages_for_the_same_moment_leave_in_the_order_of_acceptance(world: World) -> None:
    """Promise 3; those for an earlier moment first, whenever they were accepted."""
    channel = ready(world)
    at, before = ahead(world, hours=2), ahead(world, hours=1)
    for text in ("one", "two", "three"):
        send(world, channel, text, text, send_at=at)
    send(world, channel, "zero", "zero", send_at=before)
    world.clock.advance(hours=2)
    for _ in range(8):
        run(world)
        world.clock.advance(minutes=1)
    assert sent(world) == ["zero", "one", "two", "three"]


def test_free_form_for_a_time_when_the_window_will_be_closed_is_refused(world: World) -> None:
    """It is known now that it cannot go then, unless the contact writes."""
    channel = ready(world)
    with pytest.raises(WindowClosed, match="will be closed at send_at"):
        send(world, channel, "key-1", send_at=ahead(world, hours=25))
    assert send(world, channel, "key-1", send_at=ahead(world, hours=23)).state == "queued"


# --- until a time ---


@pytest.mark.parametrize("waits_for", ["the channel", "a reply", "its time"])
def test_what_is_worthless_by_now_expires_wherever_it_waits(world: World, waits_for: str) -> None:
    """State, event, and nothing left behind; it is not sent when it could be."""
    channel = greeting(world)
    options: dict[str, Any] = {"expires_at": ahead(world, hours=30)}
    if waits_for == "the channel":
        world.channels.set_state(channel.ref, "paused")
    elif waits_for == "a reply":
        close_window(world)
        options["if_window_closed"] = "park_until_reply"
    else:
        options |= {"send_at": ahead(world, hours=29), "if_window_closed": INSTEAD}
    message = send(world, channel, "key-1", **options)
    world.clock.advance(hours=30 if waits_for != "a reply" else 5)
    world.release()
    assert state(world, channel, message) == "expired"
    assert reported(world) == [(message.id, "expired")]
    world.channels.set_state(channel.ref, "active")
    write_in(world)
    for _ in range(8):
        run(world)
        world.clock.advance(minutes=1)
    assert sent(world) == []
    assert left_behind(world) == []


def test_what_expires_in_the_senders_hands_is_not_sent(world: World) -> None:
    """The last look is right before the bytes go out."""
    channel = ready(world)
    message = send(world, channel, "key-1", expires_at=ahead(world, seconds=10))
    world.clock.advance(seconds=10)
    SendLine(world).run_to_end()
    assert (state(world, channel, message), sent(world)) == ("expired", [])
    assert reported(world) == [(message.id, "expired")]


# --- until a reply ---


def test_a_parked_message_goes_when_the_contact_writes(world: World) -> None:
    """In the order of acceptance, and what is accepted after the reply goes after it."""
    channel = ready(world)
    close_window(world)
    parked = [send(world, channel, text, text, if_window_closed="park_until_reply") for text in ("1", "2")]
    assert as_json(parked[0])["waiting"] == {"reason": "awaiting_reply", "until": None}
    run(world)
    assert sent(world) == []
    world.customer_writes()
    world.process_all()
    world.send_text(channel, "key-3", "3")
    run(world)
    assert sent(world) == ["1", "2", "3"]
    assert not any(part.parked for part in contact_of(world, channel).parts)
    assert [key for key in left_behind(world) if not key.startswith("due#")] == []


def contact_of(world: World, channel: Channel, number: str = CUSTOMER) -> Any:
    return world.contacts.find(channel.ref, phone(number))


def test_with_an_open_window_nothing_is_parked(world: World) -> None:
    """It is only asked for what to do if it is closed."""
    channel = ready(world)
    send(world, channel, "key-1", if_window_closed="park_until_reply")
    SendLine(world).run_to_end()
    assert sent(world) == ["Hello"]


def test_somebody_who_never_wrote_can_be_waited_for(world: World) -> None:
    """The first message to come lets it go."""
    channel = ready(world)
    send(world, channel, "key-1", to=f"+{BOB}", if_window_closed="park_until_reply")
    run(world)
    assert sent(world, BOB) == []
    write_in(world, BOB)
    run(world)
    assert sent(world, BOB) == ["Hello"]


def test_a_reply_to_one_contact_releases_nobody_elses(world: World) -> None:
    channel = ready(world)
    send(world, channel, "key-1", to=f"+{BOB}", if_window_closed="park_until_reply")
    write_in(world)
    run(world)
    assert sent(world, BOB) == []


def test_what_is_due_while_the_window_is_closed_is_parked_then(world: World) -> None:
    """First its time, then the reply."""
    channel = ready(world)
    message = send(
        world, channel, "key-1", send_at=ahead(world, hours=25), if_window_closed="park_until_reply"
    )
    world.clock.advance(hours=25)
    run(world)
    assert as_json(world.message(channel, message.id))["waiting"]["reason"] == "awaiting_reply"
    write_in(world)
    run(world)
    assert sent(world) == ["Hello"]


def test_a_window_that_closes_while_the_message_stands_in_line_parks_it(world: World) -> None:
    """A paused channel, a long backlog: what counts is the window when the bytes would go."""
    channel = ready(world)
    world.channels.set_state(channel.ref, "paused")
    message = send(world, channel, "key-1", if_window_closed="park_until_reply")
    close_window(world)
    world.channels.set_state(channel.ref, "active")
    world.send_queue.put_turns(channel.ref)
    run(world)
    assert as_json(world.message(channel, message.id))["waiting"]["reason"] == "awaiting_reply"
    assert sent(world) == []
    write_in(world)
    run(world)
    assert sent(world) == ["Hello"]


def test_a_window_that_only_whatsapp_knows_to_be_closed_parks_it(world: World) -> None:
    """131047 overrules what we believed."""
    channel = ready(world)
    world.clock.advance(seconds=5)
    fail(world, status=400, body=refusal(131047))
    message = send(world, channel, "key-1", if_window_closed="park_until_reply")
    run(world)
    assert as_json(world.message(channel, message.id))["waiting"]["reason"] == "awaiting_reply"
    assert reported(world) == []
    world.clock.advance(minutes=1)
    write_in(world)
    run(world)
    assert sent(world) == ["Hello"]


def test_a_reply_through_another_part_of_the_person_releases_it(world: World) -> None:
    """Two contacts that are one: the message was parked under the one, the reply comes by the other. (The
    simulator knows two people, so it lets nothing through to the first.)
    """
    channel = ready(world)
    message = send(world, channel, "key-1", to=f"+{BOB}", if_window_closed="park_until_reply")
    bob, mia = contact_of(world, channel, BOB), contact_of(world, channel)
    close_window(world)
    merge_contacts(world.contacts, channel.ref, mia.id, bob.id, world.clock())
    write_in(world)
    run(world)
    assert world.message(channel, message.id).attempts == 1


# --- or else a template ---


def test_while_the_window_is_closed_the_template_goes_instead(world: World) -> None:
    """Once, and the message says so."""
    channel = greeting(world)
    close_window(world)
    message = send(world, channel, "key-1", if_window_closed=INSTEAD)
    run(world)
    assert sent(world) == ["greeting"]
    shown = as_json(world.message(channel, message.id))
    assert (shown["state"], shown["type"], shown["sent_as"]) == ("sent", "text", "template")


def test_while_the_window_is_open_the_message_itself_goes(world: World) -> None:
    channel = greeting(world)
    message = send(world, channel, "key-1", if_window_closed=INSTEAD)
    run(world)
    assert sent(world) == ["Hello"]
    assert "sent_as" not in as_json(world.message(channel, message.id))


def test_after_131047_the_template_goes_instead_once(world: World) -> None:
    """WhatsApp's word on the window counts; a template that it refuses as well ends the message."""
    channel = greeting(world)
    fail(world, status=400, body=refusal(131047))
    message = send(world, channel, "key-1", if_window_closed=INSTEAD)
    run(world)
    assert sent(world) == ["greeting"]
    assert state(world, channel, message) == "sent"
    write_in(world)
    fail(world, times=2, status=400, body=refusal(131047))
    message = send(world, channel, "key-2", if_window_closed=INSTEAD)
    run(world)
    assert state(world, channel, message) == "failed"
    assert sent(world) == ["greeting"]


def test_a_template_that_could_not_go_instead_is_refused_at_once(world: World) -> None:
    """Also while the window is open: whoever relies on it has to know."""
    channel = greeting(world)
    before = stored(world.aws.messages)
    unknown = {"template": {**GREETING, "name": "unknown"}}
    with pytest.raises(TemplateNotSendable):
        send(world, channel, "key-1", if_window_closed=unknown)
    assert stored(world.aws.messages) == before


# --- in doubt ---


@pytest.mark.parametrize("policy", ["hold", "resend", "fail"])
def test_what_becomes_of_a_doubt_is_as_the_message_asked(world: World, policy: str) -> None:
    """Ten minutes later, and not before."""
    channel = ready(world)
    fail(world, kind="drop", accepted=False)
    message = send(world, channel, "key-1", on_unconfirmed=policy)
    run(world)
    world.clock.advance(minutes=9, seconds=50)
    run(world)
    assert state(world, channel, message) == "unconfirmed"
    world.clock.advance(seconds=12)
    run(world)
    ends = {"hold": ("unconfirmed", []), "resend": ("sent", ["Hello"]), "fail": ("failed", [])}
    assert (state(world, channel, message), sent(world)) == ends[policy]
    later = {"hold": [], "resend": [], "fail": [(message.id, "failed")]}
    assert reported(world) == [(message.id, "unconfirmed"), *later[policy]]
    assert left_behind(world) == []


@pytest.mark.parametrize("policy", ["resend", "fail"])
def test_a_status_settles_the_doubt_before_the_policy_does(world: World, policy: str) -> None:
    """What WhatsApp took is neither sent again nor given up."""
    channel = ready(world)
    fail(world, kind="drop")
    message = send(world, channel, "key-1", on_unconfirmed=policy)
    run(world)
    [taken] = taken_by_provider(world)
    ours = {"biz_opaque_callback_data": message.id}
    world.deliver(world.status(taken["wamid"], "delivered", world.clock(), **ours))
    world.process_all()
    world.clock.advance(minutes=10, seconds=1)
    run(world)
    assert (state(world, channel, message), sent(world)) == ("delivered", ["Hello"])


def test_a_status_that_comes_before_the_second_copy_leaves_holds_it_back(world: World) -> None:
    """The doubt was over, the message in line again: the last look sees the status."""
    channel = ready(world)
    fail(world, kind="drop")
    message = send(world, channel, "key-1", on_unconfirmed="resend")
    run(world)
    [taken] = taken_by_provider(world)
    world.clock.advance(minutes=10, seconds=1)
    world.release()
    ours = {"biz_opaque_callback_data": message.id}
    world.deliver(world.status(taken["wamid"], "delivered", world.clock(), **ours))
    world.process_all()
    SendLine(world).run_to_end()
    assert (state(world, channel, message), sent(world)) == ("delivered", ["Hello"])


def test_doubts_in_a_row_wait_longer_each_time_and_end(world: World) -> None:
    """After the fifth copy the doubt stays: something else is wrong."""
    channel = ready(world)
    fail(world, kind="drop", times=20, accepted=False)
    message = send(world, channel, "key-1", on_unconfirmed="resend")
    run(world)
    for minutes in (10, 20, 40, 80, 160, 320, 640, 1280):
        world.clock.advance(minutes=minutes, seconds=2)
        run(world)
    assert state(world, channel, message) == "unconfirmed"
    assert world.message(channel, message.id).attempts == 6
    assert left_behind(world) == []


# --- why it waits ---


def explained(world: World, channel: Channel, message: Any) -> Any:
    return as_json(get_message(world.accepting, channel.ref, message.id)).get("waiting")


def test_a_message_of_a_paused_channel_says_so(world: World) -> None:
    """It is accepted, waits, and goes when the channel is resumed."""
    channel = ready(world)
    world.channels.set_state(channel.ref, "paused")
    message = world.send_text(channel, "key-1")
    assert as_json(message)["waiting"] == {"reason": "channel_paused", "until": None}
    assert explained(world, channel, message) == {"reason": "channel_paused", "until": None}


def test_a_message_in_line_says_when_its_turn_may_come(world: World) -> None:
    """By its place, the eight lines and the pace: 8 places at 80 a second are 0.8 seconds."""
    channel = ready(world)
    messages = [world.send_text(channel, f"key-{number}") for number in range(9)]
    until = (world.clock() + timedelta(milliseconds=800)).strftime("%Y-%m-%dT%H:%M:%S.800Z")
    assert explained(world, channel, messages[-1]) == {"reason": "channel_pace", "until": until}


def test_a_message_that_was_put_off_says_why_and_until_when(world: World) -> None:
    """And so do those to the same contact that stand behind it."""
    channel = ready(world)
    fail(world, status=429)
    messages = [world.send_text(channel, f"key-{number}") for number in range(2)]
    SendLine(world).run()
    for message in messages:
        assert explained(world, channel, message)["reason"] == "provider_busy"


def test_what_does_not_wait_says_nothing(world: World) -> None:
    channel = ready(world)
    message = world.send_text(channel, "key-1")
    SendLine(world).run_to_end()
    assert explained(world, channel, message) is None
