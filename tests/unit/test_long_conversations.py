"""A conversation can be read however much was written: a function's answer has 6 MB at most."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from kanal.aws.table import Table
from kanal.ids import ChannelId, ChannelRef, ContactId, MessageId, WorkspaceId
from kanal.messages.model import Message, as_json
from kanal.messages.records import to_item
from kanal.messages.stream import Streams

_REF = ChannelRef(WorkspaceId("acme"), ChannelId("chn_a"))
_CONTACT = ContactId("con_a")
_START = datetime(2026, 11, 23, tzinfo=UTC)
_MOST_BYTES = 6 * 1024 * 1024


def _answer(text: str, number: int) -> dict[str, Any]:
    """To a flow: shown as it came and read."""
    reply = {"name": "flow", "response_json": json.dumps({"text": text}, ensure_ascii=False)}
    message = Message(
        id=MessageId(f"msg_{number}"),
        ref=_REF,
        contact_id=_CONTACT,
        direction="inbound",
        type="interactive",
        content=None,
        created_at=_START,
        sent_at=_START + timedelta(seconds=number),
        raw={"interactive": {"type": "nfm_reply", "nfm_reply": reply}},
    )
    return {"pk": message.id, "sk": "message", **to_item(message)}


class _DynamoDb:
    """Stands for boto3's client. The emulator ends a page of an index by the size of items that are not in
    it, which DynamoDB does not.
    """

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self._items = [
            {name: TypeSerializer().serialize(value) for name, value in item.items() if value is not None}
            for item in items
        ]

    def query(self, **request: Any) -> dict[str, Any]:
        after = request["ExpressionAttributeValues"].get(":after", {"S": ""})["S"]
        found = [item for item in self._items if item["stream_at"]["S"] > after]
        more: dict[str, Any] = {"LastEvaluatedKey": {}} if len(found) > request["Limit"] else {}
        return {"Items": found[: request["Limit"]], **more}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        wanted = [key["pk"] for key in request["RequestItems"]["messages"]["Keys"]]
        return {"Responses": {"messages": [item for item in self._items if item["pk"] in wanted]}}


def _pages(items: list[dict[str, Any]], limit: int) -> list[list[Message]]:
    client: Any = _DynamoDb(items)
    streams, pages, after = Streams(Table("messages", client)), [], None
    while True:
        page, after = streams.page(_REF, [_CONTACT], after=after, limit=limit, descending=False)
        pages.append(list(page))
        if after is None:
            return pages


def test_a_page_of_long_messages_ends_before_the_answer_is_too_long() -> None:
    """A person who writes the longest messages must not make their conversation unreadable."""
    items = [_answer("x\xfc" * 60_000, number) for number in range(30)]
    pages = _pages(items, limit=100)
    assert [message.id for page in pages for message in page] == [item["id"] for item in items]
    assert all(len(json.dumps([as_json(each) for each in page])) < _MOST_BYTES for page in pages)


def test_each_page_has_one_message_at_least() -> None:
    pages = _pages([_answer("\xfc" * 199_000, number) for number in range(3)], limit=2)
    assert sum(map(len, pages)) == 3
    assert all(pages)


def test_short_messages_fill_a_page() -> None:
    assert [len(page) for page in _pages([_answer("x", number) for number in range(5)], limit=3)] == [3, 2]
