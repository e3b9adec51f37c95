"""Sends one message: pace, claim, provider, record. A crash between any two steps never sends twice.

The claim comes after the wait for the pace and right before the bytes go out, so that what a crash leaves in
doubt is as little as can be. A message whose attempt ended without a recorded outcome is `unconfirmed`: only
WhatsApp knows, and a status that carries our id heals it.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from kanal.aws.bus import Bus
from kanal.aws.queue import Done, backoff_seconds
from kanal.channels.cached import RecentChannels
from kanal.channels.credentials import Providers
from kanal.channels.model import WHY_NOT_SENDING, Channel
from kanal.channels.store import ChannelStore
from kanal.clock import Clock
from kanal.contacts.store import ContactStore
from kanal.ids import MediaId, NewToken, Wamid
from kanal.messages.events import message_status, outcomes
from kanal.messages.gate import BroadcastGate
from kanal.messages.model import Attempt, Message
from kanal.messages.store import MessageStore
from kanal.messages.waiting import Waiting, WaitReason
from kanal.observability import logger
from kanal.providers.dialog360 import Dialog360, message_body
from kanal.providers.outcomes import Accepted, Effect, Outcome, Refused, TryLater, Unknown
from kanal.sending.content.media import with_provider_ids
from kanal.sending.due import ARRIVES_WITHIN
from kanal.sending.effects import EFFECTS, Affected, Refusal, effects_of_status, take_effect
from kanal.sending.holdback import HoldingBack, after_closed_window, hold_back, note_doubt
from kanal.sending.lastlook import content_to_send, needs_window
from kanal.sending.learning import learn_from_answer, merges_learnt
from kanal.sending.lines import Entry
from kanal.sending.pacestore import PaceStore
from kanal.sending.pairstore import PairStore
from kanal.sending.placing import Places, look_again
from kanal.sending.uploads import Uploading

ATTEMPT_LASTS = timedelta(seconds=30)
"""Longer than every timeout of the provider's client together."""
GIVE_UP_AFTER = timedelta(hours=24)
"""A message that the provider throttles after so long in line fails; a reply's window is over by then."""
_LONGEST_WAIT_SECONDS = 300.0
_NO_BULK = timedelta(minutes=5)
"""What somebody waits for is tried again soon, although the number is too many people's spam."""


@dataclass(frozen=True)
class Wait:
    """The message stays in its line. `scope` tells who waits: its contact, or the channel as a whole."""

    until: datetime
    reason: WaitReason | None = None
    scope: Literal["contact", "channel"] = "contact"


@dataclass(frozen=True)
class Stay:
    """The message stays in its line, and nothing else waits for it. Whoever lets it go on sends a turn."""


@dataclass(frozen=True)
class Sending:
    """What sending needs. `sleep` takes seconds; `jitter` gives a number from 0 to 1."""

    channels: ChannelStore
    recent_channels: RecentChannels
    contacts: ContactStore
    messages: MessageStore
    providers: Providers
    uploading: Uploading
    pace: PaceStore
    pairs: PairStore
    gate: BroadcastGate
    affected: Affected
    places: Places
    bus: Bus
    clock: Clock
    new_token: NewToken
    sleep: Callable[[float], None]
    jitter: Callable[[], float] = random.random

    @property
    def holding_back(self) -> HoldingBack:
        return HoldingBack(self.places, self.bus)


def deliver(
    parts: Sending,
    entry: Entry,
    channel: Channel | None,
    media: Mapping[MediaId, str] | Refused,
    wait_for_turn: Callable[[], Wait | None],
) -> Done | Wait | Stay:
    """Takes the message from `queued` as far as it goes. `media` are the provider's ids of its uploads.

    The pace was waited for. `wait_for_turn` is asked again right before the bytes go out, as the claim may
    have taken so long that the turn was missed. The API key is decrypted before the claim: should that fail,
    nothing is in doubt.
    """
    provider = parts.providers.of(channel) if channel and channel.state == "active" else None
    now = parts.clock()
    attempt = Attempt(parts.new_token(), now, now + ATTEMPT_LASTS)
    message, claimed = parts.messages.attempts.claim(entry.ref, entry.message_id, entry.place, attempt)
    if message is None or not claimed:
        return _unclaimed(parts, entry, message)
    if wait := wait_for_turn():
        parts.messages.attempts.record_requeued(message, attempt.id)
        return wait
    message, verdict = hold_back(parts.holding_back, message, attempt)
    if verdict not in ("send", "send_fallback"):
        return Done()
    outcome = _send(message, channel, media, provider)
    if isinstance(outcome, TryLater) and parts.clock() - entry.entered_at < GIVE_UP_AFTER:
        ending = _put_off(parts, entry, channel, message, attempt, outcome)
        _take_effect(parts, message, attempt.started_at, outcome.effect)
        return ending
    return _record(parts, message, attempt, outcome)


