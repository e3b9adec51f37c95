"""What WhatsApp's answer to a send tells of the contact: its own spelling, its ids, a free entry point."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from kanal.channels.model import Channel
from kanal.contacts.identity import Identity, phone
from kanal.contacts.model import Contact
from kanal.contacts.view import as_json
from kanal.errors import MarketingOptedOut
from kanal.templates.sync import sync_templates
from kanal.times import rfc3339
from tests.integration.inbound import client_of, raise_on, throttled
from tests.integration.outbound import SendLine, fail, ready, refusal, taken_by_provider, write_in
from tests.integration.world import CUSTOMER, PHONE, START, World

TEMPLATE = {"name": "greeting", "language": {"code": "en"}}
AD = {"source_type": "ad", "source_id": "120212345678", "source_url": "https://fb.me/3cr4Wqqkv"}


@pytest.fixture
def channel(world: World) -> Channel:
    world.control("numbers", {"phone_number": PHONE, "templates": [{"name": "greeting", "language": "en"}]})
    channel = ready(world)
    sync_templates(world.syncing, channel.ref)
    return channel


def send_to(world: World, channel: Channel, to: str, answer: Mapping[str, Any] | None = None) -> None:
    """A template; the provider takes it and names the person so."""
    if answer is not None:
        told = {"contacts": [{"input": to, **answer}], "messages": [{"id": f"wamid.{to}"}]}
        fail(world, status=200, body=told)
    world.send(channel, f"{to}-{world.clock()}", {"to": to, "type": "template", "template": TEMPLATE})
    SendLine(world).run_to_end()
    world.clock.advance(seconds=1)


def found(world: World, channel: Channel, digits: str) -> Contact:
    contact = world.contacts.find(channel.ref, phone(digits))
    assert contact is not None
    return contact


@pytest.mark.parametrize(
    ("written", "wa_id"),
    [
        ("+5541988887777", "554188887777"),
        ("+2250707181399", "22507181399"),
        ("+54111523456789", "541123456789"),
    ],
)
def test_messages_go_to_the_id_under_which_whatsapp_knows_the_number(
    world: World, channel: Channel, written: str, wa_id: str
) -> None:
    """Also where no rule leads from the number to the id: the answer is the only source."""
    send_to(world, channel, written, {"wa_id": wa_id})
    contact = found(world, channel, wa_id)
    assert contact.wa_id == wa_id
    send_to(world, channel, written)
    assert [sent["body"]["to"] for sent in taken_by_provider(world, wa_id)] == [f"+{wa_id}"]
    write_in(world, sender=wa_id)
    assert (
        found(world, channel, wa_id).parts == (world.contacts.get(channel.ref, contact.id) or contact).parts
    )


def test_an_answer_that_names_another_contact_makes_them_one(world: World, channel: Channel) -> None:
    """The person wrote under the old id; somebody enters the new number: one conversation, in order."""
    write_in(world, sender="22507181399")
    wrote = found(world, channel, "22507181399")
    send_to(world, channel, "+2250707181399", {"wa_id": "22507181399"})
    whole = found(world, channel, "2250707181399")
    assert (whole.id, whole.wa_id) == (wrote.id, "22507181399")
    assert [merged.because for merged in whole.merged] == ["send_answer"]
    assert whole.window.is_open(world.clock())


def test_a_merge_that_an_answer_brought_is_told_also_if_the_worker_dies_before(
    world: World, channel: Channel
) -> None:
    write_in(world, sender="22507181399")
    world.aws.events()
    raise_on(client_of(world, "events"), "PutEvents", throttled)
    send_to(world, channel, "+2250707181399", {"wa_id": "22507181399"})
    whole = found(world, channel, "2250707181399")
    [merge] = [event for event in world.aws.events() if event["detail-type"] == "contact.merged"]
    assert merge["detail"]["contact"]["id"] == whole.id
    assert merge["detail"]["merged"]["because"] == "send_answer"


def test_a_user_id_in_the_answer_names_the_contact(world: World, channel: Channel) -> None:
    send_to(world, channel, "+4917600000001", {"wa_id": "4917600000001", "user_id": "DE.one"})
    contact = world.contacts.find(channel.ref, Identity("user_id", "DE.one"))
    assert contact is not None
    assert contact.wa_id == "4917600000001"


@pytest.mark.parametrize("order", [("sent", "read"), ("read", "sent")])
def test_reports_teach_the_user_id_and_no_order_of_them_tells_when_the_person_was_seen(
    world: World, channel: Channel, order: tuple[str, str]
) -> None:
    """Only the first report of a name is taken in, whichever of them that is."""
    world.control("settings", {"auto_statuses": False})
    send_to(world, channel, "+4917600000001", {"wa_id": "4917600000001"})
    for status in order:
        at = START + timedelta(hours=1 if status == "sent" else 30)
        names = {"recipient_id": "4917600000001", "recipient_user_id": "DE.one"}
        world.deliver(world.status("wamid.+4917600000001", status, at, **names))
        world.process_all()
    contact = found(world, channel, "4917600000001")
    assert (contact.user_id, contact.part.last_seen_at) == ("DE.one", "")


@pytest.mark.parametrize(
    "answer", [{}, {"wa_id": 5}, {"wa_id": "+49 176"}, {"user_id": "nobody"}, {"wa_id": None, "user_id": []}]
)
def test_an_answer_that_makes_no_sense_teaches_nothing(
    world: World, channel: Channel, answer: dict[str, Any]
) -> None:
    """The message is sent all the same."""
    send_to(world, channel, "+4917600000001", answer)
    contact = found(world, channel, "4917600000001")
    assert (contact.wa_id, contact.user_id, len(contact.parts)) == ("4917600000001", None, 1)


def test_who_stopped_marketing_gets_no_more_of_it(world: World, channel: Channel) -> None:
    """Once WhatsApp refused it for that reason; another template goes through."""
    offer = {"name": "offer", "language": "en", "category": "MARKETING"}
    world.control(
        "numbers", {"phone_number": PHONE, "templates": [offer, {"name": "greeting", "language": "en"}]}
    )
    sync_templates(world.syncing, channel.ref)
    fail(world, status=400, body=refusal(131050))
    template = {"name": "offer", "language": {"code": "en"}}
    wanted = {"to": "+4917600000001", "type": "template", "template": template}
    world.send(channel, "first", wanted)
    SendLine(world).run_to_end()
    assert found(world, channel, "4917600000001").has_stopped_marketing
    with pytest.raises(MarketingOptedOut):
        world.send(channel, "second", wanted)
    send_to(world, channel, "+4917600000001")


# --- the free entry point ---


def comes_through_an_ad(world: World) -> None:
    world.customer_writes(referral=AD, timestamp=str(int(world.clock().timestamp())))
    world.process_all()


def reply(world: World, channel: Channel, key: str) -> None:
    world.send_text(channel, key)
    SendLine(world).run_to_end()


def free_until(world: World, channel: Channel) -> Any:
    return found(world, channel, CUSTOMER).window.free_entry_until


def test_our_first_reply_to_who_comes_through_an_ad_makes_72_hours_free(
    world: World, channel: Channel
) -> None:
    """From the reply, not from the message; a second reply does not make them longer."""
    comes_through_an_ad(world)
    assert free_until(world, channel) is None
    shown = as_json(found(world, channel, CUSTOMER), world.clock())
    assert shown["referral"] == {**AD, "at": rfc3339(START)}
    world.clock.advance(hours=2)
    reply(world, channel, "one")
    began = free_until(world, channel)
    assert timedelta(hours=74) <= began - START < timedelta(hours=74, minutes=1)
    world.clock.advance(hours=1)
    reply(world, channel, "two")
    assert free_until(world, channel) == began
    comes_through_an_ad(world)
    reply(world, channel, "three")
    assert free_until(world, channel) > began + timedelta(minutes=59)


def test_a_reply_after_a_day_makes_nothing_free(world: World, channel: Channel) -> None:
    """Nor does it when there was no ad."""
    comes_through_an_ad(world)
    world.clock.advance(hours=24)
    write_in(world)
    reply(world, channel, "late")
    assert free_until(world, channel) is None
