"""What WhatsApp reports of a number and its account, and how the channel shows it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kanal.channels.events import channel_updated
from kanal.channels.reports import FIELDS, Report, as_json, concerns, one_as_json, reports_in
from kanal.ids import ChannelId, ChannelRef, WorkspaceId

_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_REF = ChannelRef(WorkspaceId("acme"), ChannelId("chn_a"))
_ALERT = {
    "entity_type": "BUSINESS",
    "entity_id": "123",
    "alert_info": {
        "alert_severity": "WARNING",
        "alert_status": "ACTIVE",
        "alert_type": "OBA_REJECTED",
        "alert_description": "No.",
    },
}

ROWS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "phone_number_quality_update",
        {"event": "FLAGGED", "current_limit": "TIER_1K"},
        {
            "quality": {"event": "FLAGGED"},
            "messaging_limit": {"tier": "TIER_1K", "per_day": 1000, "unlimited": False},
        },
    ),
    (
        "phone_number_quality_update",
        {"event": "THROUGHPUT_UPGRADE", "max_daily_conversations_per_business": "TIER_UNLIMITED"},
        {
            "throughput": {"event": "THROUGHPUT_UPGRADE"},
            "messaging_limit": {"tier": "TIER_UNLIMITED", "per_day": None, "unlimited": True},
        },
    ),
    (
        "business_capability_update",
        {"max_daily_conversations_per_business": 2000, "max_phone_numbers_per_waba": 25},
        {
            "messaging_limit": {"tier": 2000, "per_day": 2000, "unlimited": False},
            "phone_numbers": {"max_per_business": None, "max_per_waba": 25},
        },
    ),
    (
        "business_capability_update",
        {"max_daily_conversation_per_phone": -1},
        {"messaging_limit": {"tier": -1, "per_day": None, "unlimited": True}},
    ),
    (
        "business_capability_update",
        {"max_daily_conversations_per_business": "TIER_OF_TOMORROW"},
        {"messaging_limit": {"tier": "TIER_OF_TOMORROW", "per_day": None, "unlimited": False}},
    ),
    (
        "phone_number_name_update",
        {"decision": "REJECTED", "requested_verified_name": "Acme", "rejection_reason": "NAME_FORMAT"},
        {"display_name": {"decision": "REJECTED", "name": "Acme", "rejection_reason": "NAME_FORMAT"}},
    ),
    (
        "account_alerts",
        _ALERT,
        {
            "alert_OBA_REJECTED": {
                "type": "OBA_REJECTED",
                "severity": "WARNING",
                "status": "ACTIVE",
                "description": "No.",
                "entity_type": "BUSINESS",
                "entity_id": "123",
            }
        },
    ),
    (
        "account_alerts",
        {"alert_info": {"alert_severity": "WARNING"}},
        {"alert_": {"type": None, "severity": "WARNING", "status": None, "description": None}},
    ),
    ("account_review_update", {"decision": "DEFERRED"}, {"review": {"decision": "DEFERRED"}}),
    (
        "account_update",
        {
            "event": "ACCOUNT_RESTRICTION",
            "restriction_info": [{"restriction_type": "RESTRICTED_BIZ", "expiration": 1641330498}, "odd"],
            "violation_info": {"violation_type": "SCAM"},
        },
        {
            "restriction": {
                "restrictions": [{"type": "RESTRICTED_BIZ", "until": "2022-01-04T21:08:18.000Z"}],
                "violation": "SCAM",
            }
        },
    ),
    (
        "account_update",
        {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "ADULT"}},
        {"violation": {"violation": "ADULT"}},
    ),
    (
        "account_update",
        {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "May 1"}},
        {"ban": {"state": "DISABLE", "date": "May 1"}},
    ),
    (
        "account_update",
        {"event": "PARTNER_REMOVED", "disconnection_info": {"reason": "PRIMARY_INACTIVITY"}},
        {
            "account": {
                "event": "PARTNER_REMOVED",
                "disconnection_info": {"reason": "PRIMARY_INACTIVITY"},
            }
        },
    ),
    (
        "security",
        {"event": "PIN_CHANGED", "requester": "1"},
        {"security": {"event": "PIN_CHANGED", "requester": "1"}},
    ),
    (
        "business_username_update",
        {"username": "acme", "status": "reserved"},
        {"username": {"username": "acme", "status": "reserved"}},
    ),
    ("error", {"code": 131000, "title": "odd"}, {"error": {"code": 131000, "title": "odd"}}),
    ("account_update", {}, {}),
    ("phone_number_name_update", {"decision": ["APPROVED"]}, {}),
    ("a_field_of_tomorrow", {"event": "X"}, {}),
    ("security", {"event": "x" * 5000}, {}),
]


@pytest.mark.parametrize(
    ("field", "value", "told"), ROWS, ids=[f"{row[0]}-{n}" for n, row in enumerate(ROWS)]
)
def test_each_field_tells_its_facts_in_whatsapps_words(
    field: str, value: dict[str, Any], told: dict[str, Any]
) -> None:
    """Promise 11: an unknown word is kept as it is; what says nothing, or far too much, is no fact."""
    reports = reports_in(field, value, _AT)
    assert {report.name: dict(report.value) for report in reports} == told
    assert {report.at for report in reports} <= {_AT}


def test_every_field_has_a_row_above() -> None:
    assert {row[0] for row in ROWS} >= FIELDS.keys()


@pytest.mark.parametrize(("field", "value", "_told"), ROWS)
def test_every_fact_is_shown_with_the_channel_and_in_its_event(
    field: str, value: dict[str, Any], _told: dict[str, Any]
) -> None:
    """Both at the same place, so that an event can be laid over what is known."""
    for report in reports_in(field, value, _AT):
        shown, changed = as_json({report.name: report}), one_as_json(report)
        for group, facts in changed.items():
            assert shown[group] == facts if group == "alerts" else shown[group].items() >= facts.items()


def test_nothing_reported_is_shown_as_nothing() -> None:
    shown = as_json({})
    assert {value for group in ("number", "account") for value in shown[group].values()} == {None}
    assert shown["alerts"] == []


def test_of_two_reports_whatsapps_time_decides_and_then_the_content() -> None:
    """Never our clock, where WhatsApp has one."""
    earlier, later = (_quality(event, _AT + timedelta(seconds=s)) for s, event in enumerate("BA"))
    assert earlier.order(_AT + timedelta(days=1)) < later.order(_AT)
    same = [_quality(event, _AT) for event in "AB"]
    assert same[0].order(_AT) != same[1].order(_AT)
    assert same[0].order(_AT) == same[0].order(_AT + timedelta(days=1))


def test_reports_without_a_time_are_older_than_all_with_one_and_ordered_by_arrival() -> None:
    """An error of the number has none: the last to arrive is shown, and a repetition is no other event."""
    untimed = _quality("X", None)
    assert untimed.order(_AT + timedelta(days=9)) < _quality("X", _AT).order(_AT)
    assert untimed.order(_AT) < untimed.order(_AT + timedelta(seconds=1))
    assert untimed.digest == _quality("X", None).digest


def test_the_event_names_the_fact_and_not_its_delivery() -> None:
    """A platform drops repetitions by the id, and loses nothing."""
    first, again = (
        channel_updated(_REF, "f", _quality("A", _AT), known).id for known in ({}, {"x": _quality("x", None)})
    )
    others = [_quality("B", _AT), _quality("A", _AT + timedelta(seconds=1)), _quality("A", None)]
    assert first == again
    assert len({first, *(channel_updated(_REF, "f", report, {}).id for report in others)}) == 4


def test_what_is_known_is_left_out_of_an_event_that_would_be_too_large() -> None:
    """The bus refuses a larger one, and with it the events beside it."""
    known = {f"alert_{n}": Report(f"alert_{n}", {"description": "x" * 4000}, _AT) for n in range(100)}
    detail = channel_updated(_REF, "security", _quality("A", _AT), known).detail
    assert detail["facts_omitted"] is True
    assert detail["changed"] == {"number": {"quality": {"event": "A", "at": "2026-11-20T12:00:00.000Z"}}}


@pytest.mark.parametrize(
    ("named", "own"),
    [
        ({}, True),
        ({"display_phone_number": "4930901820"}, True),
        ({"display_phone_number": "+49 30 901820"}, True),
        ({"display_phone_number": 4930901820}, True),
        ({"display_phone_number": ["?"]}, True),
        ({"display_phone_number": "4930901821"}, False),
    ],
)
def test_a_report_on_another_number_of_the_account_is_told_apart(named: dict[str, Any], own: bool) -> None:
    assert concerns(named, "+4930901820") is own


def _quality(event: str, at: datetime | None) -> Report:
    [report] = reports_in("phone_number_quality_update", {"event": event}, at)
    return report
