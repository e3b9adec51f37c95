"""Every kind of outbound message: accepted, sent, taken by the provider as it was asked for."""

from typing import Any, Literal

import pytest

from kanal.channels.model import Channel
from kanal.contacts.model import Sighting
from kanal.errors import (
    InvalidRequest,
    MarketingOptedOut,
    MessageNotReferable,
    PhoneNumberRequired,
    WindowClosed,
)
from kanal.ids import MessageId, Wamid, inbound_message_id
from kanal.messages.model import as_json
from kanal.templates.sync import sync_templates
from kanal.times import rfc3339
from scripts.messages import MESSAGES
from tests.integration.inbound import message, messages, put
from tests.integration.outbound import SendLine, ready, taken_by_provider, write_in
from tests.integration.world import API_KEY, CUSTOMER, PHONE, World

UPLOADS = {"uploaded image"}
"""Examples that need a file in the bucket: see test_uploads.py."""
FREE_FORM = [name for name, body in MESSAGES.items() if body["type"] != "template" and name not in UPLOADS]
OF_TEMPLATES = [name for name, body in MESSAGES.items() if body["type"] == "template"]
OTHER = "4917600000001"

_URL = {"type": "URL", "text": "Look", "url": "https://example.com/{{1}}"}
_REPLY = {"type": "QUICK_REPLY", "text": "Stop"}
_IMAGE = {"type": "HEADER", "format": "IMAGE"}
_CARDS = [{"components": [_IMAGE, {"type": "BUTTONS", "buttons": [_REPLY]}]}] * 2
CATEGORIES = {"login_code": "AUTHENTICATION", "spring_sale": "MARKETING"}
COMPONENTS: dict[str, list[dict[str, Any]]] = {
    "order_ready": [{"type": "BODY", "text": "Hello {{1}}!"}],
    "order_shipped": [
        _IMAGE,
        {"type": "BODY", "text": "Hello {{first_name}}!"},
        {"type": "BUTTONS", "buttons": [_REPLY, _URL]},
    ],
    "invoice": [{"type": "HEADER", "format": "LOCATION"}, {"type": "BODY", "text": "Pay {{1}} until {{2}}."}],
    "login_code": [{"type": "BODY", "text": "{{1}} is your code."}, {"type": "BUTTONS", "buttons": [_URL]}],
    "spring_sale": [
        {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Hurry", "has_expiration": True}},
        {"type": "BODY", "text": "Spring!"},
        {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "example": "X"}]},
    ],
    "new_flowers": [{"type": "BODY", "text": "New flowers."}, {"type": "CAROUSEL", "cards": _CARDS}],
    "book": [
        {"type": "BODY", "text": "Book now."},
        {
            "type": "BUTTONS",
            "buttons": [{"type": "FLOW", "text": "Book"}, {"type": "VOICE_CALL", "text": "Call"}],
        },
    ],
    "catalog": [
        {"type": "BODY", "text": "Look."},
        {"type": "BUTTONS", "buttons": [{"type": "CATALOG", "text": "All"}, {"type": "MPM", "text": "Some"}]},
    ],
}


def with_templates(world: World, channel: Channel) -> None:
    made = [
        {
            "name": name,
            "language": "en",
            "category": CATEGORIES.get(name, "UTILITY"),
            "components": components,
        }
        for name, components in COMPONENTS.items()
    ]
    world.control("numbers", {"phone_number": PHONE, "api_key": API_KEY, "templates": made})
    sync_templates(world.syncing, channel.ref)


def inbound(
    world: World, channel: Channel, text: str = "Hi", sender: str = CUSTOMER
) -> tuple[MessageId, str]:
    """Our id and WhatsApp's of what a customer writes now."""
    wamid = world.customer_writes(text, sender=sender)["wamid"]
    world.process_all()
    world.aws.events()
    return inbound_message_id(channel.ref, Wamid(wamid)), wamid


def referring(body: dict[str, Any], message_id: str) -> dict[str, Any]:
    """The example, about a message that there is."""
    if body["type"] == "reaction":
        return {**body, "reaction": {**body["reaction"], "message_id": message_id}}
    return {**body, "context": {"message_id": message_id}} if "context" in body else body


# --- every kind ---


