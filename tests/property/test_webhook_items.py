"""Promises 1 and 11: taking a webhook body apart and reading its items loses nothing and raises never."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanal import rawjson
from kanal.inbox import told
from kanal.inbox.decode import (
    DecodedMessage,
    DecodedStatus,
    decode_call,
    decode_call_status,
    decode_echo,
    decode_message,
    decode_status,
)
from kanal.inbox.explode import Item, explode
from kanal.inbox.history import decode_history
from kanal.inbox.people import Person
from kanal.inbox.reading import Undecodable
from kanal.inbox.told import Told
from tests.property.json_values import ANY_JSON, BODIES, FIELDS, LISTED, damaged
from tests.property.outcomes import outcome_of

_AROUND = {"messaging_product", "metadata", "contacts"}
_OBJECT = "whatsapp_business_account"
_DECODERS: dict[str, Any] = {
    "message": decode_message,
    "echo": decode_echo,
    "history": decode_history,
    "call": decode_call,
    "call_status": decode_call_status,
    "status": decode_status,
    **told.DECODERS,
}


def _values(body: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Field and value of every change of a body in which changes are where they should be."""
    if not isinstance(body, dict) or body.get("object", _OBJECT) != _OBJECT:
        return
    entries = body.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        for change in changes if isinstance(changes, list) else []:
            if isinstance(change, dict) and isinstance(change.get("value"), dict):
                yield change.get("field", "messages"), change["value"]


def _leaves(value: Any) -> Iterator[Any]:
    """Everything that is no object and no list, wherever it stands."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)
    else:
        yield value


@given(BODIES)
def test_every_entry_of_every_list_comes_out_once_in_its_order(body: Any) -> None:
    """Promise 1: each message, status and error of a body is one item, or one malformed item."""
    for key in ("messages", "statuses", "errors"):
        expected = [
            raw
            for field, value in _values(body)
            if field == "messages" and isinstance(value.get(key), list)
            for raw in value[key]
        ]
        found = [
            item.raw
            for item in explode(body)
            if item.field == "messages" and item.kind in (*_DECODERS, "error") and _stood_in(item, key)
        ]
        assert found == [raw for raw in expected if isinstance(raw, dict)]


def _stood_in(item: Item, key: str) -> bool:
    return key in item.body["entry"][0]["changes"][0]["value"]


@given(BODIES)
def test_nothing_of_a_value_is_lost(body: Any) -> None:
    """Promises 1 and 11: every number and text of every change stands in the body of one of its items.

    Only of several people in `contacts` an item keeps its own.
    """
    kept = {repr(leaf) for item in explode(body) for leaf in _leaves(item.body)}
    for _, value in _values(body):
        for key, part in value.items():
            if key not in _AROUND:
                assert {repr(leaf) for leaf in _leaves(part)} <= kept


@given(BODIES)
def test_every_item_has_a_name(body: Any) -> None:
    """What nobody knows is `unknown`, and what cannot be an item is `malformed` and says why."""
    for item in explode(body):
        assert item.kind
        assert (item.kind == "malformed") == bool(item.reason)


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
        if item.kind in _DECODERS:
            _check_reading(item)


@pytest.mark.parametrize("kind", _DECODERS)
@given(st.data())
def test_an_item_of_any_shape_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    """Promise 11: ids and times come back in the form that the stores need, or not at all."""
    raw = data.draw(damaged(LISTED))
    context = data.draw(damaged(st.fixed_dictionaries({"contacts": ANY_JSON, "thread": ANY_JSON})))
    if isinstance(raw, dict):
        field = str(data.draw(FIELDS))
        _check_reading(Item(kind, field, raw, {}, context if isinstance(context, dict) else {}))


def _check_reading(item: Item) -> None:
    decoded: DecodedMessage | DecodedStatus | Told | Undecodable
    decoded = outcome_of(lambda: _DECODERS[item.kind](item), Undecodable)
    if isinstance(decoded, Undecodable):
        assert decoded.reason
        return
    _check_person(decoded.person)
    _check_time(decoded.at)
    if isinstance(decoded, Told):
        _check_person(decoded.former or Person())
    elif isinstance(decoded, DecodedStatus):
        assert len(decoded.wamid.encode()) > 0
        _check_time(decoded.free_entry_until)
    else:
        _check_message(decoded)


def _check_message(decoded: DecodedMessage) -> None:
    assert decoded.name.encode()
    assert len(decoded.name) <= 512 + 110
    assert decoded.type.encode()
    assert decoded.original is None or 0 < len(decoded.original) <= 512
    assert decoded.has_referral in (True, False)


def _check_person(person: Person) -> None:
    for text in vars(person).values():
        assert text is None or text.encode()


def _check_time(at: datetime | None) -> None:
    assert at is None or at.tzinfo is UTC


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
