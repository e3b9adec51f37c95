"""What each kind of update does to a conversation: messages, contacts, windows, events."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from kanal.channels.model import Channel
from kanal.contacts.identity import Identity, phone
from kanal.contacts.model import Sighting
from kanal.ids import ChannelRef, MessageId, Wamid, inbound_message_id
from kanal.messages.model import Attempt, Message
from kanal.messages.model import as_json as message_as_json
from kanal.templates.sync import sync_templates
from kanal.times import rfc3339
from tests.integration.inbound import contacts_stored, dead_letters, message, messages, process_next, put
from tests.integration.world import CUSTOMER, PHONE, START, World, webhook_body

OWN_NUMBER = PHONE.lstrip("+")
USER_ID = "DE.1001"


@pytest.fixture
def channel(world: World) -> Channel:
    return world.connect()


def update(field: str, **value: Any) -> dict[str, Any]:
    """A webhook of any field, about the channel's own number."""
    body = webhook_body(**value)
    body["entry"][0]["changes"][0]["field"] = field
    return body


def deliver(world: World, channel: Channel, *bodies: Any) -> list[dict[str, Any]]:
    """The events that follow. None of the bodies leaves a dead letter."""
    for body in bodies:
        put(world, channel, body)
        process_next(world)
    assert dead_letters(world) == []
    return world.aws.events()


def told(events: list[dict[str, Any]]) -> list[str]:
    return [event["detail-type"] for event in events]


def found(world: World, channel: Channel, name: str) -> Message:
    stored = world.messages.get(channel.ref, inbound_message_id(channel.ref, name))
    assert stored
    return stored


def shown(world: World, channel: Channel, name: str) -> dict[str, Any]:
    return message_as_json(found(world, channel, name))


def contact_of(world: World, ref: ChannelRef, digits: str = CUSTOMER) -> Any:
    contact = world.contacts.find(ref, phone(digits))
    assert contact
    return contact


def stamp(at: datetime = START) -> str:
    return str(int(at.timestamp()))


# --- edits and revocations ---


def edit(wamid: str, original: str, text: str, **fields: Any) -> dict[str, Any]:
    changed = {"original_message_id": original, "message": {"type": "text", "text": {"body": text}}}
    return {**message(wamid, **fields), "type": "edit", "edit": changed}


def revoke(wamid: str, original: str, **fields: Any) -> dict[str, Any]:
    return {**message(wamid, **fields), "type": "revoke", "revoke": {"original_message_id": original}}


@pytest.mark.parametrize("latest_first", [False, True])
def test_of_many_edits_the_latest_stay_in_whatever_order_they_come(
    world: World, channel: Channel, *, latest_first: bool
) -> None:
    """A person may edit again and again; the message stays readable, and small enough to be changed."""
    edits = [
        edit(f"wamid.e{number}", "wamid.1", f"{number}".ljust(8000), at=START + timedelta(seconds=number))
        for number in range(1, 61)
    ]
    edits.sort(key=lambda change: str(change["timestamp"]), reverse=latest_first)
    for several in (edits[:20], edits[20:40], edits[40:], edits[:2]):
        deliver(world, channel, messages(*several))
    deliver(world, channel, messages(message("wamid.1")))
    versions = shown(world, channel, "wamid.1")["versions"]
    assert [int(version["message"]["text"]["body"]) for version in versions] == list(range(46, 61))


def test_an_edit_is_a_version_of_its_message(world: World, channel: Channel) -> None:
    """The original stays as it was written; the edit stands beside it, once."""
    change = messages(edit("wamid.2", "wamid.1", "Bye", at=START + timedelta(minutes=1)))
    events = deliver(world, channel, messages(message("wamid.1")), change, change)
    assert told(events) == ["message.received", "message.changed"]
    assert events[1]["detail"]["change"] == "edit"
    after = shown(world, channel, "wamid.1")
    assert events[1]["detail"]["message"] == after
    assert after["text"] == {"body": "Hi"}
    assert [version["message"]["text"] for version in after["versions"]] == [{"body": "Bye"}]
    assert after["revoked"] is False


