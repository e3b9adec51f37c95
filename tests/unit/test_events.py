"""The id of an event names the fact: a platform drops repetitions by it, and loses nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kanal.aws.bus import Bus, Event
from kanal.ids import ChannelId, ChannelRef, ContactId, MessageId, Wamid, WorkspaceId
from kanal.messages.delivery import Fact
from kanal.messages.events import message_media, message_status
from kanal.messages.model import Message, Version

_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_MESSAGE = Message(
    id=MessageId("msg_a"),
    ref=ChannelRef(WorkspaceId("acme"), ChannelId("chn_a")),
    contact_id=ContactId("con_a"),
    direction="outbound",
    type="text",
    content={"body": "Hello"},
    created_at=_NOW,
)


def _id(fact: Fact) -> str:
    return message_status(_MESSAGE, fact).id


def test_a_status_that_is_delivered_again_later_is_the_same_event() -> None:
    """The provider repeats webhooks for days; each repetition has another time of arrival."""
    first = Fact("delivered", _NOW, received_at=_NOW)
    again = Fact("delivered", _NOW, received_at=_NOW + timedelta(days=1))
    assert _id(first) == _id(again)
    assert _id(Fact("read", None, _NOW)) == _id(Fact("read", None, _NOW + timedelta(days=1)))


def test_different_facts_are_different_events() -> None:
    facts = [
        Fact("delivered", _NOW, _NOW),
        Fact("read", _NOW, _NOW),
        Fact("read", _NOW + timedelta(seconds=1), _NOW),
        Fact("failed", _NOW, _NOW),
        Fact("failed", _NOW, _NOW, errors=({"code": 131026},)),
    ]
    assert len({_id(fact) for fact in facts}) == len(facts)


def test_what_a_person_wrote_is_not_in_events_about_a_message_s_state() -> None:
    """docs/events.md: the text is in three kinds of events and nowhere else; edits are text as well."""
    edit = {"edit": {"message": {"type": "text", "text": {"body": "a secret"}}}}
    referral = {"referral": {"body": "a secret"}}
    version = Version("edit", Wamid("wamid.2"), edit, _NOW, _NOW)
    message = replace(_MESSAGE, versions=(version,), raw=referral)
    for event in (message_status(message, Fact("read", _NOW, _NOW)), message_media(message)):
        assert "a secret" not in json.dumps(event.detail)
        assert event.detail["message"]["revoked"] is False


class _Bus:
    """Stands for the client of EventBridge."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def put_events(self, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803  # as boto3 calls it
        self.taken += Entries
        return {"Entries": [{} for _ in Entries]}


@pytest.mark.parametrize(
    "large",
    [
        {"field": "groups", "group": {"subject": "s", "groups": ["ü" * 200_000]}},
        {"group": {str(number): "x" * 1000 for number in range(300)}},
        {"errors": ["x" * 300_000]},
    ],
)
def test_an_event_that_the_bus_would_not_take_is_published_without_what_is_large(large: Any) -> None:
    """Else all events of the same webhook would wait for it, in vain."""
    client: Any = _Bus()
    Bus("bus", client).publish([Event("evt_a", "group.updated", {"channel_id": "chn_a", **large})])
    [entry] = client.taken
    assert len(entry["Detail"].encode()) < 250_000
    detail = json.loads(entry["Detail"])
    assert (detail["event_id"], detail["channel_id"], detail["content_omitted"]) == ("evt_a", "chn_a", True)
    assert detail.get("field") == large.get("field")


def test_an_event_that_fits_is_published_as_it_is() -> None:
    client: Any = _Bus()
    detail = {"group": {"text": "x" * 200_000}}
    Bus("bus", client).publish([Event("evt_a", "group.updated", detail)])
    assert json.loads(client.taken[0]["Detail"]) == {"event_id": "evt_a", **detail}
