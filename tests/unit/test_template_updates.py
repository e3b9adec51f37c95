"""What webhooks tell of a template, and how it is laid over what is known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kanal.ids import ChannelId, ChannelRef, WorkspaceId
from kanal.templates.events import template_updated
from kanal.templates.model import Template, as_json, reconcile, sync_order
from kanal.templates.updates import FIELDS, TemplateUpdate, update_in, updated

_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_REF = ChannelRef(WorkspaceId("acme"), ChannelId("chn_a"))
_WHOM = {
    "message_template_id": 16,
    "message_template_name": "order_ready",
    "message_template_language": "en-US",
}
_KNOWN = Template(
    "order_ready",
    "en_US",
    "16",
    "APPROVED",
    "UTILITY",
    [{"type": "BODY", "text": "Hi", "example": {"body_text": [["Mia"]]}}],
    "POSITIONAL",
    None,
    "GREEN",
)
_REJECTION = {"reason": "Variables side by side.", "recommendation": "Put words between them."}
_BUTTON = "message_template_button_"

ROWS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "message_template_status_update",
        {"event": "REJECTED", "reason": "INVALID_FORMAT", "rejection_info": _REJECTION},
        {
            "status": "rejected",
            "rejected_reason": "INVALID_FORMAT",
            "status_info": {
                "event": "REJECTED",
                "reason": "INVALID_FORMAT",
                "rejection_info": _REJECTION,
            },
        },
    ),
    (
        "message_template_status_update",
        {"event": "DISABLED", "reason": "ABUSIVE_CONTENT", "disable_info": {"disable_date": 1}},
        {
            "status": "disabled",
            "rejected_reason": None,
            "status_info": {
                "event": "DISABLED",
                "reason": "ABUSIVE_CONTENT",
                "disable_info": {"disable_date": 1},
            },
        },
    ),
    (
        "message_template_status_update",
        {"event": "PAUSED", "reason": "NONE"},
        {"status": "paused", "status_info": None},
    ),
    (
        "message_template_status_update",
        {"event": "INVENTED"},
        {"status": "submitted", "provider_status": "INVENTED"},
    ),
    (
        "message_template_status_update",
        {"event": "PAUSED", "reason": "x" * 9000},
        {"status": "paused", "status_info": None},
    ),
    (
        "message_template_quality_update",
        {"previous_quality_score": "GREEN", "new_quality_score": "RED"},
        {"quality": "RED"},
    ),
    ("message_template_status_update", {"new_quality_score": "YELLOW"}, {"quality": "YELLOW"}),
    ("messages", {"event": "PAUSED"}, {"status": "paused"}),
    (
        "template_category_update",
        {
            "correct_category": "MARKETING",
            "new_category": "UTILITY",
            "category_update_timestamp": 1_800_000_000,
        },
        {
            "category": "UTILITY",
            "category_change": {"category": "MARKETING", "at": "2027-01-15T08:00:00.000Z"},
        },
    ),
    (
        "template_category_update",
        {"previous_category": "UTILITY", "new_category": "MARKETING"},
        {"category": "MARKETING", "category_change": None},
    ),
    (
        "template_correct_category_detection",
        {"category": "UTILITY", "correct_category": "MARKETING"},
        {"category": "UTILITY", "category_change": {"category": "MARKETING", "at": None}},
    ),
    (
        "message_template_components_update",
        {
            "message_template_title": "News",
            "message_template_element": "Hello",
            "message_template_footer": "Bye",
            "message_template_buttons": [{f"{_BUTTON}type": "URL", f"{_BUTTON}url": "https://a.example"}],
        },
        {
            "components": [
                {"type": "HEADER", "format": "TEXT", "text": "News"},
                {"type": "BODY", "text": "Hello", "example": {"body_text": [["Mia"]]}},
                {"type": "FOOTER", "text": "Bye"},
                {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://a.example"}]},
            ]
        },
    ),
]


def _read(field: str, said: dict[str, Any], at: datetime | None = _AT) -> TemplateUpdate:
    update = update_in(field, {**_WHOM, **said}, at)
    assert update is not None
    return update


@pytest.mark.parametrize(("field", "said", "shown"), ROWS)
def test_each_update_is_laid_over_the_template(
    field: str, said: dict[str, Any], shown: dict[str, Any]
) -> None:
    """The language may be spelt with a hyphen; what is said decides, not the name of the field."""
    update = _read(field, said)
    assert (update.provider_id, update.name, update.language) == ("16", "order_ready", "en_US")
    after = as_json(updated(_KNOWN, update, ""))
    assert {name: after[name] for name in shown} == shown


def test_every_field_of_templates_has_a_row_above() -> None:
    assert {row[0] for row in ROWS} >= FIELDS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("messages", {"event": "PAUSED"}),
        ("security", {"event": "X"}),
        ("template_category_update", {"odd": 1}),
    ],
)
def test_what_says_nothing_of_a_template_is_no_update(field: str, value: dict[str, Any]) -> None:
    assert update_in(field, value, _AT) is None


@pytest.mark.parametrize(
    "said", [{"event": ["PAUSED"]}, {"new_quality_score": None}, {"event": True}, {"new_category": 1.5}]
)
def test_a_word_that_is_no_text_changes_nothing_that_is_shown(said: dict[str, Any]) -> None:
    """It is kept raw all the same."""
    update = _read("message_template_status_update", said)
    assert as_json(updated(_KNOWN, update, "")) == as_json(_KNOWN)


def test_a_button_keeps_what_its_forerunner_had_besides() -> None:
    """The webhook does not tell a flow's id, nor a sample."""
    before = {"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Go", "flow_id": "1"}, {"type": "URL"}]}
    told = [{f"{_BUTTON}type": "FLOW", f"{_BUTTON}text": "On"}, {f"{_BUTTON}type": "OTP"}]
    update = _read("message_template_components_update", {"message_template_buttons": told})
    after = updated(replace(_KNOWN, components=[before]), update, "")
    assert after.components == [
        {"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "On", "flow_id": "1"}, {"type": "OTP"}]}
    ]


@pytest.mark.parametrize(
    ("said", "at", "wants"),
    [
        ({"event": "APPROVED"}, _AT, False),
        ({"event": "paused"}, _AT, False),
        ({"new_quality_score": "RED"}, _AT, False),
        ({"new_category": "UTILITY"}, _AT, False),
        ({"event": "FLAGGED"}, _AT, True),
        ({"event": "INVENTED"}, _AT, True),
        ({"message_template_element": "Hi"}, _AT, True),
        ({"event": "APPROVED"}, None, True),
    ],
)
def test_a_sync_is_wanted_where_only_the_list_tells_the_whole(
    said: dict[str, Any], at: datetime | None, wants: bool
) -> None:
    assert _read("message_template_status_update", said, at).wants_sync is wants


def test_an_update_without_a_time_changes_nothing_by_itself() -> None:
    """It may be of last year."""
    update = _read("message_template_status_update", {"event": "PAUSED"}, at=None)
    assert updated(_KNOWN, update, "") is _KNOWN


def test_an_update_of_the_second_in_which_a_sync_began_is_the_later() -> None:
    """WhatsApp's times are whole seconds; the next sync mends the other case."""
    synced_at = _AT + timedelta(milliseconds=700)
    [template] = reconcile([], [_KNOWN], synced_at).new
    update = _read("message_template_status_update", {"event": "PAUSED"})
    assert updated(template, update, sync_order(synced_at)).status == "paused"
    later = synced_at + timedelta(seconds=1)
    assert updated(template, update, sync_order(later)).status == "approved"


def test_a_reason_is_shown_as_long_as_the_status_is_the_one_it_explains() -> None:
    update = _read("message_template_status_update", {"event": "REJECTED", "reason": "SCAM"})
    rejected = updated(_KNOWN, update, "")
    later = _AT + timedelta(hours=1)
    same = reconcile([rejected], [replace(_KNOWN, provider_status="REJECTED", rejected_reason="SCAM")], later)
    assert (same.unchanged, same.to_write) == (1, [])
    [approved] = reconcile([rejected], [_KNOWN], later).changed
    assert (as_json(rejected)["status_info"], as_json(approved)["status_info"]) == (
        {"event": "REJECTED", "reason": "SCAM"},
        None,
    )


def test_the_event_names_the_update_and_not_its_delivery() -> None:
    one = _read("message_template_status_update", {"event": "PAUSED"})
    others = [
        _read("message_template_status_update", {"event": "PAUSED"}, _AT + timedelta(seconds=1)),
        _read("message_template_status_update", {"event": "PAUSED", "message_template_id": 17}),
    ]
    assert template_updated(_REF, one, None).id == template_updated(_REF, one, _KNOWN).id
    assert len({template_updated(_REF, update, None).id for update in (one, *others)}) == 3


def test_an_event_that_would_be_too_large_leaves_the_content_to_the_api() -> None:
    """The bus refuses a larger one, and with it the events beside it."""
    update = _read("message_template_components_update", {"message_template_element": "x" * 250_000})
    detail = template_updated(_REF, update, None).detail
    assert (detail["content_omitted"], detail["told"], detail["name"]) == (True, None, "order_ready")