def test_a_revocation_may_come_before_its_message(world: World, channel: Channel) -> None:
    """The message then tells of it; there is nothing to tell before."""
    events = deliver(world, channel, messages(revoke("wamid.2", "wamid.1")), messages(message("wamid.1")))
    assert told(events) == ["message.received"]
    assert events[0]["detail"]["message"]["revoked"] is True
    assert world.messages.get(channel.ref, inbound_message_id(channel.ref, "wamid.2")) is None


def test_a_change_of_nothing_named_is_a_message_of_its_own(world: World, channel: Channel) -> None:
    """Promise 11: nothing is dropped for lack of a place."""
    lost = {**message("wamid.2"), "type": "revoke", "revoke": {}}
    assert told(deliver(world, channel, messages(lost))) == ["message.received"]


# --- what stands beside a message ---


def test_what_a_message_answers_and_where_it_comes_from_is_shown(world: World, channel: Channel) -> None:
    answer = message("wamid.1", context={"from": OWN_NUMBER, "id": "wamid.0"})
    passed_on = message("wamid.2", context={"forwarded": True})
    referral = {"source_type": "ad", "source_id": "1", "source_url": "https://fb.me/1"}
    through_ad = message("wamid.3", referral=referral)
    deliver(world, channel, messages(answer, passed_on, through_ad))
    assert shown(world, channel, "wamid.1")["context"] == {"from": OWN_NUMBER, "message_id": "wamid.0"}
    assert shown(world, channel, "wamid.2")["forwarded"] is True
    assert shown(world, channel, "wamid.3")["referral"] == referral
    assert contact_of(world, channel.ref).window.referral_at == START


UNAVAILABLE = {"type": "unsupported", "errors": [{"code": 131060, "title": "Message unavailable"}]}


@pytest.mark.parametrize(("order", "events"), [([0, 1], 2), ([1, 0], 1)])
def test_a_message_that_was_not_available_follows_its_placeholder(
    world: World, channel: Channel, order: list[int], events: int
) -> None:
    """The message stays, whichever came first, and is news after its placeholder."""
    accounts = [{**message("wamid.1"), **UNAVAILABLE}, message("wamid.1")]
    told_of = deliver(world, channel, *(messages(accounts[number]) for number in order))
    assert told(told_of) == ["message.received"] * events
    assert len({event["detail"]["event_id"] for event in told_of}) == events
    assert shown(world, channel, "wamid.1")["type"] == "text"
    assert contact_of(world, channel.ref).window.is_open(START)


def test_a_voice_note_is_audio(world: World, channel: Channel) -> None:
    """Whichever word the payload has for it; it opens the window."""
    note = {**message("wamid.1"), "type": "voice", "voice": {"id": "1", "mime_type": "audio/ogg"}}
    deliver(world, channel, messages(note))
    after = shown(world, channel, "wamid.1")
    assert (after["type"], after["audio"]["voice"]) == ("audio", True)
    assert contact_of(world, channel.ref).window.is_open(START)


def test_errors_inside_a_message_are_shown_with_it(world: World, channel: Channel) -> None:
    error = {"code": 131052, "title": "Media download error"}
    deliver(world, channel, messages({**message("wamid.1"), "errors": [error]}))
    assert shown(world, channel, "wamid.1")["errors"] == [error]


def test_a_group_message_is_its_senders_and_opens_no_window(world: World, channel: Channel) -> None:
    """It stands in the stream of the group, not in the sender's own."""
    deliver(world, channel, messages(message("wamid.1", group_id="group-1")))
    after = found(world, channel, "wamid.1")
    assert message_as_json(after)["group_id"] == "group-1"
    assert after.stream == f"{channel.ref.prefix}#group#group-1"
    contact = contact_of(world, channel.ref)
    assert after.contact_id == contact.via
    assert contact.window.open_until is None


