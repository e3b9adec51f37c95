"""Templates as WhatsApp lists them, and what a sync finds changed."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kanal.templates.model import Template, as_json, reconcile, status_of
from kanal.templates.remote import template_from

_NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_LISTED: dict[str, Any] = {
    "id": "594425479261596",
    "name": "order_ready",
    "language": "en_US",
    "status": "APPROVED",
    "category": "UTILITY",
    "components": [{"type": "BODY", "text": "Hi"}],
    "parameter_format": "POSITIONAL",
    "rejected_reason": "NONE",
    "quality_score": {"score": "GREEN", "date": 1},
}


def _template(**changes: Any) -> Template:
    template = template_from({**_LISTED, **changes})
    assert template is not None
    return template


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("APPROVED", "approved"),
        ("approved", "approved"),
        ("PENDING", "submitted"),
        ("IN_APPEAL", "submitted"),
        ("SUBMITTED", "submitted"),
        ("CREATED", "submitted"),
        ("REJECTED", "rejected"),
        ("LIMIT_EXCEEDED", "rejected"),
        ("PAUSED", "paused"),
        ("DISABLED", "disabled"),
        ("ARCHIVED", "archived"),
        ("PENDING_DELETION", "deleted"),
        ("DELETED", "deleted"),
        ("REINSTATED", "approved"),
        ("FLAGGED", "approved"),
        ("LOCKED", "paused"),
        ("INVENTED_TOMORROW", "submitted"),
        ("", "submitted"),
    ],
)
def test_each_word_of_whatsapp_has_one_of_ours(word: str, ours: str) -> None:
    """Promise 11: a word that WhatsApp invents later is kept, and is not approval."""
    template = _template(status=word)
    assert status_of(word) == template.status == ours
    assert template.provider_status == word
    assert as_json(template)["sendable"] is (ours == "approved")


@pytest.mark.parametrize(
    ("listed", "read"),
    [
        ({"language": "pt-BR"}, {"language": "pt_BR"}),
        ({"id": 594425479261596}, {"provider_id": "594425479261596"}),
        ({"id": None}, {"provider_id": ""}),
        ({"components": None}, {"components": []}),
        ({"components": [None, "x", {"type": "BODY"}]}, {"components": [{"type": "BODY"}]}),
        ({"parameter_format": None}, {"parameter_format": "POSITIONAL"}),
        ({"parameter_format": "named"}, {"parameter_format": "NAMED"}),
        ({"rejected_reason": "NONE"}, {"rejected_reason": None}),
        ({"rejected_reason": None}, {"rejected_reason": None}),
        ({"rejected_reason": "INVALID_FORMAT"}, {"rejected_reason": "INVALID_FORMAT"}),
        ({"quality_score": {"score": "GREEN"}}, {"quality": "GREEN"}),
        ({"quality_score": "YELLOW"}, {"quality": "YELLOW"}),
        ({"quality_score": {"score": 3}}, {"quality": None}),
        ({"quality_score": None}, {"quality": None}),
        ({"invented": {"tomorrow": 1}}, {}),
    ],
)
def test_an_odd_field_never_hides_a_template(listed: dict[str, Any], read: dict[str, Any]) -> None:
    """Promise 11: 360dialog's families spell differently, and leave things out."""
    template = _template(**listed)
    assert {name: getattr(template, name) for name in read} == read
    assert template.name == "order_ready"


@pytest.mark.parametrize("missing", [{"name": None}, {"name": ""}, {"language": None}, {"language": 7}])
def test_an_entry_that_nothing_could_send_is_passed_over(missing: dict[str, Any]) -> None:
    """One broken entry does not end a sync."""
    assert template_from({**_LISTED, **missing}) is None


def test_a_sync_tells_new_changed_unchanged_and_vanished_apart() -> None:
    """The report says what happened since the last one."""
    same, changed, vanished, new = (_template(name=name) for name in ("same", "changed", "vanished", "new"))
    now_rejected = replace(changed, provider_status="REJECTED")
    changes = reconcile([same, changed, vanished], [new, same, now_rejected], _NOW)
    assert changes.new == [new]
    assert changes.changed == [now_rejected]
    assert changes.unchanged == 1
    assert changes.vanished == [replace(vanished, vanished_at=_NOW)]
    assert changes.to_write == [new, now_rejected, replace(vanished, vanished_at=_NOW)]


def test_a_vanished_template_is_kept_and_cannot_be_sent() -> None:
    """Nothing is ever deleted: what is gone is marked, once."""
    [gone] = reconcile([_template()], [], _NOW).vanished
    assert gone.status == "deleted"
    assert as_json(gone)["vanished_at"] == "2026-11-20T12:00:00.000Z"
    assert reconcile([gone], [], _NOW).to_write == []


def test_a_template_that_comes_back_is_changed() -> None:
    """Whoever deleted it by mistake and made it anew can send it after the next sync."""
    [gone] = reconcile([_template()], [], _NOW).vanished
    changes = reconcile([gone], [_template()], _NOW)
    assert (changes.changed, changes.new, changes.unchanged) == ([_template()], [], 0)
    assert changes.changed[0].status == "approved"


def test_a_language_is_a_template_of_its_own() -> None:
    """One name in two languages is two templates, each with its own status."""
    english, german = _template(), _template(language="de", status="REJECTED")
    changes = reconcile([english], [english, german], _NOW)
    assert (changes.new, changes.unchanged) == ([german], 1)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "PAUSED"},
        {"category": "MARKETING"},
        {"components": [{"type": "BODY", "text": "Hello"}]},
        {"rejected_reason": "SCAM"},
        {"quality_score": {"score": "RED"}},
        {"id": "1"},
        {"parameter_format": "NAMED"},
    ],
)
def test_a_change_of_any_fact_is_seen(change: dict[str, Any]) -> None:
    """What the provider shows is what Kanal shows."""
    assert len(reconcile([_template()], [_template(**change)], _NOW).changed) == 1
