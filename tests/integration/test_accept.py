"""Accepting a message: what is refused costs nothing, what is accepted goes out once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from kanal.channels.configure import disconnect_channel
from kanal.channels.model import Channel, State
from kanal.contacts.identity import phone
from kanal.errors import (
    ChannelCannotSend,
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    QueueUnavailable,
    TemplateNotSendable,
    WindowClosed,
)
from kanal.ids import ChannelRef, WorkspaceId
from kanal.sending.accept import get_message
from kanal.sending.queue import SendQueue
from kanal.templates.sync import sync_templates
from kanal.times import rfc3339
from tests.integration.aws import boto
from tests.integration.outbound import SendLine, ready, taken_by_provider
from tests.integration.world import API_KEY, CUSTOMER, PHONE, World

TEMPLATES: list[dict[str, Any]] = [
    {
        "name": "order_shipped",
        "language": "de",
        "components": [{"type": "BODY", "text": "Hallo {{1}}, Ihr Paket {{2}} kommt."}],
    },
    {"name": "new_offer", "language": "de", "status": "PENDING"},
    {"name": "old_offer", "language": "de", "status": "PAUSED"},
]


def stored(world: World) -> dict[str, int]:
    """How many items the tables of messages and contacts hold, and what waits to be sent."""
    tables = (world.aws.messages, world.aws.contacts)
    counts = {name: boto("dynamodb").scan(TableName=name, Select="COUNT")["Count"] for name in tables}
    return {**counts, "queue": world.aws.waiting("send")}


def with_templates(world: World, channel: Channel) -> None:
    world.control("numbers", {"phone_number": PHONE, "api_key": API_KEY, "templates": TEMPLATES})
    sync_templates(world.syncing, channel.ref)


def template(
    name: str = "order_shipped", parameters: tuple[str, ...] = ("Mia", "A-17"), language: str = "de"
) -> Any:
    body = {"type": "body", "parameters": [{"type": "text", "text": text} for text in parameters]}
    content = {"name": name, "language": {"code": language}, "components": [body] if parameters else []}
    return {"to": f"+{CUSTOMER}", "type": "template", "template": content}


# --- the window ---


def test_a_text_in_an_open_window_is_stored_and_queued(world: World) -> None:
    """A reply within 24 hours of the customer's message is accepted."""
    channel = ready(world)
    message = world.send_text(channel, "key-1", "Hello Mia")
    assert world.message(channel, message.id) == message
    assert (message.state, message.content) == ("queued", {"body": "Hello Mia"})
    assert world.aws.waiting("send") == 1


def test_a_text_after_24_hours_is_refused_with_the_ways_out(world: World) -> None:
    """The refusal names the window's end and the template as the way out, and leaves nothing behind."""
    channel = ready(world)
    until = rfc3339(world.clock().replace(microsecond=0) + timedelta(hours=24))
    before = stored(world)
    world.clock.advance(hours=24)
    with pytest.raises(WindowClosed) as refusal:
        world.send_text(channel, "key-1")
    assert f"open until {until}" in refusal.value.detail
    assert '"type": "template"' in refusal.value.detail
    assert refusal.value.facts["window"] == {
        "open": False,
        "open_until": until,
        "free_entry_point_until": None,
    }
    assert stored(world) == before


def test_a_text_to_somebody_who_never_wrote_is_refused_and_makes_no_contact(world: World) -> None:
    """A stranger's window was never open; refusing them leaves no trace of them."""
    channel = ready(world)
    before = stored(world)
    with pytest.raises(WindowClosed, match="has not written yet") as refusal:
        world.send_text(channel, "key-1", to="+4917600000001")
    assert refusal.value.facts["window"] == {
        "open": False,
        "open_until": None,
        "free_entry_point_until": None,
    }
    assert stored(world) == before
    assert world.contacts.find(channel.ref, phone("4917600000001")) is None


# --- recipients ---


@pytest.mark.parametrize(
    "spelling",
    [f"+{CUSTOMER}", "+49 151 1234-5678", "+49 (0)151 12345678", "0151 12345678", "0049 151 12345678"],
)
def test_every_spelling_of_a_number_reaches_the_same_contact(world: World, spelling: str) -> None:
    """People write numbers as they like; the message goes to the id that WhatsApp gave us."""
    channel = ready(world, default_country="DE")
    message = world.send_text(channel, "key-1", to=spelling)
    assert message.address.wa_id == CUSTOMER
    assert message.contact_id == world.send_text(channel, "key-2").contact_id