# --- the app of the same number ---


def echo(wamid: str, text: str = "Hello", **fields: Any) -> dict[str, Any]:
    return {**message(wamid, text), "from": OWN_NUMBER, "to": CUSTOMER, **fields}


def test_what_the_app_sends_is_outbound_and_opens_nothing(world: World, channel: Channel) -> None:
    """Never answered: it is the business's own word."""
    body = update("smb_message_echoes", message_echoes=[echo("wamid.1")])
    events = deliver(world, channel, body, body)
    assert told(events) == ["message.echoed"]
    after = shown(world, channel, "wamid.1")
    assert (after["direction"], after["origin"], after["state"]) == ("outbound", "app", "sent")
    assert [entry["state"] for entry in after["timeline"]] == ["sent"]
    contact = contact_of(world, channel.ref)
    assert contact.window.open_until is None
    assert found(world, channel, "wamid.1").stream == f"{channel.ref.prefix}#{contact.via}"


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_statuses_of_what_the_app_sent_find_it(world: World, channel: Channel, order: list[int]) -> None:
    """Also those that come before the echo."""
    bodies = [
        update("smb_message_echoes", message_echoes=[echo("wamid.1")]),
        world.status("wamid.1", "read", START + timedelta(minutes=1)),
    ]
    deliver(world, channel, *(bodies[number] for number in order))
    assert shown(world, channel, "wamid.1")["state"] == "read"


def test_the_app_edits_and_revokes_what_it_sent(world: World, channel: Channel) -> None:
    change = {**edit("wamid.2", "wamid.1", "Hello!"), "from": OWN_NUMBER, "to": CUSTOMER}
    body = update("smb_message_echoes", message_echoes=[echo("wamid.1"), change])
    assert told(deliver(world, channel, body)) == ["message.echoed", "message.changed"]
    assert shown(world, channel, "wamid.1")["versions"][0]["message"]["text"] == {"body": "Hello!"}


@pytest.mark.parametrize("first", ["sent", "revoked"])
def test_the_app_revokes_what_our_api_sent(world: World, channel: Channel, first: str) -> None:
    """Also when we hear of that before we know under which wamid our message went."""
    put(world, channel, messages(message("wamid.1")))
    process_next(world)
    sent = world.send_text(channel, "key-1")
    report = world.status("wamid.out", "sent", START, biz_opaque_callback_data=sent.id)
    attempt = Attempt("try", START, START + timedelta(seconds=30))
    world.messages.attempts.claim(channel.ref, sent.id, sent.place, attempt)
    gone = {**revoke("wamid.2", "wamid.out"), "from": OWN_NUMBER, "to": CUSTOMER}
    bodies = [report, update("smb_message_echoes", message_echoes=[gone])]
    world.aws.events()
    events = deliver(world, channel, *(bodies if first == "sent" else reversed(bodies)))
    assert message_as_json(world.message(channel, sent.id))["revoked"] is True
    if first == "sent":
        assert told(events) == ["message.status", "message.changed"]
        assert events[1]["detail"]["message"]["id"] == sent.id


def history(*told_messages: Any, phase: int = 0, progress: int = 40) -> dict[str, Any]:
    chunk = {
        "metadata": {"phase": phase, "chunk_order": 1, "progress": progress},
        "threads": [{"id": CUSTOMER, "messages": list(told_messages)}],
    }
    return update("history", history=[chunk])


def test_history_is_both_sides_with_one_event(world: World, channel: Channel) -> None:
    """It opens no window and is not told message by message."""
    yesterday = START - timedelta(days=1)
    theirs = message("wamid.1", at=yesterday, history_context={"status": "READ"})
    ours = echo("wamid.2", timestamp=stamp(yesterday), history_context={"status": "DELIVERED"})
    [event] = deliver(world, channel, history(theirs, ours))
    assert event["detail-type"] == "history.imported"
    assert (event["detail"]["phase"], event["detail"]["progress"]) == (0, 40)
    first, second = shown(world, channel, "wamid.1"), shown(world, channel, "wamid.2")
    assert (first["direction"], first["origin"], first["state"]) == ("inbound", "history", "received")
    assert (second["direction"], second["origin"], second["state"]) == ("outbound", "history", "delivered")
    assert contact_of(world, channel.ref).window.open_until is None


