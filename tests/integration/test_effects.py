"""What a refusal says beyond its message is remembered, be it the answer to a send or a later status."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kanal.channels.model import Channel
from kanal.channels.model import as_json as channel_as_json
from kanal.contacts.identity import phone
from kanal.contacts.model import Contact
from kanal.contacts.view import as_json
from kanal.errors import ChannelCannotSend, MarketingOptedOut, MarketingSuppressed, TemplateNotSendable
from kanal.messages.model import Message
from kanal.messages.model import as_json as message_as_json
from kanal.templates.model import Template
from kanal.templates.sync import sync_templates
from tests.integration.outbound import SendLine, fail, ready, refusal
from tests.integration.world import CUSTOMER, PHONE, START, World, webhook_body

_OFFER = {"name": "offer", "language": "en", "category": "MARKETING"}
_BILL = {"name": "bill", "language": "en"}
Refuse = Callable[[int], Message]


@pytest.fixture
def channel(world: World) -> Channel:
    world.control("numbers", {"phone_number": PHONE, "templates": [_OFFER, _BILL]})
    channel = ready(world)
    world.clock.advance(minutes=1)
    sync_templates(world.syncing, channel.ref)
    world.clock.advance(minutes=1)
    return channel


@pytest.fixture(params=["answer", "status"])
def refuse(request: pytest.FixtureRequest, world: World, channel: Channel) -> Refuse:
    """Sends the offer, and has it refused with that code in one of both ways."""
    if request.param == "answer":
        return lambda code: _refused_at_once(world, channel, code)
    return lambda code: _refused_later(world, channel, code)


def send(world: World, channel: Channel, template: str = "offer") -> Message:
    content = {"name": template, "language": {"code": "en"}}
    message: Message = world.send(
        channel, world.tokens(), {"to": f"+{CUSTOMER}", "type": "template", "template": content}
    )
    return message


def _refused_at_once(world: World, channel: Channel, code: int) -> Message:
    fail(world, status=400, body=refusal(code))
    message = send(world, channel)
    SendLine(world).run()
    return message


def _refused_later(world: World, channel: Channel, code: int) -> Message:
    message = send(world, channel)
    SendLine(world).run()
    wamid = world.message(channel, message.id).wamid
    report_failure(world, wamid, code)
    return message


def report_failure(world: World, wamid: str, code: int | str, age: timedelta = timedelta(0)) -> None:
    errors = [{"code": code, "title": "Title of WhatsApp"}]
    world.deliver(world.status(wamid, "failed", world.clock() - age, errors=errors))
    world.process_all()


def errors_of(world: World, channel: Channel, message: Message) -> list[Any]:
    shown: list[Any] = message_as_json(world.message(channel, message.id))["errors"]
    return shown


def events(world: World, kind: str) -> list[dict[str, Any]]:
    return [event["detail"] for event in world.aws.events() if event["detail-type"] == kind]


def contact_of(world: World, channel: Channel) -> Contact:
    contact = world.contacts.find(channel.ref, phone(CUSTOMER))
    assert contact is not None
    return contact


def template_of(world: World, channel: Channel) -> Template:
    template = world.templates.get(channel.ref, "offer", "en")
    assert template is not None
    return template


# --- the person ---


def test_who_got_enough_marketing_gets_none_for_a_day(world: World, channel: Channel, refuse: Refuse) -> None:
    """WhatsApp's 131049: not sooner than in 24 hours; what is no marketing goes through."""
    refuse(131049)
    until = as_json(contact_of(world, channel), world.clock())["marketing"]["suppressed_until"]
    with pytest.raises(MarketingSuppressed, match=r"takes none before 2026-11-21T12:0") as suppressed:
        send(world, channel)
    assert suppressed.value.facts == {"until": until}
    send(world, channel, "bill")
    world.clock.advance(hours=23, minutes=59)
    with pytest.raises(MarketingSuppressed):
        send(world, channel)
    world.clock.advance(minutes=2)
    send(world, channel)
    shown = as_json(contact_of(world, channel), world.clock())
    assert shown["marketing"] == {"opted_out": False, "changed_at": None, "suppressed_until": None}


