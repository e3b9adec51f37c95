"""The simulator takes messages, and refuses them, as WhatsApp does behind 360dialog."""

from typing import Any

import pytest

from kanal.sending.limits import LIMITS
from local.simulator.content import check_content
from local.simulator.refusals import RefusalError
from scripts.messages import MESSAGES
from tests.contract.simulator_world import (
    CUSTOMER,
    CUSTOMER_WA_ID,
    PHONE,
    World,
    error_of,
    message,
)
from tests.outbound_bodies import GONE, changed
from tests.outbound_limits import ROWS

TEXT = message("text", {"body": "hello"})


@pytest.mark.parametrize("path", ["/health_status", "/message_templates"])
def test_an_unknown_key_is_answered_401_with_the_error_as_a_string(world: World, path: str) -> None:
    """The newer endpoints of 360dialog put a string where WhatsApp puts an object."""
    answer = world.http.get(path, headers={"D360-API-KEY": "wrong"})
    assert answer.status_code == 401
    assert answer.json() == {"error": "Invalid api token"}


def test_an_unknown_key_below_configs_is_answered_in_the_meta_shape(world: World) -> None:
    """/v1/configs keeps the older shape of errors."""
    answer = world.http.get("/v1/configs/webhook", headers={"D360-API-KEY": "wrong"})
    assert answer.status_code == 401
    assert answer.json()["meta"] == {
        "success": False,
        "http_code": 401,
        "developer_message": "Invalid api token",
    }


def test_an_accepted_message_is_answered_with_its_id_and_the_recipients_own_spelling(world: World) -> None:
    """The wa_id is WhatsApp's spelling, the input the caller's."""
    world.customer_writes()
    answer = world.send_text(to="+49 (151) 1234-5678")
    assert answer.status_code == 200
    assert answer.json()["contacts"] == [{"input": "+49 (151) 1234-5678", "wa_id": CUSTOMER_WA_ID}]
    assert answer.json()["messages"][0]["id"].startswith("wamid.")
    assert [row["to"] for row in world.sent()] == [CUSTOMER_WA_ID]


def test_a_template_send_says_that_it_was_accepted(world: World) -> None:
    """message_status comes with templates only."""
    answer = world.send_template("hello_world", "en_US")
    assert answer.json()["messages"][0]["message_status"] == "accepted"


def test_a_message_to_a_user_id_is_answered_with_the_user_id_only(world: World) -> None:
    """A person who hides the phone number is reached by the business-scoped id."""
    content = {"type": "text", "text": {"body": "hello"}}
    world.control("inbound", {"phone_number": PHONE, "from": "DE.123456", "message": content})
    body = {**TEXT, "recipient": "DE.123456"}
    del body["to"]
    answer = world.post("/messages", body)
    assert answer.json()["contacts"] == [{"input": "DE.123456", "user_id": "DE.123456"}]


def test_with_both_addresses_given_the_phone_number_counts(world: World) -> None:
    """`to` wins over `recipient`."""
    world.customer_writes()
    answer = world.send_text(recipient="DE.0")
    assert answer.json()["contacts"][0]["wa_id"] == CUSTOMER_WA_ID


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"messaging_product": None}, 400, 100),
        ({"type": None}, 400, 131008),
        ({"type": "telegram"}, 400, 100),
        ({"to": None}, 400, 131008),
        ({"to": "somebody"}, 400, 131009),
        ({"to": 4915112345678}, 400, 131009),
        ({"to": PHONE}, 400, 131021),
        ({"to": None, "recipient": "no user id"}, 400, 131009),
        ({"to": None, "recipient": "DE.999"}, 400, 131009),
        ({"recipient_type": "crowd"}, 400, 100),
        ({"recipient_type": "group"}, 400, 131041),
        ({"text": None}, 400, 131008),
        ({"text": {"body": ""}}, 400, 131008),
        ({"text": {"body": 7}}, 400, 100),
        ({"text": {"body": "x" * 4097}}, 400, 100),
        ({"text": {"body": "x", "colour": "red"}}, 400, 100),
        ({"reference": "abc"}, 400, 100),
        ({"biz_opaque_callback_data": "x" * 513}, 400, 100),
        ({"biz_opaque_callback_data": 7}, 400, 100),
    ],
)
def test_a_malformed_message_is_refused_with_whatsapps_code(
    world: World, change: dict[str, Any], status: int, code: int
) -> None:
    """What WhatsApp would refuse is refused here, and nothing is sent."""
    world.customer_writes()
    body = {key: value for key, value in {**TEXT, **change}.items() if value is not None}
    answer = world.post("/messages", body)
    assert error_of(answer) == (status, code)
    assert answer.json()["error"]["error_data"]["messaging_product"] == "whatsapp"
    assert world.sent() == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_what_is_no_json_object_is_an_invalid_parameter(world: World, content: bytes) -> None:
    """A broken body gets WhatsApp's error, not a stack trace."""
    answer = world.http.post("/messages", content=content, headers={"D360-API-KEY": world.key})
    assert error_of(answer) == (400, 100)