def test_what_never_left_the_phone_still_has_its_time(world: World, channel: Channel) -> None:
    pending = echo("wamid.1", timestamp=stamp(START), history_context={"status": "PENDING"})
    deliver(world, channel, history(pending))
    written = shown(world, channel, "wamid.1")
    assert written["state"] == "sending"
    assert [(step["state"], step["at"]) for step in written["timeline"]] == [("sending", rfc3339(START))]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_what_came_live_stays_when_the_history_tells_it_too(
    world: World, channel: Channel, order: list[int]
) -> None:
    """And it is told once, whichever came first."""
    bodies = [messages(message("wamid.1")), history(message("wamid.1"))]
    events = deliver(world, channel, *(bodies[number] for number in order))
    assert sorted(told(events)) == ["history.imported", "message.received"]
    assert shown(world, channel, "wamid.1")["origin"] == "whatsapp"


def test_the_owners_refusal_to_share_the_history_is_told(world: World, channel: Channel) -> None:
    error = {"code": 2593109, "title": "History sharing is turned off"}
    [event] = deliver(world, channel, update("history", history=[{"errors": [error]}]))
    assert event["detail"]["errors"] == [error]


@pytest.mark.parametrize(("action", "name"), [("add", "Mia (plumber)"), ("remove", None)])
def test_names_of_the_phones_address_book_are_kept(
    world: World, channel: Channel, action: str, name: str | None
) -> None:
    entry = {"full_name": "Mia (plumber)", "first_name": "Mia", "phone_number": CUSTOMER}
    synced = {"type": "contact", "contact": entry, "metadata": {"timestamp": stamp()}}
    added = {**synced, "action": "add", "metadata": {"timestamp": stamp(START - timedelta(hours=1))}}
    bodies = [
        update("smb_app_state_sync", state_sync=[each]) for each in (added, {**synced, "action": action})
    ]
    assert deliver(world, channel, *bodies) == []
    assert contact_of(world, channel.ref).saved_name == name


def test_an_address_book_spells_no_number_for_whatsapp(world: World, channel: Channel) -> None:
    """It finds the person; messages go to the id that WhatsApp gave us, whenever the book was synced."""
    entry = {"full_name": "José", "phone_number": "5541988887777"}
    later = {"timestamp": stamp(START + timedelta(hours=1))}
    synced = {"type": "contact", "contact": entry, "action": "add", "metadata": later}
    deliver(world, channel, update("smb_app_state_sync", state_sync=[synced]))
    person = world.contacts.find(channel.ref, phone("554188887777"))
    assert person is not None
    assert (person.wa_id, person.saved_name) == ("5541988887777", "José")
    written = world.contacts.sight(channel.ref, Sighting(rfc3339(START), wa_id="554188887777"), START)
    assert (written.id, written.wa_id) == (person.id, "554188887777")


@pytest.mark.parametrize(("source", "is_open"), [("user_action", True), ("automatic", False)])
def test_a_permission_to_call_opens_the_window_only_if_the_person_gave_it(
    world: World, channel: Channel, source: str, is_open: bool
) -> None:
    """WhatsApp gives it by itself after a call; a message on the strength of that would fail."""
    reply = {"response": "accept", "response_source": source}
    interactive = {"type": "call_permission_reply", "call_permission_reply": reply}
    deliver(world, channel, messages(message("wamid.1", type="interactive", interactive=interactive)))
    assert contact_of(world, channel.ref).window.is_open(START) == is_open


# --- calls ---