def test_who_stopped_marketing_gets_no_more_and_the_platform_is_told(
    world: World, channel: Channel, refuse: Refuse
) -> None:
    """Promise 12: an answer to a send tells it as a status does."""
    refuse(131050)
    [told] = events(world, "contact.marketing")
    assert (told["marketing"], told["contact"]["marketing"]["opted_out"]) == ("stop", True)
    with pytest.raises(MarketingOptedOut):
        send(world, channel)
    send(world, channel, "bill")


def test_a_window_that_whatsapp_says_is_closed_is_closed(
    world: World, channel: Channel, refuse: Refuse
) -> None:
    """Promise 7: its word overrules what we believed."""
    assert contact_of(world, channel).window.is_open(world.clock())
    refuse(131047)
    assert not contact_of(world, channel).window.is_open(world.clock())


# --- the channel ---


@pytest.mark.parametrize(
    ("code", "state"),
    [(190, "credentials_invalid"), (131042, "payment_required"), (131031, "restricted"), (210, "restricted")],
)
def test_a_channel_that_cannot_send_stops_and_says_so_once(
    world: World, channel: Channel, refuse: Refuse, code: int, state: str
) -> None:
    """Promise 12: with words that say what to do, in the event and to whoever sends next."""
    refuse(code)
    [told] = events(world, "channel.stopped")
    assert (told["channel_id"], told["state"]) == (channel.ref.channel_id, state)
    with pytest.raises(ChannelCannotSend) as refused:
        send(world, channel)
    assert refused.value.detail == told["advice"]
    report_failure(world, "wamid.of-other-software", code)
    assert events(world, "channel.stopped") == []


@pytest.mark.parametrize("code", [131048, 131064])
def test_a_number_that_is_reported_as_spam_holds_bulk_for_hours(
    world: World, channel: Channel, refuse: Refuse, code: int
) -> None:
    """Many are refused at once: that is one pause, it ends by itself, and messages are accepted meanwhile."""
    first = world.clock()
    refuse(code)
    world.clock.advance(minutes=10)
    refuse(code)
    [told] = events(world, "channel.bulk_paused")
    found = world.channels.get(channel.ref)
    assert found.state == "active"
    assert found.bulk_paused_until is not None
    assert timedelta(hours=6) <= found.bulk_paused_until - first < timedelta(hours=6, minutes=1)
    assert channel_as_json(found)["bulk_paused_until"] == told["until"]
    world.clock.advance(hours=6)
    report_failure(world, "wamid.of-other-software", code)
    assert len(events(world, "channel.bulk_paused")) == 1


@pytest.mark.parametrize(("age_minutes", "state"), [(14, "payment_required"), (16, "active")])
def test_a_status_that_comes_late_stops_no_channel(
    world: World, channel: Channel, age_minutes: int, state: str
) -> None:
    """Webhooks are repeated for days: the invoice may be paid by now."""
    report_failure(world, "wamid.of-other-software", 131042, timedelta(minutes=age_minutes))
    assert world.channels.get(channel.ref).state == state


def test_a_status_of_other_softwares_message_tells_of_the_person_too(world: World, channel: Channel) -> None:
    """Several may send through one number; codes may come as text."""
    report_failure(world, "wamid.of-other-software", "131049")
    with pytest.raises(MarketingSuppressed):
        send(world, channel)


@pytest.mark.parametrize(
    ("code", "status", "is_open"), [(131047, "approved", False), (132016, "disabled", True)]
)
def test_a_status_that_overtakes_the_answer_counts_as_soon_as_the_message_is_known(
    world: World, channel: Channel, code: int, status: str, is_open: bool
) -> None:
    """Until then nobody knows whose window or which template it is about."""
    report_failure(world, "wamid.early", code)
    fail(world, status=200, body={"messages": [{"id": "wamid.early"}]})
    message = send(world, channel)
    SendLine(world).run()
    assert world.message(channel, message.id).state == "failed"
    assert contact_of(world, channel).window.is_open(world.clock()) is is_open
    assert template_of(world, channel).status == status


