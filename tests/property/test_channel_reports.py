"""Promises 2 and 11: reports of any shape are read without raising; order of arrival says nothing."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kanal.aws.table import Table
from kanal.channels.facts import ChannelFacts
from kanal.channels.records import reports_from
from kanal.channels.reports import FIELDS, Report, as_json, concerns, one_as_json, reports_in
from kanal.channels.store import channel_key
from kanal.ids import ChannelId, ChannelRef, WorkspaceId
from kanal.times import from_epoch
from tests.integration.aws import boto, embedded_aws
from tests.property.json_values import ANY_JSON, WEIRD_TEXT, damaged, object_of
from tests.property.orders import shuffled_with_repetitions

_AT = datetime(2026, 11, 20, tzinfo=UTC)
_WORDS = (
    st.sampled_from(["ACCOUNT_RESTRICTION", "DISABLED_UPDATE", "ACCOUNT_VIOLATION", "FLAGGED"]) | WEIRD_TEXT
)
_LIMITS = st.sampled_from(["TIER_2K", 2000, -1, True, "\u0662", 1e300])
_VALUES = damaged(
    object_of(
        event=_WORDS,
        decision=WEIRD_TEXT,
        requester=WEIRD_TEXT,
        current_limit=_LIMITS,
        max_daily_conversations_per_business=_LIMITS,
        max_phone_numbers_per_waba=st.integers(),
        display_phone_number=st.sampled_from(["4930901820", 4930901820, "\u0661", "+49 30"]),
        restriction_info=st.lists(object_of(restriction_type=_WORDS, expiration=st.integers()), max_size=2),
        violation_info=object_of(violation_type=_WORDS),
        ban_info=object_of(waba_ban_state=_WORDS, waba_ban_date=WEIRD_TEXT),
        alert_info=object_of(alert_type=_WORDS, alert_severity=_WORDS),
    )
)
_FIELDS = st.sampled_from(sorted(FIELDS))


@given(_FIELDS, _VALUES)
def test_a_report_of_any_shape_is_read_shown_and_written(field: str, value: Any) -> None:
    """Promise 11: whatever the provider sends in whatever place, nothing raises."""
    if not isinstance(value, dict):
        return
    concerns(value, "+4930901820")
    for report in reports_in(field, value, _AT):
        assert report.order(_AT)
        json.dumps([one_as_json(report), as_json({report.name: report})])


@given(ANY_JSON)
def test_any_value_is_a_time_or_none(value: Any) -> None:
    """Promise 11: also numbers that no clock shows."""
    at = from_epoch(value)
    assert at is None or at.tzinfo is UTC


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with embedded_aws() as aws:
        yield Table(aws.channels, boto("dynamodb"))


_REPORTS = st.builds(
    lambda field, value, seconds: [(field, value, _AT + timedelta(seconds=seconds))],
    _FIELDS,
    object_of(
        event=_WORDS, decision=WEIRD_TEXT, username=WEIRD_TEXT, code=st.integers(), requester=WEIRD_TEXT
    ),
    st.integers(0, 2),
)
_numbers = iter(range(1_000_000))


@settings(max_examples=settings().max_examples // 4, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(told=st.lists(_REPORTS, min_size=1, max_size=5), data=st.data())
def test_reports_in_any_order_and_repeated_end_in_the_same_facts(
    table: Table, told: list[Any], data: st.DataObject
) -> None:
    """Promise 2: of each fact the latest by WhatsApp's time stays; arrival, however late, says nothing."""
    reports = [report for [one] in told for report in reports_in(*one)]
    expected = {
        report.name: max((r for r in reports if r.name == report.name), key=_order) for report in reports
    }
    shuffled = shuffled_with_repetitions(data, reports)
    assert _recorded(table, shuffled) == as_json(expected)


def _order(report: Report) -> str:
    return report.order(_AT)


def _recorded(table: Table, reports: list[Report]) -> dict[str, Any]:
    ref = ChannelRef(WorkspaceId("acme"), ChannelId(f"chn_{next(_numbers)}"))
    key = channel_key(ref)
    table.put({"pk": key.pk, "sk": key.sk})
    facts = ChannelFacts(table)
    for number, report in enumerate(reports):
        assert facts.record(ref, report, _AT + timedelta(minutes=number))
    item = table.get(key)
    assert item is not None
    return as_json(reports_from(item))