def call(event: str, direction: str, **fields: Any) -> dict[str, Any]:
    ends = (CUSTOMER, OWN_NUMBER) if direction == "USER_INITIATED" else (OWN_NUMBER, CUSTOMER)
    about = {"id": "wacid.1", "event": event, "direction": direction, "timestamp": stamp()}
    return update("calls", calls=[{**about, "from": ends[0], "to": ends[1], **fields}])


def test_a_persons_call_is_a_message_and_opens_the_window(world: World, channel: Channel) -> None:
    """Each event of a call is one message, however often it is told."""
    ringing, ended = call("connect", "USER_INITIATED"), call("terminate", "USER_INITIATED", duration=12)
    events = deliver(world, channel, ringing, ringing, ended)
    assert told(events) == ["message.received", "message.received"]
    after = shown(world, channel, "wacid.1#connect")
    assert (after["type"], after["direction"], after["call"]["event"]) == ("call", "inbound", "connect")
    assert shown(world, channel, "wacid.1#terminate")["call"]["duration"] == 12
    assert contact_of(world, channel.ref).window.open_until == START + timedelta(hours=24)


@pytest.mark.parametrize(("status", "opens"), [("RINGING", False), ("REJECTED", False), ("ACCEPTED", True)])
def test_a_call_of_the_business_opens_the_window_when_it_is_accepted(
    world: World, channel: Channel, status: str, opens: bool
) -> None:
    report = {"id": "wacid.1", "type": "call", "status": status, "recipient_id": CUSTOMER}
    connected = call("connect", "BUSINESS_INITIATED")
    deliver(world, channel, connected, update("calls", statuses=[{**report, "timestamp": stamp()}]))
    assert shown(world, channel, f"wacid.1#status#{status.lower()}")["direction"] == "outbound"
    assert contact_of(world, channel.ref).window.is_open(START) is opens


def test_a_call_without_its_direction_is_the_business_s_if_its_number_calls(
    world: World, channel: Channel
) -> None:
    connected = call("connect", "BUSINESS_INITIATED")
    del connected["entry"][0]["changes"][0]["value"]["calls"][0]["direction"]
    deliver(world, channel, connected)
    assert shown(world, channel, "wacid.1#connect")["direction"] == "outbound"
    assert not contact_of(world, channel.ref).window.is_open(START)


# --- what is told about people ---


def test_a_stop_of_marketing_is_the_contacts_and_a_later_resume_lifts_it(
    world: World, channel: Channel
) -> None:
    """By WhatsApp's time, not by arrival."""

    def wish(value: str, minutes: int) -> dict[str, Any]:
        at = int((START + timedelta(minutes=minutes)).timestamp())
        said = {"wa_id": CUSTOMER, "category": "marketing_messages", "value": value, "timestamp": at}
        return update("user_preferences", user_preferences=[said])

    [event] = deliver(world, channel, wish("stop", 5))
    assert event["detail-type"] == "contact.marketing"
    assert (event["detail"]["marketing"], event["detail"]["contact"]["wa_id"]) == ("stop", CUSTOMER)
    assert contact_of(world, channel.ref).has_stopped_marketing
    deliver(world, channel, wish("resume", 1))
    assert contact_of(world, channel.ref).has_stopped_marketing
    deliver(world, channel, wish("resume", 9))
    assert not contact_of(world, channel.ref).has_stopped_marketing


def test_a_failed_marketing_message_tells_of_an_earlier_stop(world: World, channel: Channel) -> None:
    """WhatsApp refuses with 131050 where the preference itself never reached us."""
    report = world.status("wamid.out", "failed", START, errors=[{"code": 131050}])
    assert told(deliver(world, channel, report)) == ["contact.marketing"]
    assert contact_of(world, channel.ref).has_stopped_marketing


def system(wamid: str, at: datetime, sender: str | None = None, **about: Any) -> dict[str, Any]:
    notice = {"id": wamid, "type": "system", "timestamp": stamp(at), "system": {"body": "changed", **about}}
    body: dict[str, Any] = webhook_body(messages=[{**notice, **({"from": sender} if sender else {})}])
    return body


