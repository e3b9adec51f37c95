"""The state that a message shows, and the order of its timeline."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kanal.ids import ChannelId, ChannelRef, ContactId, MessageId, WorkspaceId
from kanal.messages.delivery import Fact, Stage
from kanal.messages.model import Attempt, Message, as_json

_NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def _fact(status: str, second: int = 10, *, arrived: int = 60, **fields: Any) -> Fact:
    return Fact(status, _NOON + timedelta(seconds=second), _NOON + timedelta(seconds=arrived), **fields)


def _message(stage: Stage, *facts: Fact, **fields: Any) -> Message:
    started = _NOON + timedelta(milliseconds=500)
    return Message(
        id=MessageId("msg_1"),
        ref=ChannelRef(WorkspaceId("acme"), ChannelId("chn_1")),
        contact_id=ContactId("con_1"),
        direction=fields.pop("direction", "outbound"),
        type=fields.pop("type", "text"),
        content={"body": "Hello"},
        created_at=_NOON,
        stage=stage,
        attempt=None if stage == "queued" else Attempt("a", started, started),
        facts={fact.status: fact for fact in facts},
        **fields,
    )


def _states(message: Message) -> list[str]:
    return [entry["state"] for entry in as_json(message)["timeline"]]


@pytest.mark.parametrize(
    ("stage", "reported", "state"),
    [
        ("queued", [], "queued"),
        ("sending", [], "sending"),
        ("unconfirmed", [], "unconfirmed"),
        ("sent", [], "sent"),
        ("failed", [], "failed"),
        ("sending", ["sent"], "sent"),
        ("unconfirmed", ["sent"], "sent"),
        ("unconfirmed", ["failed"], "failed"),
        ("sent", ["delivered"], "delivered"),
        ("sent", ["read"], "read"),
        ("sent", ["read", "delivered", "sent"], "read"),
        ("sent", ["played", "read"], "played"),
        ("sent", ["failed"], "failed"),
        ("sent", ["failed", "delivered"], "delivered"),
        ("failed", ["delivered"], "delivered"),
        ("sent", ["deleted"], "sent"),
        ("queued", ["warning", "invented_tomorrow"], "queued"),
    ],
)
def test_the_highest_fact_is_shown(stage: Stage, reported: list[str], state: str) -> None:
    """Promise 2: no order of arrival moves a message backwards; promise 11: unknown words never show."""
    facts = [_fact(status) for status in reported]
    assert as_json(_message(stage, *facts))["state"] == state
    assert as_json(_message(stage, *reversed(facts)))["state"] == state


def test_a_timeline_tells_a_life_in_its_order() -> None:
    """WhatsApp's times are whole seconds and ours are not; the steps still stand in their order."""
    facts = [_fact("read", 0), _fact("delivered", 0), _fact("sent", 0)]
    message = _message("sent", *facts, accepted_at=_NOON + timedelta(seconds=1))
    assert _states(message) == ["queued", "sending", "sent", "delivered", "read"]


def test_our_own_time_of_sending_is_shown_until_whatsapp_reports_its_own() -> None:
    """One step is shown once, with the better time."""
    accepted_at = _NOON + timedelta(seconds=1)
    assert _states(_message("sent", accepted_at=accepted_at)) == ["queued", "sending", "sent"]
    reported = as_json(_message("sent", _fact("sent", 3), accepted_at=accepted_at))["timeline"]
    assert [entry["state"] for entry in reported] == ["queued", "sending", "sent"]
    assert reported[2] == {
        "state": "sent",
        "at": "2026-11-20T12:00:03.000Z",
        "received_at": "2026-11-20T12:01:00.000Z",
    }


@pytest.mark.parametrize("stage", ["failed", "unconfirmed"])
def test_the_end_of_sending_is_in_the_timeline(stage: Stage) -> None:
    """Whoever looks sees when the sender gave up, and that a delivery came after all."""
    ended_at = _NOON + timedelta(seconds=31)
    assert _states(_message(stage, ended_at=ended_at)) == ["queued", "sending", stage]
    assert _states(_message(stage, _fact("delivered"), ended_at=ended_at))[-2:] == [stage, "delivered"]


def test_a_healed_message_no_longer_says_unconfirmed() -> None:
    """`unconfirmed` is a doubt, and the doubt is over."""
    assert "unconfirmed" not in _states(_message("sent", accepted_at=_NOON, ended_at=_NOON))


def test_words_without_a_rank_stand_last_in_whatsapps_order() -> None:
    """Promise 11: what WhatsApp invents is shown in the timeline, by its time and not by its arrival."""
    late, early = _fact("warning", 30, arrived=40), _fact("deleted", 20, arrived=50)
    assert _states(_message("sent", late, _fact("read", 40), early)) == [
        *("queued", "sending", "read", "deleted", "warning")
    ]


def test_a_status_without_a_time_is_shown_without_one() -> None:
    """A time is never invented; when it reached us is known."""
    message = _message("sent", Fact("delivered", None, _NOON))
    assert as_json(message)["timeline"][-1] == {
        "state": "delivered",
        "at": None,
        "received_at": "2026-11-20T12:00:00.000Z",
    }


def test_errors_are_the_senders_own_first_then_whatsapps_in_their_order() -> None:
    """Promise 12: nothing that went wrong is hidden by something that went wrong later."""
    facts = [_fact("warning", 20, errors=({"code": 2},)), _fact("failed", 10, errors=({"code": 1},))]
    for order in (facts, facts[::-1]):
        shown = as_json(_message("failed", *order, errors=({"code": "no_answer"},), ended_at=_NOON))
        assert [error["code"] for error in shown["errors"]] == ["no_answer", 1, 2]


def test_an_inbound_message_was_received_when_whatsapp_says() -> None:
    """Its one entry has the time of the person's message and the time of its arrival here."""
    shown = as_json(_message("queued", direction="inbound", sent_at=_NOON - timedelta(seconds=5)))
    assert shown["state"] == "received"
    assert shown["timeline"] == [
        {"state": "received", "at": "2026-11-20T11:59:55.000Z", "received_at": "2026-11-20T12:00:00.000Z"}
    ]


@pytest.mark.parametrize(
    ("type_", "shown"), [("text", {"body": "Hello"}), ("id", "msg_1"), ("state", "queued")]
)
def test_content_is_shown_under_the_name_of_its_type_and_covers_nothing(type_: str, shown: Any) -> None:
    """Promise 11: a type that WhatsApp names like a field of ours does not replace that field."""
    assert as_json(_message("queued", type=type_))[type_] == shown


@pytest.mark.parametrize(
    ("kept", "dropped"),
    [
        (_fact("sent", 1), _fact("sent", 2)),
        (_fact("sent", 1, arrived=5), _fact("sent", 1, arrived=9)),
        (_fact("sent", 9), Fact("sent", None, _NOON)),
    ],
)
def test_of_two_reports_of_one_status_the_earlier_is_kept(kept: Fact, dropped: Fact) -> None:
    """Promise 2: WhatsApp's time decides, then arrival; a report without a time gives way."""
    assert kept.order < dropped.order


def test_reports_of_the_same_second_are_told_apart_by_content_not_by_arrival() -> None:
    """Promise 2: which of them wins does not depend on which came first."""
    one, other = {"code": 1}, {"code": 2}
    first = (
        _fact("failed", arrived=1, errors=(one,)).order < _fact("failed", arrived=2, errors=(other,)).order
    )
    second = (
        _fact("failed", arrived=2, errors=(one,)).order < _fact("failed", arrived=1, errors=(other,)).order
    )
    assert first == second
