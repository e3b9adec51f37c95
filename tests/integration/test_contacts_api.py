"""The contact routes as a platform calls them."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from kanal.channels.model import Channel
from tests.integration.gateway import Gateway, deployed
from tests.integration.world import CUSTOMER, World

FRIEND = "4917600000001"


@pytest.fixture
def channel(world: World) -> Channel:
    channel = world.connect(default_country="DE")
    world.customer_writes("first", timestamp="1795176000")
    world.customer_writes("second", timestamp="1795176060")
    world.control("inbound", {**FROM_FRIEND, "message": {"type": "text", "text": {"body": "third"}}})
    world.process_all()
    world.clock.advance(seconds=30)
    world.send_text(channel, "key-1", "answer")
    world.aws.events()
    return channel


FROM_FRIEND: dict[str, Any] = {"phone_number": "+4930901820", "from": FRIEND, "profile_name": "Leo"}


@pytest.fixture
def gateway(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with deployed(world, monkeypatch) as gateway:
        yield gateway


def path(channel: Channel, rest: str = "") -> str:
    return f"/v1/channels/{channel.ref.channel_id}/contacts{rest}"


def by_number(gateway: Gateway, channel: Channel, number: str) -> Any:
    answer = gateway.call("GET", path(channel), query={"q": number})
    [contact] = answer.json["data"]
    return contact


def texts(gateway: Gateway, channel: Channel, contact_id: str, **query: str) -> list[str]:
    """The conversation over all pages."""
    read: list[str] = []
    for _ in range(20):
        answer = gateway.call("GET", path(channel, f"/{contact_id}/messages"), query=query).json
        read += [message["text"]["body"] for message in answer["data"]]
        if answer["next_cursor"] is None:
            return read
        query["cursor"] = answer["next_cursor"]
    raise AssertionError("the conversation does not end")


def test_a_contact_shows_what_whatsapp_tells_of_it(gateway: Gateway, channel: Channel) -> None:
    """product.md: phone number, profile name, WhatsApp id, and more; and its window."""
    contact = by_number(gateway, channel, "0151 12345678")
    assert gateway.call("GET", path(channel, f"/{contact['id']}")).json == contact
    assert (contact["phone_number"], contact["wa_id"]) == (f"+{CUSTOMER}", CUSTOMER)
    assert (contact["profile_name"], contact["country"]) == ("Mia", "DE")
    assert contact["user_id"].startswith("DE.")
    assert contact["marketing"] == {"opted_out": False, "changed_at": None, "suppressed_until": None}
    assert contact["window"]["open_until"] == "2026-11-21T12:01:00.000Z"


@pytest.mark.parametrize("limit", ["1", "2", "50"])
def test_a_conversation_is_one_stream_in_both_directions(
    gateway: Gateway, channel: Channel, limit: str
) -> None:
    """In order of time or the other way round, page by page."""
    contact_id = by_number(gateway, channel, CUSTOMER)["id"]
    assert texts(gateway, channel, contact_id, limit=limit) == ["first", "answer", "second"]
    backwards = texts(gateway, channel, contact_id, limit=limit, order="desc")
    assert backwards == ["second", "answer", "first"]


def test_a_cursor_of_another_search_is_refused_by_name(gateway: Gateway, channel: Channel) -> None:
    for position in ("leo", "2026-11-20#con_x", "m"):
        cursor = base64.urlsafe_b64encode(position.encode()).decode()
        answer = gateway.call("GET", path(channel), query={"q": "mia", "cursor": cursor})
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "query:cursor")


def test_merging_by_hand_joins_the_conversations_and_is_told(
    world: World, gateway: Gateway, channel: Channel
) -> None:
    """And undoing it parts them again."""
    one, other = (by_number(gateway, channel, number)["id"] for number in (CUSTOMER, FRIEND))
    merged = gateway.call("POST", path(channel, f"/{one}/merge"), {"contact_id": other}).json
    assert [each["contact_id"] for each in merged["merged"]] == [other]
    assert gateway.call("GET", path(channel, f"/{other}")).json["id"] == one
    assert set(texts(gateway, channel, other)) == {"first", "second", "answer", "third"}
    parted = gateway.call("POST", path(channel, f"/{one}/unmerge"), {"contact_id": other}).json
    assert (parted["contact"]["id"], parted["separated"]["id"]) == (one, other)
    assert texts(gateway, channel, other) == ["third"]
    told = [(event["detail-type"], event["detail"]["contact"]["id"]) for event in world.aws.events()]
    assert told == [("contact.merged", one), ("contact.unmerged", one)]


def test_what_is_wrong_with_a_merge_is_said(gateway: Gateway, channel: Channel) -> None:
    contact_id = by_number(gateway, channel, CUSTOMER)["id"]
    refused = [
        gateway.call("POST", path(channel, f"/{contact_id}/{verb}"), body)
        for verb, body in (
            ("merge", {"contact_id": contact_id}),
            ("unmerge", {"contact_id": contact_id}),
            ("merge", {"contact_id": "con_" + "a" * 26}),
            ("merge", {"contact_id": "+49"}),
            ("merge", {"id": contact_id}),
        )
    ]
    assert [(answer.status, answer.json["code"]) for answer in refused] == [
        (409, "already_one_contact"),
        (409, "not_merged"),
        (404, "not_found"),
        (422, "invalid_request"),
        (422, "invalid_request"),
    ]
    assert refused[3].json["errors"][0]["pointer"] == "/contact_id"


def test_another_workspace_sees_none_of_it(gateway: Gateway, channel: Channel) -> None:
    """Promise 9: not by guessing ids, not with a cursor of its own."""
    contact_id = by_number(gateway, channel, CUSTOMER)["id"]
    cursor = gateway.call("GET", path(channel), query={"limit": "1"}).json["next_cursor"]
    gateway.claims["workspace_id"] = "other"
    for rest, query in (("", {}), ("", {"cursor": cursor}), (f"/{contact_id}", {})):
        assert gateway.call("GET", path(channel, rest), query=query).status == 404
    assert gateway.call("GET", path(channel, f"/{contact_id}/messages")).status == 404
    assert (
        gateway.call("POST", path(channel, f"/{contact_id}/merge"), {"contact_id": contact_id}).status == 404
    )
