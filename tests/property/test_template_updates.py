"""Promises 2 and 11: updates of templates of any shape are read, and in any order they end in the same."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kanal.ids import ChannelId, ChannelRef, WorkspaceId
from kanal.templates.events import template_updated
from kanal.templates.model import Template, as_json, reconcile, sync_order
from kanal.templates.updates import FIELDS, TemplateUpdate, update_in, updated
from tests.property.json_values import ANY_JSON, WEIRD_TEXT, damaged, object_of
from tests.property.orders import shuffled_with_repetitions

_AT = datetime(2026, 11, 20, tzinfo=UTC)
_REF = ChannelRef(WorkspaceId("acme"), ChannelId("chn_a"))
_WORDS = st.sampled_from(["APPROVED", "PAUSED", "REJECTED", "FLAGGED", "INVENTED"])
_SAID = st.one_of(
    object_of(event=_WORDS, reason=st.sampled_from(["NONE", "SCAM", None]), other_info=ANY_JSON),
    object_of(new_quality_score=WEIRD_TEXT),
    object_of(new_category=WEIRD_TEXT, correct_category=WEIRD_TEXT),
    object_of(new_category=WEIRD_TEXT),
    object_of(message_template_element=WEIRD_TEXT, message_template_buttons=st.lists(ANY_JSON)),
)
_TEMPLATE = Template("a", "en", "1", "APPROVED", "UTILITY", [{"type": "BODY"}], "POSITIONAL", None, None)
_LISTED = st.builds(
    lambda status, quality, category: Template(
        "a", "en", "1", status, category, [{"type": "BODY"}], "POSITIONAL", None, quality
    ),
    _WORDS,
    st.sampled_from(["GREEN", "RED", None]),
    st.sampled_from(["UTILITY", "MARKETING"]),
)


@given(st.sampled_from(sorted(FIELDS)), damaged(_SAID), ANY_JSON)
def test_an_update_of_any_shape_is_read_and_laid_over_the_template(
    field: str, said: Any, buttons: Any
) -> None:
    """Promise 11: whatever the provider sends in whatever place, nothing raises."""
    if not isinstance(said, dict):
        return
    known = Template("a", "en", "1", "X", "Y", [{"type": "BUTTONS", "buttons": buttons}], "Z", None, None)
    update = update_in(field, said, _AT)
    if update:
        after = updated(known, update, "")
        json.dumps([as_json(after), template_updated(_REF, update, after).detail])
        assert update.wants_sync in (True, False)
        assert updated(after, update, "") is after


@st.composite
def _updates(draw: st.DrawFn) -> list[TemplateUpdate]:
    """Each with its seconds after _AT; what is said of components is the whole of them."""
    told = draw(st.lists(st.tuples(_SAID, st.integers(0, 9)), max_size=5))
    read = [
        update_in("message_template_status_update", said, _AT + timedelta(seconds=at)) for said, at in told
    ]
    return [update for update in read if update and update.aspect != "components"]


@given(updates=_updates(), listed=st.none() | _LISTED, synced=st.integers(0, 9), data=st.data())
def test_updates_in_any_order_around_a_sync_end_in_the_same_template(
    updates: list[TemplateUpdate], listed: Template | None, synced: int, data: st.DataObject
) -> None:
    """Promise 2: of each aspect the latest word stays, be it a webhook's or the list's.

    A list without the template (None) speaks of its status alone.
    """
    sync = (listed, _AT + timedelta(seconds=synced))
    known, shuffled = (
        _play(happenings)
        for happenings in ([*updates, sync], shuffled_with_repetitions(data, [*updates, sync]))
    )
    assert shuffled["status"] == known["status"]
    assert shuffled == known or listed is None


def _play(happenings: list[Any]) -> Any:
    """As `apply_update` and `sync_templates` do it: what did not change is not written."""
    template, last_sync = _TEMPLATE, ""
    for happening in happenings:
        if isinstance(happening, TemplateUpdate):
            template = updated(template, happening, last_sync)
        else:
            listed, at = happening
            changes = reconcile([template], [listed] if listed else [], at)
            template = changes.to_write[0] if changes.to_write else template
            last_sync = sync_order(at)
    return as_json(template)
