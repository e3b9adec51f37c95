"""What is written can be read again: raw JSON, cursors, times; and what must stay apart stays apart."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kanal import rawjson
from kanal.aws.bus import Bus, Event
from kanal.errors import InvalidRequest
from kanal.http.cursors import cursor_of, position_of
from kanal.ids import derived_token
from kanal.times import epoch_microseconds, parse_rfc3339, rfc3339
from tests.property.json_values import ANY_JSON, WEIRD_TEXT
from tests.property.outcomes import outcome_of

_MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants naive bounds
_ANY_JSON = ANY_JSON | WEIRD_TEXT | st.dictionaries(WEIRD_TEXT, WEIRD_TEXT)


@given(_ANY_JSON)
def test_json_is_the_same_after_being_written_and_read(value: Any) -> None:
    """Promise 11: raw items lose nothing on their way through queues and tables."""
    assert rawjson.read(rawjson.write(value)) == value


@given(_ANY_JSON)
def test_written_json_can_always_be_sent(value: Any) -> None:
    """Promise 1: half an emoji in a name keeps no item from the dead-letter queue."""
    assert json.loads(rawjson.write(value).encode()) == value


@given(st.text(st.sampled_from('[]{}:,"0123456789.eE+-NaInfity'), max_size=12))
@example("1e999")
@example("[-1e999]")
@example("NaN")
@example("[" * 5_000 + "]" * 5_000)
def test_what_is_read_is_json_and_everything_else_is_refused(raw: str) -> None:
    """Promise 1: what was accepted can be written again, so that a dead letter is never unreadable."""
    value = outcome_of(lambda: rawjson.read(raw), rawjson.NotJson)
    assert isinstance(value, rawjson.NotJson) or json.loads(rawjson.write(value), parse_constant=str) == value


@given(st.text(min_size=1, max_size=1000))
def test_a_cursor_leads_back_to_its_position(position: str) -> None:
    """Listing goes on exactly where the last page ended."""
    assert position_of(cursor_of(position)) == position


@given(st.text(max_size=300))
@example("é")
@example("A")
def test_any_text_is_a_cursor_or_refused_as_one(cursor: str) -> None:
    """Promise 12: a cursor that was made up is a named mistake of the caller, never our failure."""
    position = outcome_of(lambda: position_of(cursor, prefix="channel#"), InvalidRequest)
    if isinstance(position, InvalidRequest):
        assert [error.code for error in position.errors] == ["cursor_invalid"]
    else:
        assert position
        assert position.startswith("channel#")


def test_no_cursor_begins_at_the_start() -> None:
    """The first page needs no cursor, and the last gives none."""
    assert (position_of(None), cursor_of(None), cursor_of("")) == (None, None, None)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
@example(["ab", "c"], ["a", "bc"])
@example(["1:a", ""], ["1", "a:"])
def test_different_parts_give_different_tokens(one: list[str], other: list[str]) -> None:
    """Promise 6: two messages never share an id because their keys run into each other."""
    assume(one != other)
    assert derived_token(*one) != derived_token(*other)


@given(st.lists(st.text(), max_size=4))
def test_the_same_parts_give_the_same_token(parts: list[str]) -> None:
    """Promise 2: a repetition finds what the first time made."""
    token = derived_token(*parts)
    assert token == derived_token(*parts)
    assert len(token) == 26
    assert token.isascii()


@given(_MOMENTS, _MOMENTS)
def test_text_order_of_times_is_their_order(one: datetime, other: datetime) -> None:
    """Sort keys and `order` compare times as text."""
    shorter = [moment.replace(microsecond=moment.microsecond // 1000 * 1000) for moment in (one, other)]
    assert (rfc3339(one) < rfc3339(other)) == (shorter[0] < shorter[1])
    assert parse_rfc3339(rfc3339(one)) == shorter[0]


@given(_MOMENTS)
def test_microseconds_are_exact(moment: datetime) -> None:
    """Promise 4: the pace is integer arithmetic from end to end."""
    microseconds = epoch_microseconds(moment)
    assert microseconds % 1_000_000 == moment.microsecond
    assert microseconds // 1_000_000 == int(moment.replace(microsecond=0).timestamp())


class _Events:
    """Stands for the client of EventBridge."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def put_events(self, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803  # as boto3 calls it
        self.taken += Entries
        return {"FailedEntryCount": 0, "Entries": [{} for _ in Entries]}


@pytest.mark.parametrize("count", [1, 25])
@given(value=_ANY_JSON)
def test_an_event_carries_any_content(count: int, value: Any) -> None:
    """Promise 11: what one message holds never keeps the events of its neighbours from the bus."""
    client: Any = _Events()
    events = [Event(f"evt_{number}", "message.received", {"content": value}) for number in range(count)]
    Bus("kanal", client).publish(events)
    shown = [json.loads(entry["Detail"].encode()) for entry in client.taken]
    assert [detail["event_id"] for detail in shown] == [event.id for event in events]
    if _is_utf8(value):
        assert all(detail["content"] == value for detail in shown)


def _is_utf8(value: Any) -> bool:
    return "\\ud" not in json.dumps(value)
