"""The simulator delivers webhooks as 360dialog does: registered headers, five seconds, 200 or again."""

import asyncio
from typing import Any

import httpx
import pytest

from local.simulator.background import Background
from local.simulator.chance import Chance
from local.simulator.clock import SystemClock
from local.simulator.faults import Faults
from local.simulator.numbers import Number
from local.simulator.webhooks import RETRY_DELAYS_SECONDS, Webhooks
from tests.contract.simulator_world import (
    CUSTOMER,
    CUSTOMER_WA_ID,
    DIGITS,
    PHONE,
    START,
    WEBHOOK,
    WEBHOOK_HEADERS,
    JumpingClock,
    World,
    message,
    statuses_of,
)


def value_of(body: Any) -> Any:
    return body["entry"][0]["changes"][0]["value"]


def test_the_webhook_of_a_new_number_is_empty_and_is_read_back_once_set(world: World) -> None:
    """What was registered can be verified."""
    assert world.get("/v1/configs/webhook").json() == {"url": "", "headers": {}}
    wanted = {"url": WEBHOOK, "headers": WEBHOOK_HEADERS}
    assert world.post("/v1/configs/webhook", wanted).json() == wanted
    assert world.get("/v1/configs/webhook").json() == wanted


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": 7},
        {"url": "https://["},
        {"url": "http://kanal.example/x"},
        {"url": "https://kanal.example:8443/x"},
        {"url": "https://my_kanal.example/x"},
        {"url": WEBHOOK, "headers": ["a"]},
        {"url": WEBHOOK, "headers": {"a": 1}},
        {"url": WEBHOOK, "headers": {"a": "ü"}},
        [],
    ],
)
def test_a_webhook_that_360dialog_would_not_take_is_refused(world: World, body: Any) -> None:
    """https, no port and no underscore in the domain; the error has the shape of /v1/configs."""
    answer = world.post("/v1/configs/webhook", body)
    assert answer.status_code == 400
    assert answer.json()["meta"]["http_code"] == 400
    assert world.get("/v1/configs/webhook").json()["url"] == ""


def test_an_address_of_this_machine_needs_neither_https_nor_the_default_port(world: World) -> None:
    """Otherwise nothing could be tried locally."""
    url = "http://127.0.0.1:8360/webhooks/dialog360/x"
    assert world.post("/v1/configs/webhook", {"url": url}).json()["url"] == url


def test_a_customers_message_arrives_in_whatsapps_envelope_with_the_registered_headers(world: World) -> None:
    """Id, time and sender are added; the business-scoped id is always there."""
    world.register_webhook()
    answer = world.customer_writes("hello there")
    assert (answer["delivered"], answer["status_code"]) == (True, 200)
    (request,) = world.receiver.requests
    assert str(request.url) == WEBHOOK
    assert request.headers["x-secret"] == WEBHOOK_HEADERS["X-Secret"]
    (body,) = world.receiver.bodies()
    value = value_of(body)
    assert body["object"] == "whatsapp_business_account"
    assert value["metadata"]["display_phone_number"] == DIGITS
    (words,) = value["messages"]
    (contact,) = value["contacts"]
    assert words["from"] == contact["wa_id"] == CUSTOMER_WA_ID
    assert words["from_user_id"] == contact["user_id"]
    assert words["from_user_id"].startswith("DE.")
    assert words["timestamp"] == str(int(START))
    assert (words["id"], words["text"]) == (answer["wamid"], {"body": "hello there"})


def test_a_customer_keeps_one_user_id_and_the_name_last_given(world: World) -> None:
    """The same person is the same id in every webhook."""
    world.register_webhook()
    named = {"phone_number": PHONE, "from": CUSTOMER, "profile_name": "Ana", "message": {"type": "text"}}
    world.control("inbound", named)
    world.customer_writes()
    first, second = (value_of(body)["contacts"][0] for body in world.receiver.bodies())
    assert first == second
    assert second["profile"] == {"name": "Ana"}


def test_id_and_time_of_a_message_can_be_given(world: World) -> None:
    """So that duplicates and late messages can be played."""
    world.register_webhook()
    answer = world.customer_writes(id="wamid.mine", timestamp="1700000000")
    (words,) = value_of(world.receiver.bodies()[0])["messages"]
    assert answer["wamid"] == words["id"] == "wamid.mine"
    assert words["timestamp"] == "1700000000"


def test_a_customer_without_a_phone_number_is_known_by_the_user_id_only(world: World) -> None:
    """No `from` and no `wa_id` then, rather than empty ones."""
    world.register_webhook()
    content = {"type": "text", "text": {"body": "hello"}}
    world.control("inbound", {"phone_number": PHONE, "from": "BR.77", "message": content})
    value = value_of(world.receiver.bodies()[0])
    assert value["messages"][0]["from_user_id"] == value["contacts"][0]["user_id"] == "BR.77"
    assert "from" not in value["messages"][0]
    assert "wa_id" not in value["contacts"][0]


def test_without_a_webhook_nothing_is_delivered_and_that_is_said(world: World) -> None:
    """The customer's word still opens the window."""
    answer = world.customer_writes()
    assert (answer["delivered"], answer["status_code"]) == (False, None)
    assert world.send_text().status_code == 200


def test_an_accepted_message_is_followed_by_its_statuses_in_order(world: World) -> None:
    """Each carries our own reference, the recipient in both spellings, and the first two the price."""
    world.register_webhook()
    world.control("settings", {"auto_statuses": True})
    answer = world.send_template("hello_world", "en_US", biz_opaque_callback_data="our-id")
    wamid = answer.json()["messages"][0]["id"]
    bodies = world.receiver.wait_for(3)
    statuses = [statuses_of(body)[0] for body in bodies]
    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    assert {status["id"] for status in statuses} == {wamid}
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"our-id"}
    assert {status["recipient_id"] for status in statuses} == {CUSTOMER_WA_ID}
    assert {status["recipient_user_id"] for status in statuses} == {
        value_of(bodies[0])["contacts"][0]["user_id"]
    }
    assert [status.get("pricing", {}).get("category") for status in statuses] == ["utility", "utility", None]


