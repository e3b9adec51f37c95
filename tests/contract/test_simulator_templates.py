"""Templates in the simulator: listing with pages, sending, and the reviewer's decisions."""

from typing import Any

import pytest

from tests.contract.simulator_world import PHONE, World, error_of


def many(count: int) -> list[dict[str, Any]]:
    return [{"name": f"t_{number:03}", "language": "en"} for number in range(count)]


def test_a_new_number_has_one_template_to_send_and_one_to_fill_in(world: World) -> None:
    """Enough to try everything at once."""
    rows = world.get("/message_templates").json()["data"]
    assert [(row["name"], row["language"], row["status"]) for row in rows] == [
        ("hello_world", "en_US", "APPROVED"),
        ("order_update", "en", "APPROVED"),
    ]


def test_the_pages_together_hold_every_template_once(world: World) -> None:
    """Following the cursors until there is no next page."""
    world.control("numbers", {"phone_number": PHONE, "templates": many(7)})
    names, after = [], ""
    while True:
        page = world.get("/message_templates", limit=3, after=after).json()
        names += [row["name"] for row in page["data"]]
        after = page["paging"]["cursors"]["after"]
        if "next" not in page["paging"]:
            break
    assert names == [template["name"] for template in many(7)]


def test_the_address_of_the_next_page_can_be_followed(world: World) -> None:
    """It carries everything but the key."""
    world.control("numbers", {"phone_number": PHONE, "templates": many(3)})
    page = world.get("/message_templates", limit=2, fields="name").json()
    address = page["paging"]["next"]
    following = world.http.get(address, headers={"D360-API-KEY": world.key}).json()
    assert [row["name"] for row in following["data"]] == ["t_002"]
    assert set(following["data"][0]) == {"id", "name"}


def test_the_pages_can_be_read_backwards(world: World) -> None:
    """`before` gives those in front of the cursor."""
    world.control("numbers", {"phone_number": PHONE, "templates": many(5)})
    second = world.get("/message_templates", limit=2, after=_cursor(world, limit=2)).json()
    before = world.get("/message_templates", limit=2, before=second["paging"]["cursors"]["before"]).json()
    assert [row["name"] for row in before["data"]] == ["t_000", "t_001"]


def test_a_number_without_templates_has_no_paging(world: World) -> None:
    """An empty list is data and nothing else."""
    world.control("numbers", {"phone_number": PHONE, "templates": []})
    assert world.get("/message_templates").json() == {"data": []}


def test_without_a_limit_a_page_holds_25(world: World) -> None:
    """Whoever reads one page only does not have them all."""
    world.control("numbers", {"phone_number": PHONE, "templates": many(26)})
    page = world.get("/message_templates").json()
    assert len(page["data"]) == 25
    assert "next" in page["paging"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"after": "nonsense"}, 131059),
        ({"before": "!"}, 131059),
        ({"limit": "0"}, 100),
        ({"limit": "many"}, 100),
        ({"fields": "name,colour"}, 100),
    ],
)
def test_a_wrong_question_is_refused(world: World, params: dict[str, str], code: int) -> None:
    """A bad cursor has a code of its own: start again without one."""
    assert error_of(world.get("/message_templates", **params)) == (400, code)


def test_a_template_is_sent_with_as_many_parameters_as_its_body_has(world: World) -> None:
    """Neither fewer nor more."""
    assert world.send_template("order_update", "en", "Ana", "A-1").status_code == 200
    for values in ((), ("Ana",), ("Ana", "A-1", "more")):
        assert error_of(world.send_template("order_update", "en", *values)) == (400, 132000)


