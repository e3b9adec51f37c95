"""The id of an event names the fact: a platform drops repetitions by it, and loses nothing."""

from datetime import UTC, datetime, timedelta

from kanal.ids import ChannelId, ChannelRef, ContactId, MessageId, WorkspaceId
from kanal.messages.delivery import Fact
from kanal.messages.events import message_status
from kanal.messages.model import Message

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