FREE_FORM = [name for name, body in MESSAGES.items() if body["type"] != "template"]
_LINK = {"link": "https://example.com/a.png"}


@pytest.mark.parametrize("name", FREE_FORM)
def test_every_kind_of_content_is_taken(world: World, name: str) -> None:
    """What Kanal sends is what WhatsApp takes."""
    world.customer_writes()
    body = MESSAGES[name]
    context = {"context": body["context"]} if "context" in body else {}
    assert world.post("/messages", {**message(body["type"], body[body["type"]]), **context}).is_success


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("image", {}, 131009),
        ("image", {"id": "1", **_LINK}, 131009),
        ("image", {**_LINK, "caption": "x" * 1025}, 100),
        ("image", {"link": "example.com"}, 131009),
        ("sticker", {**_LINK, "caption": "x"}, 100),
        ("audio", {**_LINK, "caption": "x"}, 100),
        ("audio", {**_LINK, "voice": "yes"}, 100),
        ("location", {"latitude": "52", "longitude": 13}, 100),
        ("location", {"latitude": 91, "longitude": 13}, 100),
        ("contacts", [], 131009),
        ("contacts", [{"name": {"formatted_name": "Ana"}}], 131009),
        ("reaction", {"message_id": "wamid.x"}, 131008),
        ("interactive", {"type": "button"}, 131008),
        ("interactive", {"type": "menu"}, 100),
        ("interactive", {"type": ["menu"]}, 100),
    ],
)
def test_content_that_breaks_a_rule_is_refused(world: World, kind: str, content: Any, code: int) -> None:
    """Each kind has its shape."""
    world.customer_writes()
    assert error_of(world.post("/messages", message(kind, content))) == (400, code)


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        ("reply buttons", [("/interactive/action/buttons/1/reply/id", "yes")], 131009),
        ("reply buttons", [("/interactive/action/buttons/1/reply/title", "Yes")], 131009),
        ("reply buttons", [("/interactive/action/buttons/1/reply/title", "x" * 21)], 100),
        ("reply buttons", [("/interactive/action/buttons", [])], 131009),
        ("list", [("/interactive/header", {"type": "image", "image": _LINK})], 100),
        ("list", [("/interactive/action/sections/0/title", GONE)], 131009),
        (
            "list",
            [("/interactive/action/sections/0/rows", [{"id": str(at), "title": "x"} for at in range(10)])],
            131009,
        ),
        ("list", [("/interactive/action/sections/1/rows/0/id", "t")], 131009),
        ("flow", [("/interactive/action/parameters/flow_id", GONE)], 131009),
        ("product list", [("/interactive/header", GONE)], 131008),
        ("location request", [("/interactive/footer", {"text": "x"})], 100),
        ("carousel of links", [("/interactive/action/cards/1", GONE)], 131009),
        ("carousel of links", [("/interactive/action/cards/1/header", GONE)], 131009),
        ("carousel of links", [("/interactive/action/cards/1/action", {})], 131009),
        ("carousel of products", [("/interactive/action/cards/1/body", {"text": "x" * 161})], 100),
        ("call button", [("/interactive/action/parameters/ttl_minutes", 0)], 100),
    ],
)
def test_an_interactive_message_that_breaks_a_rule_is_refused(
    world: World, name: str, changes: list[tuple[str, Any]], code: int
) -> None:
    """By a table of the simulator's own, so that it would tell a mistake in ours."""
    world.customer_writes()
    content = changed(name, *changes)["interactive"]
    assert error_of(world.post("/messages", message("interactive", content))) == (400, code)