@pytest.mark.parametrize("name", FREE_FORM)
def test_a_free_form_message_of_each_kind_goes_out_as_it_was_asked_for(world: World, name: str) -> None:
    """Accepted, sent by the worker, taken by the provider, shown with its content."""
    channel = ready(world)
    message_id, wamid = inbound(world, channel)
    body = MESSAGES[name]
    message = world.send(channel, "key-1", referring(body, message_id))
    SendLine(world).run_to_end()
    [sent] = taken_by_provider(world)
    wanted = referring(body, wamid)
    assert sent["body"][body["type"]] == wanted[body["type"]]
    assert sent["body"].get("context") == wanted.get("context")
    shown = as_json(world.message(channel, message.id))
    assert (shown["state"], shown[body["type"]]) == ("sent", wanted[body["type"]])
    assert shown.get("context") == wanted.get("context")


@pytest.mark.parametrize("name", OF_TEMPLATES)
def test_a_template_with_each_kind_of_component_goes_out(world: World, name: str) -> None:
    """Header, body, buttons, cards and offers, filled in as the template wants."""
    channel = ready(world)
    with_templates(world, channel)
    message = world.send(channel, "key-1", MESSAGES[name])
    SendLine(world).run_to_end()
    [sent] = taken_by_provider(world)
    assert sent["body"]["template"]["components"] == MESSAGES[name]["template"]["components"]
    assert world.message(channel, message.id).state == "sent"


@pytest.mark.parametrize("name", FREE_FORM)
def test_free_form_of_each_kind_needs_an_open_window(world: World, name: str) -> None:
    """Only templates reach a person who has not written for a day."""
    channel = ready(world)
    world.clock.advance(hours=24)
    with pytest.raises(WindowClosed):
        world.send(channel, "key-1", MESSAGES[name])


# --- answers and reactions ---


def test_a_message_of_ours_can_be_quoted_and_reacted_to_once_it_is_sent(world: World) -> None:
    """By our id; WhatsApp is told its own."""
    channel, line = ready(world), SendLine(world)
    first = world.send_text(channel, "key-1")
    line.run_to_end()
    wamid = world.message(channel, first.id).wamid
    answer = world.send(channel, "key-2", referring(MESSAGES["text that answers"], first.id))
    reaction = world.send(channel, "key-3", referring(MESSAGES["reaction"], first.id))
    assert answer.context == {"message_id": wamid}
    assert reaction.content["message_id"] == wamid


def test_whatsapps_own_id_is_taken_as_it_is(world: World) -> None:
    """The message may be older than this deployment."""
    channel = ready(world)
    message = world.send(channel, "key-1", referring(MESSAGES["text that answers"], "wamid.of-long-ago"))
    assert message.context == {"message_id": "wamid.of-long-ago"}


@pytest.mark.parametrize(("name", "pointer"), [("text that answers", "/context"), ("reaction", "/reaction")])
def test_only_a_message_of_the_same_contact_can_be_referred_to(world: World, name: str, pointer: str) -> None:
    """Another's words must not be shown to this person."""
    channel = ready(world)
    of_another, _ = inbound(world, channel, sender=OTHER)
    for message_id, code in (
        (of_another, "message_of_another_contact"),
        ("msg_" + "a" * 26, "message_unknown"),
    ):
        with pytest.raises(InvalidRequest) as refusal:
            world.send(channel, "key-1", referring(MESSAGES[name], message_id))
        [error] = refusal.value.errors
        assert (error.pointer, error.code) == (f"{pointer}/message_id", code)


@pytest.mark.parametrize("name", ["text that answers", "reaction"])
def test_a_message_that_is_not_sent_cannot_be_referred_to(world: World, name: str) -> None:
    """WhatsApp has no id of it."""
    channel = ready(world)
    waiting = world.send_text(channel, "key-1")
    with pytest.raises(MessageNotReferable, match="is queued") as refusal:
        world.send(channel, "key-2", referring(MESSAGES[name], waiting.id))
    assert refusal.value.facts == {"because": "not_sent"}


def test_a_reaction_to_what_is_older_than_30_days_is_refused_and_an_answer_is_not(world: World) -> None:
    """WhatsApp refuses the one later, and leaves the quoted text out of the other."""
    channel = ready(world)
    message_id, _ = inbound(world, channel)
    world.clock.advance(days=30, seconds=-1)
    write_in(world)
    world.send(channel, "key-1", referring(MESSAGES["reaction"], message_id))
    world.clock.advance(seconds=1)
    with pytest.raises(MessageNotReferable, match="older than 30 days") as refusal:
        world.send(channel, "key-2", referring(MESSAGES["reaction"], message_id))
    assert refusal.value.facts == {"because": "too_old"}
    world.send(channel, "key-3", referring(MESSAGES["text that answers"], message_id))