def test_a_contact_id_and_a_user_id_reach_the_contact(world: World) -> None:
    """A platform may name the person by our id or by WhatsApp's business-scoped one."""
    channel = ready(world)
    known = world.send_text(channel, "key-1")
    contact = world.contacts.get(channel.ref, known.contact_id)
    assert contact is not None
    assert contact.user_id is not None
    for number, to in enumerate((contact.id, contact.user_id)):
        assert world.send_text(channel, f"other-{number}", to=to).contact_id == contact.id


def test_an_unknown_contact_id_is_not_found(world: World) -> None:
    """A contact id of another channel, or of nobody, reaches nobody."""
    channel = ready(world)
    before = stored(world)
    with pytest.raises(NotFound, match="no contact con_"):
        world.send_text(channel, "key-1", to="con_" + "a" * 26)
    assert stored(world) == before


@pytest.mark.parametrize("to", ["0151 12345678", "Mia", "+12", "12345", "con_short"])
def test_what_is_no_recipient_is_refused_with_a_pointer(world: World, to: str) -> None:
    """A number without country code, in a channel without a default country, is nobody's."""
    channel = ready(world)
    with pytest.raises(InvalidRequest) as refusal:
        world.send_text(channel, "key-1", to=to)
    assert [error.pointer for error in refusal.value.errors] == ["/to"]


@pytest.mark.parametrize(
    "to", ["https://wa.me/4915112345678", "5511912345678", "2026-11-23", "con_zzzz1234567"]
)
def test_a_default_country_makes_nobody_of_what_is_no_number_there(world: World, to: str) -> None:
    """A message would otherwise go to a stranger."""
    channel = ready(world, default_country="DE")
    before = stored(world)
    with pytest.raises(InvalidRequest) as refusal:
        world.send_text(channel, "key-1", to=to)
    assert [error.code for error in refusal.value.errors] == ["recipient_invalid"]
    assert stored(world) == before


def test_a_template_to_somebody_new_makes_one_contact(world: World) -> None:
    """A business may write first; when the person answers they are the same contact."""
    channel = ready(world)
    with_templates(world, channel)
    stranger = "4917600000001"
    first = world.send(channel, "key-1", {**template(), "to": f"+{stranger}"})
    second = world.send(channel, "key-2", {**template(), "to": f"+{stranger}"})
    world.customer_writes(sender=stranger)
    world.process_all()
    [received] = [
        event["detail"] for event in world.aws.events() if event["detail-type"] == "message.received"
    ]
    assert first.contact_id == second.contact_id == received["contact"]["id"]


# --- templates ---


def test_an_approved_template_with_its_parameters_goes_out_without_a_window(world: World) -> None:
    """A template is what reaches a person whose window is closed."""
    channel = ready(world)
    with_templates(world, channel)
    world.clock.advance(hours=30)
    message = world.send(channel, "key-1", template())
    SendLine(world).run_to_end()
    [sent] = taken_by_provider(world)
    assert sent["body"]["template"] == {
        "name": "order_shipped",
        "language": {"code": "de", "policy": "deterministic"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "Mia"}, {"type": "text", "text": "A-17"}],
            }
        ],
    }
    assert world.message(channel, message.id).state == "sent"


@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        (template("unheard_of"), "knows no template unheard_of in language de"),
        (template(language="fr"), "knows no template order_shipped in language fr"),
        (template("new_offer", ()), "is submitted; only approved"),
        (template("old_offer", ()), "is paused; only approved"),
    ],
    ids=["unknown", "another language", "in review", "paused"],
)
def test_a_template_that_cannot_be_sent_is_refused_in_words(
    world: World, request_body: Any, words: str
) -> None:
    """WhatsApp would refuse it later; the caller learns it now, and nothing is stored."""
    channel = ready(world)
    with_templates(world, channel)
    before = stored(world)
    with pytest.raises(TemplateNotSendable, match=words):
        world.send(channel, "key-1", request_body)
    assert stored(world) == before


@pytest.mark.parametrize("parameters", [(), ("Mia",), ("Mia", "A-17", "one more")])
def test_parameters_that_do_not_fit_the_template_are_refused(
    world: World, parameters: tuple[str, ...]
) -> None:
    """The refusal says how many the template takes and how many came."""
    channel = ready(world)
    with_templates(world, channel)
    before = stored(world)
    with pytest.raises(InvalidRequest, match=f"takes 2 parameters, {len(parameters)} are given"):
        world.send(channel, "key-1", template(parameters=parameters))
    assert stored(world) == before