OLD_NUMBER, NEW_NUMBER = "4915100000001", "4915100000002"
CHANGES: list[tuple[str | None, dict[str, Any], Identity]] = [
    (OLD_NUMBER, {"type": "user_changed_number", "wa_id": NEW_NUMBER}, phone(NEW_NUMBER)),
    (
        None,
        {"type": "customer_changed_number", "customer": OLD_NUMBER, "new_wa_id": NEW_NUMBER},
        phone(NEW_NUMBER),
    ),
    (
        None,
        {"type": "user_changed_user_id", "previous_user_id": "DE.old", "user_id": "DE.new"},
        Identity("user_id", "DE.new"),
    ),
    (
        None,
        {
            "type": "user_changed_number",
            "previous_user_id": "DE.old",
            "user_id": "DE.new",
            "wa_id": NEW_NUMBER,
        },
        phone(NEW_NUMBER),
    ),
]


@pytest.mark.parametrize(("sender", "about", "new"), CHANGES)
def test_a_person_who_changes_names_stays_the_same_contact(
    world: World, channel: Channel, sender: str | None, about: dict[str, Any], new: Identity
) -> None:
    """A notice in the stream, and no window."""
    earlier = {
        **message("wamid.1", at=START - timedelta(days=2)),
        "from": OLD_NUMBER,
        "from_user_id": "DE.old",
    }
    known = {"wa_id": OLD_NUMBER, "user_id": "DE.old", "profile": {"name": "Mia"}}
    body = webhook_body(contacts=[known], messages=[earlier])
    deliver(world, channel, body, system("wamid.2", START, sender, **about))
    assert len([each for each in contacts_stored(world) if each["sk"] == "contact"]) == 1
    contact = world.contacts.find(channel.ref, new)
    assert contact
    assert contact.id == found(world, channel, "wamid.1").contact_id
    assert contact.window.open_until == START - timedelta(days=1)
    assert shown(world, channel, "wamid.2")["system"]["type"] == about["type"]


def test_a_new_user_id_may_be_told_by_an_update_of_its_own(world: World, channel: Channel) -> None:
    """As WhatsApp did from March to July 2026."""
    moved = {"previous": "DE.old", "current": "DE.new"}
    entry = {"wa_id": CUSTOMER, "user_id": moved, "timestamp": stamp(START + timedelta(minutes=1))}
    body = update("user_id_update", user_id_update=[entry])
    deliver(world, channel, messages(message("wamid.1", from_user_id="DE.old")), body)
    assert contact_of(world, channel.ref).user_id == "DE.new"


# --- statuses ---


def sent(world: World, channel: Channel) -> tuple[Any, str]:
    """A template to somebody of whom nothing but the number is known."""
    world.control("numbers", {"phone_number": PHONE, "templates": [{"name": "greeting", "language": "en"}]})
    sync_templates(world.syncing, channel.ref)
    content = {"name": "greeting", "language": {"code": "en"}}
    reply = world.send(channel, "key-1", {"to": f"+{CUSTOMER}", "type": "template", "template": content})
    world.work()
    world.aws.events()
    [accepted] = world.accepted_by_provider()
    return reply, accepted["wamid"]


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_status_with_both_names_joins_them(world: World, channel: Channel, is_ours: bool) -> None:
    """Of a person who was written to by number, WhatsApp tells the user id, whoever sent the message."""
    _, wamid = sent(world, channel)
    assert contact_of(world, channel.ref).user_id is None
    wamid = wamid if is_ours else "wamid.foreign"
    deliver(world, channel, world.status(wamid, "sent", START, recipient_user_id=USER_ID))
    assert contact_of(world, channel.ref).user_id == USER_ID