def test_of_a_reaction_only_that_it_was_sent_is_reported(world: World) -> None:
    """WhatsApp reports nothing further of one."""
    world.customer_writes()
    world.register_webhook()
    world.control("settings", {"auto_statuses": True})
    world.post("/messages", message("reaction", {"message_id": "wamid.x", "emoji": "👍"}))
    world.send_text()
    bodies = world.receiver.wait_for(4)
    reported = [status["status"] for body in bodies for status in statuses_of(body)]
    assert sorted(reported) == ["delivered", "read", "sent", "sent"]


def test_a_free_message_is_priced_as_service(world: World) -> None:
    """Per-message pricing: the category is the one of what was sent."""
    world.customer_writes()
    world.register_webhook()
    world.control("settings", {"auto_statuses": ["sent"]})
    world.send_text()
    (status,) = statuses_of(world.receiver.wait_for(1)[0])
    assert status["pricing"] == {
        "billable": False,
        "pricing_model": "PMP",
        "type": "free_customer_service",
        "category": "service",
    }
    assert "biz_opaque_callback_data" not in status


def test_statuses_wait_for_the_delay_that_was_set(world: World) -> None:
    """Before each of them the same."""
    world.register_webhook()
    world.control("settings", {"auto_statuses": ["sent", "delivered"], "status_delay_ms": 1500})
    world.send_template("hello_world", "en_US")
    times = [int(statuses_of(body)[0]["timestamp"]) for body in world.receiver.wait_for(2)]
    assert times == [int(START + 1.5), int(START + 3)]


@pytest.mark.parametrize("answer", [500, 401, 204, 302])
def test_any_answer_but_200_is_a_failed_delivery_and_is_repeated(world: World, answer: int) -> None:
    """The first outcome is told at once; the same body comes again until it is taken."""
    world.register_webhook()
    world.receiver.answers = [answer, answer]
    outcome = world.customer_writes()
    assert (outcome["delivered"], outcome["status_code"]) == (False, answer)
    bodies = world.receiver.wait_for(3)
    assert bodies[0] == bodies[1] == bodies[2]
    assert world.clock.slept == list(RETRY_DELAYS_SECONDS[:2])


def test_a_receiver_that_hangs_counts_as_failed(world: World) -> None:
    """No answer in time is no answer."""
    world.register_webhook()
    world.receiver.answers = [None]
    outcome = world.customer_writes()
    assert (outcome["delivered"], outcome["status_code"]) == (False, None)
    assert len(world.receiver.wait_for(2)) == 2


def test_a_delivery_that_never_succeeds_ends_after_the_last_pause(world: World) -> None:
    """Growing pauses, and an end."""
    world.register_webhook()
    world.receiver.answers = [503] * (len(RETRY_DELAYS_SECONDS) + 1)
    world.customer_writes()
    world.receiver.wait_for(len(RETRY_DELAYS_SECONDS) + 1)
    assert world.clock.slept == list(RETRY_DELAYS_SECONDS)
    assert world.receiver.answers == []


def test_a_repeated_delivery_uses_the_webhook_registered_by_then() -> None:
    """Setting the webhook anew rescues what is on its way."""
    number = Number("1", "Tea House", "2", "3", "key", webhook_url=WEBHOOK)
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        number.webhook_url = WEBHOOK + "/new"
        return httpx.Response(200 if len(asked) > 1 else 401)

    async def deliver() -> None:
        background = Background(JumpingClock())
        faults = Faults(Chance())
        webhooks = Webhooks(background, faults, transport=httpx.MockTransport(answer))
        await webhooks.deliver(number, {})
        await background.drain(seconds=5)
        await webhooks.close()

    asyncio.run(deliver())
    assert asked == [WEBHOOK, WEBHOOK + "/new"]


def test_stopping_makes_a_last_attempt_instead_of_waiting() -> None:
    """What waits for its turn is tried once more and then given up: no minutes at the end."""
    number = Number("1", "Tea House", "2", "3", "key", webhook_url=WEBHOOK)
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(500)

    async def deliver() -> None:
        background = Background(SystemClock())
        webhooks = Webhooks(background, Faults(Chance()), transport=httpx.MockTransport(answer))
        await webhooks.deliver(number, {})
        await background.drain(seconds=RETRY_DELAYS_SECONDS[0] / 2)
        await webhooks.close()

    asyncio.run(deliver())
    assert len(asked) == 2


def test_any_body_can_be_delivered_any_number_of_times(world: World) -> None:
    """With the registered headers, once each: no repetition on failure."""
    world.register_webhook()
    world.receiver.answers = [200, 500]
    body = {"object": "whatsapp_business_account", "entry": []}
    answer = world.control("webhook", {"phone_number": PHONE, "body": body, "times": 2})
    assert answer == {"status_code": 500, "status_codes": [200, 500]}
    assert world.receiver.bodies() == [body, body]
    assert world.receiver.requests[0].headers["x-secret"] == WEBHOOK_HEADERS["X-Secret"]


def test_a_string_is_delivered_as_it_stands(world: World) -> None:
    """What is not JSON must be tried too."""
    world.register_webhook()
    world.control("webhook", {"phone_number": PHONE, "body": "{not json"})
    assert world.receiver.requests[0].content == b"{not json"
