"""What Kanal is for: a customer writes, somebody answers, and sees that it arrived."""

from typing import Any

from tests.e2e.world import Channel, World, eventually

ADA = "+4915112345678"


def test_a_customer_writes_and_sees_the_reply(channel: Channel) -> None:
    written = channel.customer_writes("Do you ship to Austria?")
    assert written["status_code"] == 200

    event = channel.received()[0]
    assert event["message"]["wamid"] == written["wamid"]
    assert event["message"]["text"] == {"body": "Do you ship to Austria?"}
    assert event["contact"]["profile_name"] == "Ada"
    assert event["contact"]["window"]["open"]

    accepted = channel.send_text("Yes, within three days.", to=event["contact"]["id"])
    assert (accepted["direction"], accepted["state"]) == ("outbound", "queued")
    message = channel.message_once(accepted["id"], "read")
    assert {fact["state"] for fact in message["timeline"]} >= {"queued", "sent", "delivered", "read"}
    assert [sent["body"]["text"]["body"] for sent in channel.accepted_by_provider()] == [
        "Yes, within three days."
    ]
    assert message["wamid"] == channel.accepted_by_provider()[0]["wamid"]
    eventually(lambda: len(channel.events("message.status")) >= 3)


def test_buttons_that_answer_a_message_go_out_and_the_message_is_marked_as_read(channel: Channel) -> None:
    channel.customer_writes("Do you ship to Austria?")
    question = channel.received()[0]["message"]
    receipt = channel.world.front.post(f"{channel.path}/messages/{question['id']}/read", json={})
    assert (receipt.status_code, receipt.json()["read"]) == (200, True)

    buttons = [{"type": "reply", "reply": {"id": word, "title": word}} for word in ("Yes", "No")]
    content = {"type": "button", "body": {"text": "We do. Shall we?"}, "action": {"buttons": buttons}}
    answer = channel.send(
        {"to": ADA, "type": "interactive", "interactive": content, "context": {"message_id": question["id"]}}
    )
    assert answer.status_code == 202, answer.text
    channel.message_once(answer.json()["id"], "read")
    [sent] = channel.accepted_by_provider()
    assert sent["body"]["interactive"] == content
    assert sent["body"]["context"] == {"message_id": question["wamid"]}


def test_the_reply_goes_to_the_number_that_whatsapp_gave(channel: Channel) -> None:
    channel.open_window("+5511987654321")
    accepted = channel.send_text(to="+55 11 98765-4321")
    channel.message_once(accepted["id"], "sent", "delivered", "read")
    assert [sent["to"] for sent in channel.accepted_by_provider()] == ["5511987654321"]


def test_a_webhook_delivered_twice_is_one_message_and_one_event(channel: Channel) -> None:
    body = _message_webhook(channel, "wamid.twice")
    assert channel.deliver(body, times=3)["status_codes"] == [200, 200, 200]
    channel.customer_writes("later")

    wamids = [event["message"]["wamid"] for event in channel.received(2)]
    assert wamids.count("wamid.twice") == 1


def test_two_messages_to_one_contact_leave_in_the_order_of_acceptance(channel: Channel) -> None:
    channel.open_window()
    texts = [f"number {place}" for place in range(8)]
    accepted = [channel.send_text(text) for text in texts]

    for message in accepted:
        channel.message_once(message["id"], "sent", "delivered", "read")
    assert [sent["body"]["text"]["body"] for sent in channel.accepted_by_provider()] == texts


def test_the_same_idempotency_key_sends_once(channel: Channel) -> None:
    channel.open_window()
    first = channel.send_text("once", key="order-4711")
    again = channel.send_text("once", key="order-4711")
    assert again["id"] == first["id"]
    channel.message_once(first["id"], "read")
    assert len(channel.accepted_by_provider()) == 1

    other = channel.send({"to": ADA, "type": "text", "text": {"body": "twice"}}, key="order-4711")
    assert other.status_code in {409, 422}


def test_outside_the_window_a_template_goes_where_a_text_is_refused(channel: Channel) -> None:
    refused = channel.send({"to": ADA, "type": "text", "text": {"body": "Still there?"}})
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "window_closed")
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert "template" in problem["detail"]
    assert problem["window"]["open"] is False

    assert channel.world.front.post(f"{channel.path}/templates/sync").status_code in {200, 202}
    accepted = eventually(lambda: _accepted_template(channel))
    channel.message_once(accepted["id"], "read")
    assert [sent["body"]["type"] for sent in channel.accepted_by_provider()] == ["template"]


def test_the_schedule_brings_templates_that_nobody_asked_for(world: World) -> None:
    channel = world.connect()
    assert channel.send(_template_message()).status_code == 409

    world.run_template_sync()
    accepted = eventually(lambda: _accepted_template(channel))
    channel.message_once(accepted["id"], "sent", "delivered", "read")


def _accepted_template(channel: Channel) -> Any:
    answer = channel.send(_template_message())
    return answer.json() if answer.status_code == 202 else None


def _template_message() -> dict[str, Any]:
    parameters = [{"type": "text", "text": "Ada"}, {"type": "text", "text": "A-1001"}]
    return {
        "to": ADA,
        "type": "template",
        "template": {
            "name": "order_update",
            "language": {"code": "en"},
            "components": [{"type": "body", "parameters": parameters}],
        },
    }


def _message_webhook(channel: Channel, wamid: str) -> dict[str, Any]:
    facts = channel.world.front.get(channel.path).json()
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": channel.phone_number.removeprefix("+"),
            "phone_number_id": facts["phone_number_id"],
        },
        "contacts": [{"profile": {"name": "Ada"}, "wa_id": ADA.removeprefix("+")}],
        "messages": [
            {
                "from": ADA.removeprefix("+"),
                "id": wamid,
                "timestamp": "1760000000",
                "type": "text",
                "text": {"body": "once more"},
            }
        ],
    }
    entry = {"id": facts["waba_id"], "changes": [{"field": "messages", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}
