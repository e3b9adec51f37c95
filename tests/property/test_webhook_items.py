"""Promises 1 and 11: taking a webhook body apart and reading its items loses nothing and raises never."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanal import rawjson
from kanal.inbox.decode import DecodedMessage, DecodedStatus, Undecodable, decode_message, decode_status
from kanal.inbox.explode import Item, explode
from tests.property.json_values import ANY_JSON, BODIES, MESSAGES, STATUSES, VALUES, damaged
from tests.property.outcomes import outcome_of

_LISTS = {"messages": "message", "statuses": "status", "errors": "error"}
_AROUND = {"messaging_product", "metadata", "contacts"}
_OBJECT = "whatsapp_business_account"


def _changes(body: Any) -> Iterator[Any]:
    """Every change of a body in which changes are where they should be."""
    if not isinstance(body, dict) or body.get("object", _OBJECT) != _OBJECT:
        return
    entries = body.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("changes"), list):
            yield from entry["changes"]


def _values_with_messages(body: Any) -> Iterator[dict[str, Any]]:
    for change in _changes(body):
        of_messages = isinstance(change, dict) and change.get("field", "messages") == "messages"
        if of_messages and isinstance(change.get("value"), dict):
            yield change["value"]


@given(BODIES)
def test_every_entry_of_every_list_comes_out_once_in_its_order(body: Any) -> None:
    """Promise 1: each message, status and error of a body is one item, or one malformed item."""
    expected = [
        (kind if isinstance(raw, dict) else "malformed", raw)
        for value in _values_with_messages(body)
        for key, kind in _LISTS.items()
        if isinstance(value.get(key), list)
        for raw in value[key]
    ]
    listed = [item for item in explode(body) if _is_of_a_list(item)]
    assert [(item.kind, item.raw) for item in listed] == expected


def _is_of_a_list(item: Item) -> bool:
    return item.kind in _LISTS.values() or item.reason.startswith("an entry of")


@given(BODIES)
def test_what_is_in_no_list_comes_out_too(body: Any) -> None:
    """Promise 11: a key of a change that nobody knows is kept raw, whatever stands beside it."""
    others = [item.raw for item in explode(body) if item.kind == "other"]
    for value in _values_with_messages(body):
        for key, part in value.items():
            if key not in _AROUND and not (key in _LISTS and isinstance(part, list)):
                assert any(key in other and other[key] is part for other in others)


@given(BODIES)
def test_a_body_of_other_fields_is_kept_whole(body: Any) -> None:
    """Promise 11: the updates of fields that Kanal does not act on are kept as they came."""
    others = [item.raw for item in explode(body) if item.kind == "other"]
    for change in _changes(body):
        if isinstance(change, dict) and change.get("field", "messages") != "messages":
            value = change.get("value")
            assert not isinstance(value, dict) or value in others


@given(BODIES)
def test_an_item_sent_through_again_is_the_same_item(body: Any) -> None:
    """Promise 1: a dead letter, written and moved back to the queue, is that item, alone and unchanged."""
    for item in explode(body):
        assert list(explode(rawjson.read(rawjson.write(item.body)))) == [item]


@given(st.permutations(["messaging_product", "metadata", "contacts", "messages"]))
def test_an_item_is_written_the_same_in_every_process(order: list[str]) -> None:
    """Promise 2: raw items are told apart by their text, so the order of keys is the webhook's own."""
    value = {key: [{"id": "wamid.A"}] if key == "messages" else key for key in order}
    [item] = explode({"entry": [{"changes": [{"field": "messages", "value": value}]}]})
    around = [key for key in order if key != "messages"]
    assert list(item.context) == around
    assert list(item.body["entry"][0]["changes"][0]["value"]) == [*around, "messages"]


@given(BODIES)
def test_reading_an_item_says_why_it_cannot_and_raises_nothing_else(body: Any) -> None:
    """Promise 11: whatever the provider sends in whatever place fails its own item at most."""
    for item in explode(body):
        _read(item)


@given(damaged(MESSAGES | STATUSES), damaged(VALUES))
def test_a_message_or_status_of_any_shape_is_read_or_refused(raw: Any, value: Any) -> None:
    """Promise 11: ids and times come back in the form that the stores need, or not at all."""
    if not isinstance(raw, dict):
        return
    item = Item("message", "messages", raw, {}, value if isinstance(value, dict) else {})
    _read(item)


def _read(item: Item) -> None:
    if isinstance(item.raw, dict):
        _check(outcome_of(lambda: decode_message(item), Undecodable))
        _check(outcome_of(lambda: decode_status(item), Undecodable))


def _check(decoded: DecodedMessage | DecodedStatus | Undecodable) -> None:
    if isinstance(decoded, Undecodable):
        assert decoded.reason
        return
    assert len(decoded.wamid.encode()) > 0
    assert len(decoded.wamid) <= 512
    assert decoded.at is None or decoded.at.tzinfo is UTC
    if isinstance(decoded, DecodedMessage):
        _check_sender(decoded)


def _check_sender(decoded: DecodedMessage) -> None:
    decoded.type.encode()
    if decoded.sender:
        assert decoded.sender.wa_id or decoded.sender.user_id
        for text in vars(decoded.sender).values():
            assert text is None or text.encode()


@given(ANY_JSON)
def test_any_timestamp_is_a_time_or_refused(timestamp: Any) -> None:
    """Promise 11: the time of a message is never guessed: read, missing, or a dead letter that says so."""
    item = Item("status", "messages", {"id": "wamid.A", "status": "sent", "timestamp": timestamp}, {})
    decoded = outcome_of(lambda: decode_status(item), Undecodable)
    if isinstance(decoded, Undecodable):
        assert "timestamp" in decoded.reason
    else:
        assert (decoded.at is None) == (timestamp is None)


@pytest.mark.parametrize("unit", [1, 1000])
@given(st.integers(1_000_000_000, 2_000_000_000))
def test_seconds_and_milliseconds_are_told_apart(unit: int, seconds: int) -> None:
    """Promise 11: providers send both; the window follows from the right one."""
    item = Item("status", "messages", {"id": "wamid.A", "status": "sent", "timestamp": seconds * unit}, {})
    decoded = decode_status(item)
    assert decoded.at is not None
    assert decoded.at.timestamp() == seconds