def test_named_parameters_and_a_text_header_are_counted_too(world: World) -> None:
    """A placeholder used twice is one parameter."""
    components = [
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
        {"type": "BODY", "text": "Hello {{name}}, thank you {{name}}."},
    ]
    template = {"name": "thanks", "language": "en", "components": components}
    world.control("numbers", {"phone_number": PHONE, "templates": [template]})
    header = {"type": "header", "parameters": [{"type": "text", "text": "A-1"}]}
    body = {"type": "body", "parameters": [{"type": "text", "parameter_name": "name", "text": "Ana"}]}
    sent = {"name": "thanks", "language": {"code": "en"}, "components": [header, body]}
    message = {"messaging_product": "whatsapp", "to": "+4915112345678", "type": "template"}
    assert world.post("/messages", {**message, "template": sent}).status_code == 200
    without_header = {**sent, "components": [body]}
    assert error_of(world.post("/messages", {**message, "template": without_header})) == (400, 132000)
    assert world.get("/message_templates").json()["data"][0]["parameter_format"] == "NAMED"


@pytest.mark.parametrize(
    "template",
    [
        {},
        {"name": "hello_world"},
        {"name": "hello_world", "language": "en_US"},
        {"language": {"code": "en_US"}},
    ],
)
def test_a_template_message_needs_name_and_language(world: World, template: dict[str, Any]) -> None:
    """Otherwise a required parameter is missing."""
    body = {"messaging_product": "whatsapp", "to": "+4915112345678", "type": "template", "template": template}
    assert error_of(world.post("/messages", body)) == (400, 131008)


@pytest.mark.parametrize(
    ("name", "language"), [("unknown", "en_US"), ("hello_world", "en"), ("order_update", "de")]
)
def test_an_unknown_name_or_language_is_not_found(world: World, name: str, language: str) -> None:
    """The language must match exactly; this is the one 404 among the refusals."""
    assert error_of(world.send_template(name, language)) == (404, 132001)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("PENDING", (404, 132001)),
        ("REJECTED", (404, 132001)),
        ("PAUSED", (400, 132015)),
        ("DISABLED", (400, 132016)),
    ],
)
def test_a_template_that_is_not_approved_cannot_be_sent(
    world: World, status: str, expected: tuple[int, int]
) -> None:
    """The code tells why, as far as WhatsApp tells."""
    review(world, status, webhook=False)
    assert error_of(world.send_template("hello_world", "en_US")) == expected
    assert world.receiver.requests == []


def test_a_review_is_announced_by_webhook_and_shown_in_the_list(world: World) -> None:
    """With the reason and what the reviewer recommends."""
    world.register_webhook()
    info = {"reason": "Too vague.", "recommendation": "Say what it is about."}
    review(world, "REJECTED", reason="INVALID_FORMAT", rejection_info=info, webhook=True)
    (change,) = world.receiver.bodies()[0]["entry"][0]["changes"]
    assert change["field"] == "message_template_status_update"
    assert change["value"]["event"] == "REJECTED"
    assert change["value"]["message_template_name"] == "hello_world"
    assert change["value"]["reason"] == "INVALID_FORMAT"
    assert change["value"]["rejection_info"] == info
    row = world.get("/message_templates", fields="name,status,rejected_reason").json()["data"][0]
    assert (row["status"], row["rejected_reason"]) == ("REJECTED", "INVALID_FORMAT")


def test_pending_templates_are_approved_by_themselves_when_wanted(world: World) -> None:
    """auto_review is a reviewer who says yes to everything."""
    world.register_webhook()
    world.control("settings", {"auto_review": True})
    template = {"name": "fresh", "language": "en", "status": "PENDING"}
    world.control("numbers", {"phone_number": PHONE, "templates": [template]})
    (body,) = world.receiver.wait_for(1)
    assert body["entry"][0]["changes"][0]["value"]["event"] == "APPROVED"
    assert world.send_template("fresh", "en").status_code == 200


def test_the_review_of_an_unknown_template_is_not_found(world: World) -> None:
    """A typing error in a test must not pass."""
    body = {"phone_number": PHONE, "name": "nothing", "language": "en", "status": "APPROVED"}
    assert world.http.post("/_control/templates/review", json=body).status_code == 404


def review(world: World, status: str, **more: Any) -> None:
    wanted = {"phone_number": PHONE, "name": "hello_world", "language": "en_US", "status": status, **more}
    world.control("templates/review", wanted)


def _cursor(world: World, limit: int) -> str:
    page = world.get("/message_templates", limit=limit).json()
    return str(page["paging"]["cursors"]["after"])