# --- the template ---


@pytest.mark.parametrize(("code", "status"), [(132015, "paused"), (132016, "disabled")])
def test_a_template_that_whatsapp_stopped_is_not_sent_again(
    world: World, channel: Channel, refuse: Refuse, code: int, status: str
) -> None:
    """At once, without waiting for its webhook; told once, however many messages were under way."""
    refuse(code)
    assert (template_of(world, channel).status, template_of(world, channel).provider_status) == (
        status,
        status.upper(),
    )
    [told] = events(world, "template.updated")
    assert (told["aspect"], told["name"], told["template"]["status"]) == ("status", "offer", status)
    with pytest.raises(TemplateNotSendable, match=f"offer in language en is {status}"):
        send(world, channel)
    report_failure(world, "wamid.of-other-software", code)
    assert events(world, "template.updated") == []


@pytest.mark.parametrize(
    ("seconds_after", "status"),
    [(-1, "paused"), (0, "approved"), (1, "approved")],
    ids=["before", "with", "after"],
)
def test_of_refusal_and_webhook_the_later_one_counts(
    world: World, channel: Channel, seconds_after: int, status: str
) -> None:
    """Whichever arrives first; a webhook of the same second is the later one."""
    refused_at = world.clock()
    tell_status(world, "APPROVED", refused_at + timedelta(seconds=seconds_after))
    _refused_at_once(world, channel, 132015)
    assert template_of(world, channel).status == status


def test_the_reason_that_a_webhook_tells_stays_with_the_template(world: World, channel: Channel) -> None:
    """It comes before the refusal or after it, always with an earlier time."""
    at = world.clock() - timedelta(seconds=5)
    _refused_at_once(world, channel, 132015)
    tell_status(world, "PAUSED", at, reason="NONE", other_info={"title": "FIRST_PAUSE"})
    found = template_of(world, channel)
    assert (found.status, found.status_info) == (
        "paused",
        {"event": "PAUSED", "other_info": {"title": "FIRST_PAUSE"}},
    )


def test_a_sync_that_finds_the_template_approved_again_ends_the_pause(world: World, channel: Channel) -> None:
    _refused_at_once(world, channel, 132015)
    world.clock.advance(seconds=2)
    sync_templates(world.syncing, channel.ref)
    assert template_of(world, channel).status == "approved"


def test_a_template_that_whatsapp_does_not_know_asks_for_one_sync(
    world: World, channel: Channel, refuse: Refuse
) -> None:
    """A broadcast with it asks once, not once a recipient."""
    for _ in range(3):
        refuse(132001)
        world.clock.advance(seconds=1)
    assert len(world.aws.take("template-sync", 10)) == 1
    world.clock.advance(minutes=6)
    refuse(132001)
    assert len(world.aws.take("template-sync", 10)) == 1


def tell_status(world: World, event: str, at: Any, **more: Any) -> None:
    value = {
        "event": event,
        "message_template_id": 1,
        "message_template_name": "offer",
        "message_template_language": "en",
        **more,
    }
    change = {"field": "message_template_status_update", "value": value}
    entry = {"id": "200000000000001", "time": int(at.timestamp()), "changes": [change]}
    world.deliver({**webhook_body(), "entry": [entry]})
    world.process_all()


def test_a_plain_refusal_changes_nothing_else(world: World, channel: Channel, refuse: Refuse) -> None:
    """Promise 5: one bad message is one bad message."""
    before = world.channels.get(channel.ref), contact_of(world, channel).window, template_of(world, channel)
    message = refuse(132012)
    assert world.message(channel, message.id).state == "failed"
    [error] = errors_of(world, channel, message)
    assert error["advice"] == "A template parameter has the wrong format. Compare with the template."
    after = world.channels.get(channel.ref), contact_of(world, channel).window, template_of(world, channel)
    assert after == before
    assert world.clock() > START