def test_a_status_beside_somebody_elses_message_is_not_about_them(world: World, channel: Channel) -> None:
    """One value may hold the message of one person and the status of another's, and names only the first."""
    report = {"id": "wamid.out", "status": "sent", "timestamp": stamp(), "recipient_id": "4917600000001"}
    writer = {"user_id": USER_ID, "profile": {"name": "Mia"}}
    wrote = {"id": "wamid.1", "from_user_id": USER_ID, "timestamp": stamp(), "type": "text", "text": {}}
    deliver(world, channel, webhook_body(contacts=[writer], messages=[wrote], statuses=[report]))
    assert world.contacts.find(channel.ref, Identity("user_id", USER_ID))
    assert world.contacts.find(channel.ref, phone("4917600000001")) is None


def test_what_an_earlier_status_told_is_not_looked_at_again(world: World, channel: Channel) -> None:
    """The usual three statuses of a message cost one look at the contact, not three."""
    _, wamid = sent(world, channel)
    deliver(world, channel, world.status(wamid, "sent", START, recipient_user_id=USER_ID))
    before = len(world.aws.calls)
    deliver(world, channel, world.status(wamid, "delivered", START, recipient_user_id=USER_ID))
    asked = {params.get("TableName") for _, params in world.aws.calls[before:]}
    assert world.aws.messages in asked
    assert world.aws.contacts not in asked


def test_each_participant_of_a_group_has_a_fact_of_its_own(world: World, channel: Channel) -> None:
    """Under either spelling; the message shows the furthest."""
    reply, wamid = sent(world, channel)
    about = {"recipient_type": "group", "recipient_id": "group-1"}
    deliver(
        world,
        channel,
        world.status(wamid, "delivered", START, **about, recipient_participant_id="491511"),
        world.status(wamid, "delivered", START, **about, participant_recipient_id="491512"),
        world.status(wamid, "read", START, **about, recipient_participant_id="491511"),
    )
    after = message_as_json(world.message(channel, reply.id))
    steps = [(entry["state"], entry.get("participant")) for entry in after["timeline"]][-3:]
    assert steps == [("delivered", "491511"), ("delivered", "491512"), ("read", "491511")]
    assert after["state"] == "read"


def test_a_status_tells_how_long_messages_are_free(world: World, channel: Channel) -> None:
    """The only case in which WhatsApp still sends `conversation`."""
    _, wamid = sent(world, channel)
    until = START + timedelta(hours=72)
    conversation = {
        "id": "1",
        "expiration_timestamp": stamp(until),
        "origin": {"type": "referral_conversion"},
    }
    pricing = {"billable": False, "type": "free_entry_point", "category": "referral_conversion"}
    deliver(world, channel, world.status(wamid, "sent", START, conversation=conversation, pricing=pricing))
    assert contact_of(world, channel.ref).window.free_entry_until == until


# --- what nobody should act on ---


def test_what_another_handler_answers_is_kept_and_nothing_else(world: World, channel: Channel) -> None:
    """WhatsApp's Business Agent has the conversation: no contact, no window, no event."""
    assert deliver(world, channel, update("standby", messages=[message("wamid.1")])) == []
    assert contacts_stored(world) == []


def test_a_change_of_a_group_is_told(world: World, channel: Channel) -> None:
    group = {"group_id": "g", "type": "group_create", "subject": "Team"}
    [event] = deliver(world, channel, update("group_lifecycle_update", groups=[group]))
    assert (event["detail-type"], event["detail"]["group"]) == ("group.updated", group)


def test_a_body_of_the_retired_api_is_read(world: World, channel: Channel) -> None:
    """A 200 was given for it, and its messages are like any others."""
    body = {"contacts": [{"wa_id": CUSTOMER}], "messages": [message("ABC")]}
    put(world, channel, json.dumps(body).encode())
    assert process_next(world) == {"message": 1}
    assert shown(world, channel, Wamid("ABC"))["text"] == {"body": "Hi"}
    assert MessageId(found(world, channel, "ABC").id).startswith("msg_")