def test_a_reaction_to_a_reaction_is_refused(world: World) -> None:
    """WhatsApp refuses it later."""
    channel, line = ready(world), SendLine(world)
    message_id, _ = inbound(world, channel)
    reaction = world.send(channel, "key-1", referring(MESSAGES["reaction"], message_id))
    line.run_to_end()
    with pytest.raises(MessageNotReferable, match="is a reaction") as refusal:
        world.send(channel, "key-2", referring(MESSAGES["reaction"], reaction.id))
    assert refusal.value.facts == {"because": "is_a_reaction"}


@pytest.mark.parametrize("name", ["text that answers", "reaction"])
def test_a_message_of_a_group_cannot_be_referred_to(world: World, name: str) -> None:
    """What was said among several is not quoted to one of them."""
    channel = ready(world)
    put(world, channel, messages(message("wamid.of-a-group", group_id="g1")))
    world.process_all()
    target = inbound_message_id(channel.ref, Wamid("wamid.of-a-group"))
    with pytest.raises(MessageNotReferable) as refusal:
        world.send(channel, "key-1", referring(MESSAGES[name], target))
    assert refusal.value.facts == {"because": "in_a_group"}


def test_a_repeated_answer_is_the_same_message(world: World) -> None:
    """Also when what it quotes could not be quoted any more."""
    channel = ready(world)
    message_id, _ = inbound(world, channel)
    body = referring(MESSAGES["reaction"], message_id)
    first = world.send(channel, "key-1", body)
    world.clock.advance(days=31)
    assert world.send(channel, "key-1", body).id == first.id


# --- who may be sent what ---


def test_a_one_time_code_needs_a_phone_number(world: World) -> None:
    """WhatsApp would refuse it with 131062; a person with a number gets it."""
    channel = ready(world)
    with_templates(world, channel)
    code = MESSAGES["one-time code"]
    with pytest.raises(PhoneNumberRequired, match="request_contact_info"):
        world.send(channel, "key-1", {**code, "to": "DE.1234567890"})
    world.send(channel, "key-2", {**MESSAGES["template"], "to": "DE.1234567890"})
    with pytest.raises(PhoneNumberRequired):
        world.send(channel, "key-3", {**code, "to": "DE.1234567890"})
    assert world.send(channel, "key-4", code).state == "queued"


def test_marketing_is_not_sent_to_who_stopped_it(world: World) -> None:
    """Everything else still is; and marketing again once they resume."""
    channel = ready(world)
    with_templates(world, channel)
    _wishes(world, channel, "stop")
    with pytest.raises(MarketingOptedOut, match="spring_sale is marketing"):
        world.send(channel, "key-1", MESSAGES["template with an offer"])
    assert world.send(channel, "key-2", MESSAGES["template"]).state == "queued"
    assert world.send_text(channel, "key-3").state == "queued"
    _wishes(world, channel, "resume")
    assert world.send(channel, "key-4", MESSAGES["template with an offer"]).state == "queued"


def _wishes(world: World, channel: Channel, marketing: Literal["stop", "resume"]) -> None:
    """As WhatsApp's user_preferences webhook tells."""
    world.clock.advance(seconds=1)
    at = rfc3339(world.clock())
    world.contacts.sight(channel.ref, Sighting(at, wa_id=CUSTOMER, marketing=marketing), world.clock())


def test_what_waits_for_a_contact_goes_out_in_order_whatever_its_kind(world: World) -> None:
    """Promise 3: kinds are mixed in one queue."""
    channel, line = ready(world), SendLine(world)
    message_id, _ = inbound(world, channel)
    names = ["text", "image", "reply buttons", "reaction", "location", "text that answers"]
    for number, name in enumerate(names):
        world.send(channel, f"key-{number}", referring(MESSAGES[name], message_id))
        world.clock.advance(seconds=1)
    line.run_to_end()
    assert [sent["body"]["type"] for sent in taken_by_provider(world)] == [
        MESSAGES[name]["type"] for name in names
    ]
