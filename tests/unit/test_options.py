"""What may be asked for beside the content: which times can be, what is refused in words, what is shown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kanal.errors import InvalidRequest
from kanal.messages.waiting import Wishes, wishes_as_json
from kanal.sending.wishes import check_times, wishes_of
from tests.outbound_bodies import SEND, refusals

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TEXT = {"to": "+4915112345678", "type": "text", "text": {"body": "Hi"}}
TEMPLATE = {"name": "order_ready", "language": {"code": "en"}}
_PART = "/if_window_closed/template"
_OFFSET = "must be a time with its offset (RFC 3339), such as 2027-01-31T09:00:00+01:00"
_CLOSED = "must be refuse, park_until_reply, or an object with the template that goes instead"


def _request(**options: Any) -> Any:
    return SEND.validate_python({**TEXT, **options})


@pytest.mark.parametrize(
    ("options", "pointer", "words"),
    [
        ({"send_at": "2026-11-21T09:00:00"}, "/send_at", _OFFSET),
        ({"send_at": "2026-11-21"}, "/send_at", _OFFSET),
        ({"send_at": "2026-11-31T09:00:00Z"}, "/send_at", _OFFSET),
        ({"send_at": 1_795_000_000}, "/send_at", _OFFSET),
        ({"send_at": "0001-01-01T00:00:00+05:00"}, "/send_at", _OFFSET),
        ({"expires_at": True}, "/expires_at", _OFFSET),
        ({"lane": "fast"}, "/lane", "must be reply or bulk"),
        ({"on_unconfirmed": "retry"}, "/on_unconfirmed", "must be hold, resend or fail"),
        ({"if_window_closed": "template"}, "/if_window_closed", _CLOSED),
        ({"if_window_closed": None}, "/if_window_closed", _CLOSED),
        ({"if_window_closed": {}}, _PART, "is required"),
        ({"if_window_closed": {"template": TEMPLATE, "then": 1}}, "/if_window_closed/then", "is not known"),
        (
            {"if_window_closed": {"template": {**TEMPLATE, "components": [{"type": "footer"}]}}},
            f"{_PART}/components/0/type",
            "must be header, body, button, limited_time_offer or carousel",
        ),
        ({"send_after": "2026-11-21T09:00:00Z"}, "/send_after", "is not known here; remove it"),
    ],
)
def test_a_wrong_option_is_refused_with_its_place(options: dict[str, Any], pointer: str, words: str) -> None:
    """Promise 12; also within the template that goes instead."""
    [(found, said)] = refusals({**TEXT, **options})
    assert found == pointer
    assert said.startswith(words)


def test_a_template_needs_no_way_around_the_window() -> None:
    """It goes whatever the window is; who asks for more has misunderstood something."""
    body = {"to": TEXT["to"], "type": "template", "template": TEMPLATE}
    assert refusals({**body, "if_window_closed": "refuse"}) == []
    [(pointer, words)] = refusals({**body, "if_window_closed": "park_until_reply"})
    assert pointer == "/if_window_closed"
    assert "leave it out" in words


def _at(**delta: float) -> str:
    return (NOW + timedelta(**delta)).isoformat()


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"send_at": _at(seconds=1)}, []),
        ({"send_at": _at(days=30)}, []),
        ({"send_at": _at(days=30, seconds=1)}, [("/send_at", "time_too_far")]),
        ({"send_at": _at()}, [("/send_at", "time_past")]),
        ({"send_at": _at(seconds=-1)}, [("/send_at", "time_past")]),
        ({"expires_at": _at(seconds=1)}, []),
        ({"expires_at": _at()}, [("/expires_at", "time_past")]),
        ({"expires_at": _at(days=31)}, [("/expires_at", "time_too_far")]),
        ({"send_at": _at(hours=2), "expires_at": _at(hours=3)}, []),
        ({"send_at": _at(hours=2), "expires_at": _at(hours=2)}, [("/expires_at", "time_past")]),
        ({"send_at": _at(hours=2), "expires_at": _at(hours=1)}, [("/expires_at", "time_past")]),
        ({"send_at": _at(days=29), "expires_at": _at(days=59)}, []),
        (
            {"send_at": _at(days=-9), "expires_at": _at(days=-8)},
            [("/send_at", "time_past"), ("/expires_at", "time_past")],
        ),
    ],
)
def test_times_lie_ahead_and_not_too_far(options: dict[str, Any], found: list[tuple[str, str]]) -> None:
    """At the edges; both are told at once."""
    try:
        check_times(_request(**options), NOW)
        refused = []
    except InvalidRequest as refusal:
        refused = [(error.pointer, error.code) for error in refusal.errors]
    assert refused == found


def test_a_time_is_the_same_in_every_offset() -> None:
    """9 in Berlin is 8 in UTC."""
    wishes = wishes_of(_request(send_at="2026-11-21T09:00:00.5+01:00"), NOW)
    assert wishes.send_at == datetime(2026, 11, 21, 8, 0, 0, 500_000, tzinfo=UTC)


def test_who_waits_for_a_reply_does_not_wait_for_ever() -> None:
    """Thirty days from when it could have gone, unless the caller says otherwise."""
    parked = wishes_of(_request(if_window_closed="park_until_reply"), NOW)
    assert (parked.parks_until_reply, parked.expires_at) == (True, NOW + timedelta(days=30))
    later = wishes_of(_request(if_window_closed="park_until_reply", send_at=_at(days=2)), NOW)
    assert later.expires_at == NOW + timedelta(days=32)
    sooner = wishes_of(_request(if_window_closed="park_until_reply", expires_at=_at(days=1)), NOW)
    assert sooner.expires_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, {}),
        ({"lane": "reply", "on_unconfirmed": "hold", "if_window_closed": "refuse", "send_at": None}, {}),
        ({"lane": "bulk"}, {"lane": "bulk"}),
        ({"on_unconfirmed": "resend"}, {"on_unconfirmed": "resend"}),
        ({"send_at": "2026-11-21T09:00:00+01:00"}, {"send_at": "2026-11-21T08:00:00.000Z"}),
        ({"expires_at": "2026-11-21T09:00:00Z"}, {"expires_at": "2026-11-21T09:00:00.000Z"}),
        (
            {"if_window_closed": "park_until_reply"},
            {"if_window_closed": "park_until_reply", "expires_at": "2026-12-20T12:00:00.000Z"},
        ),
        (
            {"if_window_closed": {"template": TEMPLATE}},
            {
                "if_window_closed": {
                    "template": {**TEMPLATE, "language": {"code": "en", "policy": "deterministic"}}
                }
            },
        ),
    ],
)
def test_what_was_asked_for_is_shown_where_it_differs_from_the_rule(
    options: dict[str, Any], shown: dict[str, Any]
) -> None:
    assert wishes_as_json(wishes_of(_request(**options), NOW)) == shown


def test_options_that_say_the_rule_are_the_same_request() -> None:
    """An Idempotency-Key may be repeated with or without them."""
    plain = _request()
    spelt = _request(lane="reply", if_window_closed="refuse", on_unconfirmed="hold", expires_at=None)
    assert plain.asked() == spelt.asked() == {}
    assert plain.as_json() == spelt.as_json() == TEXT
    assert wishes_of(plain, NOW) == Wishes()