def _put_off(
    parts: Sending,
    entry: Entry,
    channel: Channel | None,
    message: Message,
    attempt: Attempt,
    refusal: TryLater,
) -> Done | Wait | Stay:
    """Who waits after a refusal that came before processing. The message itself always does."""
    seconds = _wait_seconds(message.attempts, refusal.after_seconds, parts.jitter())
    until = parts.clock() + timedelta(seconds=seconds)
    if refusal.scope == "template":
        look_again(parts.places, message, until)
        parts.messages.attempts.record_set_aside(message, attempt.id, Waiting("template_paused", until))
        return Done()
    parts.messages.attempts.record_requeued(message, attempt.id)
    if refusal.effect == "slow_channel" and channel:
        parts.pace.slow_down(entry.ref, channel.messages_per_second, refusal.after_seconds or 0.0)
    if refusal.effect == "delay_contact":
        return Wait(max(until, parts.pairs.delay(entry.ref, entry.contact_id)), "contact_pair_rate")
    if refusal.scope == "bulk":
        return Stay() if entry.place.lane == "bulk" else Wait(parts.clock() + _NO_BULK, "provider_busy")
    waits_whole = refusal.scope == "channel" and refusal.effect != "slow_channel"
    return Wait(until, "provider_busy", "channel" if waits_whole else "contact")


def _unclaimed(parts: Sending, entry: Entry, message: Message | None) -> Done | Wait:
    """An entry is written before its message says that it stands there; what never says so is forgotten."""
    if message is None or message.place != entry.place:
        is_young = parts.clock() - entry.entered_at < ARRIVES_WITHIN
        return Wait(parts.clock() + timedelta(seconds=1)) if is_young else Done()
    return _resume(parts, message)


def _send(
    message: Message,
    channel: Channel | None,
    media: Mapping[MediaId, str] | Refused,
    provider: Dialog360 | None,
) -> Outcome:
    if provider is None:
        words = WHY_NOT_SENDING[channel.state] if channel else "The channel is gone."
        return Refused({"code": "channel_cannot_send", "title": words, "message": words, "advice": words})
    if isinstance(media, Refused):
        return media
    kind, content = content_to_send(message)
    body = message_body(
        message.id,
        wa_id=message.address.wa_id,
        user_id=message.address.user_id,
        message_type=kind,
        content=with_provider_ids(kind, content, media),
        context=message.context,
    )
    return provider.send(body)


def _record(parts: Sending, message: Message, attempt: Attempt, outcome: Outcome) -> Done | Wait:
    match outcome:
        case Accepted(wamid):
            accepted_at = parts.clock()
            parts.messages.attempts.record_accepted(message, attempt.id, Wamid(wamid), accepted_at)
            _link(parts, message, Wamid(wamid))
            parts.bus.publish(learn_from_answer(parts.contacts, message, outcome, accepted_at))
            return Done()
        case TryLater(error):
            return _end(parts, message, attempt.id, "failed", error)
        case Refused(error, effect):
            if effect == "window_closed" and (ending := _around_window(parts, message, attempt)):
                return ending
            ended = _end(parts, message, attempt.id, "failed", error)
            _take_effect(parts, message, attempt.started_at, effect)
            return ended
        case Unknown(error):
            return _end(parts, message, attempt.id, "unconfirmed", error)


def _around_window(parts: Sending, message: Message, attempt: Attempt) -> Done | Wait | None:
    """What was asked for if the window is closed; it is, from now on."""
    if not needs_window(message):
        return None
    _take_effect(parts, message, attempt.started_at, "window_closed")
    match after_closed_window(parts.holding_back, message, attempt):
        case "again":
            return Wait(parts.clock() + timedelta(seconds=1))
        case "park":
            return Done()
    return None


def _resume(parts: Sending, message: Message) -> Done | Wait:
    """The message was tried before: by a worker that crashed then, or that is still at it."""
    if message.stage == "sending" and message.attempt:
        if message.attempt.until > parts.clock():
            return Wait(message.attempt.until)
        words = "The sender stopped in the middle of this message. Whether WhatsApp took it is not known."
        error = {"code": "sender_stopped", "title": words, "message": words, "advice": ""}
        return _end(parts, message, message.attempt.id, "unconfirmed", error)
    if message.stage == "sent" and message.wamid:
        _link(parts, message, message.wamid)
        parts.bus.publish(merges_learnt(parts.contacts, message, parts.clock()))
    elif message.stage in ("failed", "unconfirmed"):
        parts.bus.publish(outcomes(message))
    return Done()


def _link(parts: Sending, message: Message, wamid: Wamid) -> None:
    """Applies statuses that came before we knew whose they are."""
    for applied in parts.messages.link(message.ref, wamid, message.id):
        if applied.message is None:
            continue
        told = effects_of_status(parts.affected, message.ref, applied, parts.clock())
        parts.bus.publish([*told, message_status(applied.message, applied.fact)])


def _end(
    parts: Sending, message: Message, attempt_id: str, stage: str, error: Mapping[str, Any]
) -> Done | Wait:
    if stage == "unconfirmed":
        note_doubt(parts.holding_back, message)
    ended = parts.messages.attempts.record_ended(message, attempt_id, stage, [error], parts.clock())
    logger.info("Message not sent", extra={"message_id": message.id, "stage": stage, "code": error["code"]})
    if ended.stage == stage:
        parts.bus.publish(outcomes(ended))
    return Done()


def _take_effect(parts: Sending, message: Message, at: datetime, effect: Effect | None) -> None:
    """After the message's own ending is recorded: that is what nobody else finds out again."""
    if effect and effect in EFFECTS:
        events = take_effect(parts.affected, effect, Refusal(message.ref, message.id, at, message))
        parts.recent_channels.forget(message.ref)
        parts.bus.publish(events)


def _wait_seconds(attempts: int, asked_for: float | None, jitter: float) -> float:
    """As the provider asks or documents, else exponential from one second, with the upper half random."""
    return max(asked_for or 0.0, backoff_seconds(1.0, attempts, _LONGEST_WAIT_SECONDS, jitter))