OURS_ALONE = {"recipient", "message_id", "link", "filename", "reaction.emoji", "carousel.card_line_breaks"}
OURS_ALONE |= {name for name in LIMITS if name.startswith("template.")}
"""Limits that WhatsApp does not have, or that the simulator leaves to the template."""


@pytest.mark.parametrize("name", sorted(ROWS.keys() - OURS_ALONE))
def test_the_simulator_draws_the_line_where_kanal_does(name: str) -> None:
    """Two tables of the same numbers, made apart: a slip of the pen in one of them shows here."""
    for size, is_taken in ((LIMITS[name].most, True), (LIMITS[name].most + 1, False)):
        body = ROWS[name].body(size)
        kind = body["type"]
        try:
            check_content({**message(kind, body[kind]), "to": CUSTOMER})
        except RefusalError:
            assert not is_taken
        else:
            assert is_taken


def test_a_reaction_cannot_be_a_reply_and_a_context_needs_an_id(world: World) -> None:
    """A context names one message."""
    world.customer_writes()
    reaction = message("reaction", {"message_id": "wamid.x", "emoji": "👍"})
    assert error_of(world.post("/messages", {**reaction, "context": {"message_id": "wamid.x"}})) == (400, 100)
    assert error_of(world.send_text(context={})) == (400, 131008)
    assert world.send_text(context={"message_id": "wamid.x"}).status_code == 200


def test_a_blocked_number_cannot_send(world: World) -> None:
    """BLOCKED health is an integrity error: HTTP 403."""
    world.customer_writes()
    world.control("numbers", {"phone_number": PHONE, "health": "BLOCKED"})
    assert error_of(world.send_text()) == (403, 131031)


def test_a_limited_number_still_sends(world: World) -> None:
    """Only BLOCKED stops a number."""
    world.customer_writes()
    world.control("numbers", {"phone_number": PHONE, "health": "LIMITED"})
    assert world.send_text().status_code == 200


def test_an_incoming_message_can_be_marked_as_read(world: World) -> None:
    """With or without the sign of somebody typing."""
    read = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": world.customer_writes()["wamid"],
    }
    assert world.post("/messages", read).json() == {"success": True}
    typing = {**read, "typing_indicator": {"type": "text"}}
    assert world.post("/messages", typing).json() == {"success": True}
    assert error_of(world.post("/messages", {**read, "typing_indicator": {"type": "audio"}})) == (400, 100)
    assert error_of(world.post("/messages", {**read, "typing_indicator": True})) == (400, 100)
    assert world.sent() == []


def test_an_outgoing_or_unknown_message_cannot_be_marked_as_read(world: World) -> None:
    """The two are told apart in the details."""
    world.customer_writes()
    outgoing = world.send_text().json()["messages"][0]["id"]
    for wamid, words in ((outgoing, "is outgoing"), ("wamid.none", "check the message ID")):
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        answer = world.post("/messages", body)
        assert error_of(answer) == (400, 100)
        assert words in answer.json()["error"]["error_data"]["details"]


def test_what_was_sent_is_listed_in_order_and_can_be_continued(world: World) -> None:
    """`after` takes the wamid of the last one seen, or a time."""
    world.customer_writes()
    for text in ("one", "two", "three"):
        world.clock.time += 1
        world.send_text(text)
    rows = world.sent()
    assert [row["body"]["text"]["body"] for row in rows] == ["one", "two", "three"]
    for after in (rows[0]["wamid"], rows[0]["accepted_at"]):
        found = world.http.get("/_control/sent", params={"phone_number": PHONE, "after": after}).json()
        assert [row["body"]["text"]["body"] for row in found] == ["two", "three"]


def test_a_customer_can_be_written_to_by_any_spelling_of_the_number(world: World) -> None:
    """The window belongs to the person, not to the spelling."""
    world.customer_writes()
    assert world.send_text(to=CUSTOMER_WA_ID).status_code == 200
    assert world.send_text(to=CUSTOMER).status_code == 200
