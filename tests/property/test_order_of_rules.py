"""Promise 2 in the rules alone: what is known does not depend on the order in which it was learnt."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kanal.contacts.model import Part, Sighting, with_sighting
from kanal.ids import ChannelId, ChannelRef, ContactId, MessageId, WorkspaceId
from kanal.messages.delivery import RANK, Fact, Stage
from kanal.messages.model import Message, as_json
from kanal.windows.rules import LENGTH, OPENS_WINDOW, Window, later, opened_until
from tests.property.orders import shuffled_with_repetitions

_REF = ChannelRef(WorkspaceId("acme"), ChannelId("chn_1"))
_START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_SECONDS = st.integers(0, 5).map(lambda seconds: _START + timedelta(seconds=seconds))
"""Few, so that ties are common: WhatsApp's times are whole seconds."""
_HOURS = st.integers(-60, 60).map(lambda hours: _START + timedelta(hours=hours))


_SIGHTINGS = st.builds(
    Sighting,
    order=st.builds(lambda at, number: f"{at.isoformat()}#wamid.{number}", _SECONDS, st.integers(0, 2)),
    wa_id=st.none() | st.sampled_from(["491", "492"]),
    user_id=st.none() | st.sampled_from(["DE.a", "DE.b"]),
    profile_name=st.none() | st.sampled_from(["Mia", "Mia S."]),
    username=st.none() | st.sampled_from(["mia", "mia2"]),
    window_open_until=st.none() | _HOURS,
)


@given(st.data())
def test_a_contact_is_the_same_whatever_was_seen_first(data: st.DataObject) -> None:
    """Promise 2: names, ids and window follow WhatsApp's time, never the order of arrival."""
    seen = data.draw(st.lists(_SIGHTINGS, max_size=6))
    assert _contact(seen) == _contact(shuffled_with_repetitions(data, seen))


def _contact(sightings: list[Sighting]) -> Part:
    part = Part(ContactId("con_1"), _REF, _START)
    for sighting in sightings:
        part = with_sighting(part, sighting)
    return part


_FACTS = st.builds(
    Fact,
    status=st.sampled_from([*RANK, "deleted", "warning"]),
    at=st.none() | _SECONDS,
    received_at=_SECONDS,
    errors=st.sampled_from([(), ({"code": 131026},), ({"code": 131047},)]),
    pricing=st.none() | st.sampled_from([{"billable": True}, {"billable": False}]),
)
_STAGES: st.SearchStrategy[Stage] = st.sampled_from(["queued", "sending", "unconfirmed", "sent", "failed"])


@given(st.data(), _STAGES)
def test_a_message_shows_the_same_whatever_was_reported_first(data: st.DataObject, stage: Stage) -> None:
    """Promise 2: state, timeline and errors are those of the facts, in an order of their own."""
    facts = data.draw(st.lists(_FACTS, max_size=7))
    message = _message(stage)
    one = as_json(replace(message, facts=_kept(facts)))
    other = as_json(replace(message, facts=_kept(shuffled_with_repetitions(data, facts))))
    assert one == other


@given(st.data())
def test_only_the_time_of_arrival_depends_on_arrival(data: st.DataObject) -> None:
    """Promise 2: of two reports of one status, the same is believed even if they arrive the other way."""
    facts = data.draw(st.lists(_FACTS, max_size=7))
    believed = [_without_arrival(_kept(_arriving(order))) for order in (facts, facts[::-1])]
    assert believed[0] == believed[1]


def _arriving(facts: list[Fact]) -> list[Fact]:
    return [
        replace(fact, received_at=_START + timedelta(minutes=number)) for number, fact in enumerate(facts)
    ]


def _without_arrival(facts: dict[str, Fact]) -> dict[str, Fact]:
    return {status: replace(fact, received_at=_START) for status, fact in facts.items()}


def _kept(facts: list[Fact]) -> dict[str, Fact]:
    """As the condition of the messages table keeps them: one of a status, that of the least order."""
    kept: dict[str, Fact] = {}
    for fact in facts:
        if fact.status not in kept or kept[fact.status].order > fact.order:
            kept[fact.status] = fact
    return kept


def _message(stage: Stage) -> Message:
    return Message(
        id=MessageId("msg_1"),
        ref=_REF,
        contact_id=ContactId("con_1"),
        direction="outbound",
        type="text",
        content={"body": "Hello"},
        created_at=_START,
        stage=stage,
        accepted_at=_START if stage == "sent" else None,
        ended_at=_START if stage in ("failed", "unconfirmed") else None,
    )


@given(
    st.lists(st.tuples(st.sampled_from([*OPENS_WINDOW, "invented"]), _HOURS), max_size=5),
    st.lists(_HOURS, max_size=3),
    st.data(),
    _HOURS,
)
def test_a_window_is_open_for_a_day_after_the_last_message_unless_whatsapp_said_no_since(
    messages: list[tuple[str, datetime]], refusals: list[datetime], data: st.DataObject, now: datetime
) -> None:
    """Promises 2 and 7: the window follows from messages and refusals, in whatever order they came."""
    steps = [("message", *message) for message in messages] + [("refusal", "", at) for at in refusals]
    window = Window()
    for what, kind, at in shuffled_with_repetitions(data, steps):
        if what == "message":
            window = replace(window, open_until=later(window.open_until, opened_until(kind, at)))
        else:
            window = replace(window, closed_at=later(window.closed_at, at))
    last = max(
        (at for kind, at in messages if kind in OPENS_WINDOW and OPENS_WINDOW[kind].opens), default=None
    )
    refused = last is not None and any(at >= last for at in refusals)
    assert window.is_open(now) == (last is not None and now < last + LENGTH and not refused)