def test_half_a_character_is_refused_before_it_reaches_the_worker(world: World) -> None:
    """No request could carry it to WhatsApp; the message would end in doubt."""
    channel = ready(world)
    with_templates(world, channel)
    with pytest.raises(ValidationError, match="string_unicode"):
        world.send(channel, "key-1", template(parameters=("Mia", "\ud800")))


# --- the idempotency key ---


def test_a_repeated_key_gives_the_same_message_and_sends_once(world: World) -> None:
    """A caller that lost our answer repeats the request: before sending, after it, and long after it."""
    channel, line = ready(world), SendLine(world)
    first = world.send_text(channel, "key-1")
    assert world.send_text(channel, "key-1") == first
    line.run_to_end()
    again = world.send_text(channel, "key-1")
    line.run_to_end()
    assert (again.id, again.state) == (first.id, "sent")
    assert len(taken_by_provider(world)) == 1


def test_a_repetition_after_the_window_closed_still_gets_the_first_answer(world: World) -> None:
    """The rules were checked when the message was accepted; they are not checked again."""
    channel = ready(world)
    first = world.send_text(channel, "key-1")
    SendLine(world).run_to_end()
    world.clock.advance(hours=25)
    world.channels.set_state(channel.ref, "restricted")
    assert world.send_text(channel, "key-1").id == first.id


@pytest.mark.parametrize("change", [{"text": "Another text"}, {"to": "+4917600000001"}])
def test_a_key_used_again_for_another_message_is_refused(world: World, change: dict[str, str]) -> None:
    """A key that names two messages is a mistake of the caller's, and nothing is sent for it."""
    channel = ready(world)
    world.send_text(channel, "key-1")
    before = stored(world)
    with pytest.raises(IdempotencyKeyReused):
        world.send_text(channel, "key-1", **change)
    assert stored(world) == before


def test_the_repetition_finishes_what_a_failing_queue_left(world: World) -> None:
    """Stored but not queued: the caller is told to repeat, and the repetition sends it once."""
    channel = ready(world)
    broken = SendQueue(world.aws.queues["send"] + "-that-is-gone", world.aws.client("sqs"))
    working = world.accepting
    world.accepting = replace(working, places=replace(working.places, queue=broken))
    with pytest.raises(QueueUnavailable, match="same Idempotency-Key"):
        world.send_text(channel, "key-1")
    with pytest.raises(QueueUnavailable):
        world.send_text(channel, "key-1")
    world.accepting = working
    message = world.send_text(channel, "key-1")
    SendLine(world).run_to_end()
    assert world.message(channel, message.id).state == "sent"
    assert len(taken_by_provider(world)) == 1


# --- the channel ---


@pytest.mark.parametrize("state", ["credentials_invalid", "payment_required", "restricted"])
def test_a_channel_that_may_not_send_refuses_and_says_why(world: World, state: State) -> None:
    """Nothing is queued behind a channel that could not send it."""
    channel = ready(world)
    before = stored(world)
    world.channels.set_state(channel.ref, state)
    with pytest.raises(ChannelCannotSend) as refusal:
        world.send_text(channel, "key-1")
    assert refusal.value.facts["state"] == state
    assert refusal.value.detail.endswith(".")
    assert stored(world) == before


def test_a_disconnected_channel_refuses_to_send(world: World) -> None:
    """Its messages stay readable; it sends no more."""
    channel = ready(world)
    message = world.send_text(channel, "key-1")
    disconnect_channel(world.channels, world.providers, channel.ref)
    with pytest.raises(ChannelCannotSend, match="disconnected"):
        world.send_text(channel, "key-2")
    assert get_message(world.accepting, channel.ref, message.id).id == message.id


def test_a_channel_of_another_workspace_is_not_found(world: World) -> None:
    """Neither sending nor reading tells whether the channel exists elsewhere."""
    channel = ready(world)
    message = world.send_text(channel, "key-1")
    foreign = replace(channel, ref=ChannelRef(WorkspaceId("rival"), channel.ref.channel_id))
    before = stored(world)
    with pytest.raises(NotFound, match="no channel"):
        world.send_text(foreign, "key-2")
    with pytest.raises(NotFound, match="no channel"):
        get_message(world.accepting, foreign.ref, message.id)
    assert stored(world) == before
