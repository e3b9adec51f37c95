"""What a look at a message comes to, and what may go when its bytes would leave: a row for each case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kanal.channels.model import Channel
from kanal.ids import ChannelId, ChannelRef, ContactId, MessageId, Wamid, WebhookId, WorkspaceId
from kanal.messages.model import Message
from kanal.messages.waiting import Lane, Place, Waiting, WaitReason, Wishes
from kanal.sending.explaining import waiting_of
from kanal.sending.lastlook import content_to_send, needs_window, verdict_on
from kanal.sending.lines import Entry
from kanal.sending.steps import GRACE, MOST_RESENDS, step_of
from kanal.windows.rules import Window

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
REF = ChannelRef(WorkspaceId("acme"), ChannelId("chn_1"))
TEMPLATE = {"name": "order_ready", "language": {"code": "en"}}
OPEN, CLOSED = Window(NOW + timedelta(hours=1)), Window(NOW - timedelta(hours=1))
PARKS, INSTEAD = Wishes(parks_until_reply=True), Wishes(fallback=TEMPLATE)
PAST, LATER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
PLACE = Place("reply", 3, 40)


def message(**fields: Any) -> Message:
    whole: dict[str, Any] = {"type": "text", "content": {"body": "Hi"}, "created_at": NOW, **fields}
    return Message(MessageId("msg_1"), REF, ContactId("con_1"), "outbound", **whole)


def doubt(policy: Any, since: timedelta = GRACE, **fields: Any) -> Message:
    wishes = fields.pop("wishes", Wishes(on_unconfirmed=policy))
    return message(stage="unconfirmed", wishes=wishes, ended_at=NOW - since, **fields)


@pytest.mark.parametrize(
    ("looked_at", "step"),
    [
        (message(place=PLACE), "wake"),
        (message(waiting=Waiting("scheduled_for", NOW)), "go_on"),
        (message(waiting=Waiting("scheduled_for", LATER)), LATER),
        (message(waiting=Waiting("template_paused", PAST)), "go_on"),
        (message(waiting=Waiting("template_paused")), "go_on"),
        (message(waiting=Waiting("awaiting_reply")), "leave"),
        (message(waiting=Waiting("awaiting_reply"), wishes=Wishes(expires_at=NOW)), "expire"),
        (message(place=PLACE, wishes=Wishes(expires_at=NOW)), "expire"),
        (message(place=PLACE, wishes=Wishes(expires_at=LATER)), "wake"),
        (message(stage="sending", wishes=Wishes(expires_at=PAST)), "leave"),
        (message(stage="sent", wishes=Wishes(expires_at=PAST, on_unconfirmed="fail")), "leave"),
        (message(stage="cancelled", wishes=Wishes(send_at=PAST)), "leave"),
        (message(stage="expired", wishes=Wishes(expires_at=PAST)), "tell"),
        (message(stage="failed"), "leave"),
        (message(stage="failed", wishes=Wishes(on_unconfirmed="fail")), "tell"),
        (doubt("hold"), "leave"),
        (doubt("resend"), "resend"),
        (doubt("fail"), "fail"),
        (doubt("resend", GRACE - timedelta(seconds=1)), LATER),
        (doubt("fail", GRACE - timedelta(seconds=1)), LATER),
        (doubt("resend", wamid=Wamid("wamid.1")), "leave"),
        (doubt("fail", wamid=Wamid("wamid.1")), "leave"),
        (doubt("resend", resends=1), NOW + GRACE),
        (doubt("resend", 2 * GRACE, resends=1), "resend"),
        (doubt("resend", 99 * GRACE, resends=MOST_RESENDS), "leave"),
        (doubt("resend", wishes=Wishes(on_unconfirmed="resend", expires_at=PAST)), "leave"),
        (doubt("fail", wishes=Wishes(on_unconfirmed="fail", expires_at=PAST)), "fail"),
    ],
)
def test_a_look_comes_to_what_stage_wishes_and_time_say(looked_at: Message, step: Any) -> None:
    assert step_of(looked_at, NOW) == step


@pytest.mark.parametrize(
    ("claimed", "window", "verdict"),
    [
        (message(), CLOSED, "send"),
        (message(), None, "send"),
        (message(wishes=PARKS), OPEN, "send"),
        (message(wishes=PARKS), CLOSED, "park"),
        (message(wishes=PARKS), Window(), "park"),
        (message(wishes=INSTEAD), OPEN, "send"),
        (message(wishes=INSTEAD), CLOSED, "send_fallback"),
        (message(wishes=INSTEAD, sent_as="template"), OPEN, "send_fallback"),
        (message(wishes=Wishes(expires_at=NOW)), None, "expire"),
        (message(wishes=Wishes(expires_at=LATER)), None, "send"),
        (message(wishes=PARKS, wamid=Wamid("wamid.1")), CLOSED, "settled"),
        (message(wishes=Wishes(expires_at=PAST), wamid=Wamid("wamid.1")), None, "settled"),
    ],
)
def test_the_last_look_says_what_may_go(claimed: Message, window: Window | None, verdict: str) -> None:
    assert verdict_on(claimed, window, NOW) == verdict


@pytest.mark.parametrize(
    ("claimed", "needed"),
    [
        (message(), False),
        (message(wishes=PARKS), True),
        (message(wishes=INSTEAD), True),
        (message(wishes=INSTEAD, sent_as="template"), False),
        (message(wishes=Wishes(on_unconfirmed="resend")), False),
    ],
)
def test_the_window_is_only_read_for_those_who_asked_what_to_do(claimed: Message, needed: bool) -> None:
    """It costs a read a message."""
    assert needs_window(claimed) == needed


def test_what_goes_is_what_was_noted() -> None:
    assert content_to_send(message(wishes=INSTEAD)) == ("text", {"body": "Hi"})
    assert content_to_send(message(wishes=INSTEAD, sent_as="template")) == ("template", TEMPLATE)


# --- why it waits ---


def channel(**fields: Any) -> Channel:
    whole: dict[str, Any] = {"state": "active", "messages_per_second": 80, "contact_burst": 5, **fields}
    return Channel(
        ref=REF,
        name="Support",
        provider="dialog360",
        phone_number="+4930901820",
        phone_number_id="1",
        waba_id=None,
        verified_name=None,
        default_country=None,
        webhook_id=WebhookId("w"),
        encrypted_api_key=b"",
        request_digest="",
        created_at=NOW,
        **whole,
    )


def entry(
    number: int, name: str = "con_2", until: datetime | None = None, reason: WaitReason | None = None
) -> Entry:
    message_id = MessageId("msg_1" if number == PLACE.number else f"msg_of_{number}")
    lane: Lane = "reply"
    place = Place(lane, 3, number)
    return Entry(REF, place, message_id, ContactId(name), NOW, not_before=until, waits_for=reason)


_PUT_OFF: tuple[datetime, WaitReason] = (LATER, "contact_pair_rate")
_OF_ANOTHER = [entry(30, "con_2", *_PUT_OFF), entry(40, "con_1")]


@pytest.mark.parametrize(
    ("waits", "of", "front", "waiting"),
    [
        (message(stage="sent"), channel(), [], None),
        (message(waiting=Waiting("scheduled_for", LATER)), channel(state="paused"), [], ("scheduled_for", 1)),
        (message(place=PLACE), channel(state="paused"), [entry(40)], ("channel_paused", None)),
        (message(place=PLACE), channel(state="restricted"), [], ("channel_paused", None)),
        (message(place=PLACE), channel(), [], ("channel_pace", 0)),
        (message(place=PLACE), channel(), [entry(40)], ("channel_pace", 0)),
        (message(place=PLACE), channel(), [entry(20), entry(21)], ("channel_pace", 2)),
        (message(place=PLACE), channel(messages_per_second=20), [entry(20)], ("channel_pace", 8)),
        (message(place=PLACE), channel(), [entry(40, "con_1", *_PUT_OFF)], ("contact_pair_rate", 1)),
        (
            message(place=PLACE),
            channel(),
            [entry(30, "con_1", *_PUT_OFF), entry(40, "con_1")],
            ("contact_pair_rate", 1),
        ),
        (
            message(place=PLACE),
            channel(),
            [entry(30, "con_2", *_PUT_OFF), entry(40, "con_1")],
            ("channel_pace", 1),
        ),
        (
            message(place=PLACE),
            channel(),
            [entry(40, "con_1"), entry(41, "con_1", *_PUT_OFF)],
            ("channel_pace", 0),
        ),
        (message(place=PLACE), channel(), [entry(40, "con_1", PAST, "provider_busy")], ("channel_pace", 0)),
    ],
)
def test_a_wait_is_explained_by_what_stands_in_the_way(
    waits: Message, of: Channel, front: list[Entry], waiting: tuple[WaitReason, float | None] | None
) -> None:
    """What was asked for, the channel, the contact, the pace: in this order; until when in seconds."""
    explained = waiting_of(waits, of, front, NOW)
    if waiting is None:
        assert explained is None
        return
    reason, seconds = waiting
    assert explained == Waiting(reason, None if seconds is None else NOW + timedelta(seconds=seconds))
