"""Webhooks that are not what they should be: refused at the door, or kept where somebody finds them."""

from typing import Any

import httpx
import pytest

from tests.e2e.world import Channel, World, eventually

JSON = {"Content-Type": "application/json"}
EMPTY_WEBHOOK = {"object": "whatsapp_business_account", "entry": []}


def test_a_wrong_secret_is_refused_and_nothing_is_stored(channel: Channel) -> None:
    body = _message_of("nobody", channel)
    for headers in ({}, {"X-Kanal-Webhook-Secret": "guessed"}):
        answer = httpx.post(channel.webhook_url(), json=body, headers=headers, trust_env=False)
        assert answer.status_code == 401
        assert "guessed" not in answer.text

    channel.customer_writes("after it")
    wamids = [event["message"]["wamid"] for event in channel.received()]
    assert "wamid.nobody" not in wamids


@pytest.mark.parametrize("webhook_id", ["a" * 26, "short", "%2e%2e%2fchannels"])
def test_an_unknown_webhook_id_is_not_found(world: World, webhook_id: str) -> None:
    answer = world.front.post(f"/webhooks/dialog360/{webhook_id}", json=EMPTY_WEBHOOK)
    assert answer.status_code == 404


def test_an_unknown_provider_is_not_found(channel: Channel) -> None:
    elsewhere = channel.webhook_url().replace("/dialog360/", "/carrier-pigeon/")
    assert httpx.post(elsewhere, json=EMPTY_WEBHOOK, trust_env=False).status_code in {401, 404}


@pytest.mark.parametrize(
    ("body", "statuses"),
    [("", {400}), ("not json", {400}), ('{"entry": [', {400}), ('{"pad": "' + "x" * 4_000_000 + '"}', {413})],
    ids=["empty", "not JSON", "cut off", "4 MB"],
)
def test_an_unusable_body_is_refused_clearly(channel: Channel, body: str, statuses: set[int]) -> None:
    assert channel.deliver(body)["status_code"] in statuses


@pytest.mark.parametrize("size", [10_000, 300_000, 2_000_000])
def test_a_large_body_arrives_whole(channel: Channel, size: int) -> None:
    body = _message_of(f"large-{size}", channel)
    body["padding"] = "x" * size
    assert channel.deliver(body)["status_code"] == 200
    event = channel.received()[0]
    assert event["message"]["wamid"] == f"wamid.large-{size}"


def test_a_broken_item_is_kept_and_its_neighbours_are_applied(channel: Channel) -> None:
    dead_before = channel.world.queue("InboundQueue")["dead_lettered"]
    body = _message_of("sound", channel)
    body["entry"][0]["changes"][0]["value"]["messages"].insert(
        0, {"type": "text", "text": "no id, no sender"}
    )
    assert channel.deliver(body)["status_code"] == 200

    event = channel.received()[0]
    assert event["message"]["wamid"] == "wamid.sound"
    eventually(lambda: channel.world.queue("InboundQueue")["dead_lettered"] == dead_before + 1)

    moved = channel.world.front.post("/_local/queues/InboundQueue/redrive").json()
    assert moved["moved"] >= 1
    # It is as broken as before, and comes back; nothing else happens a second time.
    eventually(lambda: channel.world.queue("InboundQueue")["dead_lettered"] == dead_before + 1)
    assert len(channel.events("message.received")) == 1


def test_a_status_before_its_message_is_known_is_kept_and_applied(channel: Channel) -> None:
    channel.open_window()
    channel.provider_fails(kind="delay", delay_ms=1500)  # the answer is late, the statuses are not
    accepted = channel.send_text()
    message = channel.message_once(accepted["id"], "read")
    assert {"sent", "delivered", "read"} <= {fact["state"] for fact in message["timeline"]}


def _message_of(name: str, channel: Channel) -> dict[str, Any]:
    facts = channel.world.front.get(channel.path).json()
    message = {
        "from": "4915112345678",
        "id": f"wamid.{name}",
        "timestamp": "1760000000",
        "type": "text",
        "text": {"body": "once more"},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": channel.phone_number.removeprefix("+"),
            "phone_number_id": facts["phone_number_id"],
        },
        "contacts": [{"profile": {"name": "Ada"}, "wa_id": "4915112345678"}],
        "messages": [message],
    }
    entry = {"id": facts["waba_id"], "changes": [{"field": "messages", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}
