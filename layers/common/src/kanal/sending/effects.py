"""What a refusal says beyond its message, remembered where it matters: one function an effect.

The same code comes as the answer to a send or later in a status; both lead here. How fast a channel or a
contact is written to (`slow_channel`, `delay_contact`) is for the sender alone, who keeps the pace.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kanal.aws.bus import Event
from kanal.channels.events import channel_bulk_paused, channel_stopped
from kanal.channels.model import State
from kanal.channels.store import ChannelStore
from kanal.contacts.events import contact_marketing
from kanal.contacts.model import Sighting
from kanal.contacts.store import ContactStore
from kanal.ids import ChannelRef
from kanal.messages.model import Message
from kanal.messages.store import Applied
from kanal.observability import logger
from kanal.providers.outcomes import Effect
from kanal.providers.playbook import effects_told
from kanal.providers.playbook.throttles import HOURS_OF_BULK_PAUSE
from kanal.sending.learning import addressed, order_of
from kanal.templates.apply import Updating, apply_refusal
from kanal.templates.events import template_updated

SUPPRESSED_FOR = timedelta(hours=24)
"""Source: WhatsApp, error 131049: not sooner than in 24 hours again."""
_BULK_PAUSED_FOR = timedelta(hours=HOURS_OF_BULK_PAUSE)
_ONE_SYNC_IN = timedelta(minutes=5)
"""A broadcast with a template that is gone asks for one sync, not for one a recipient."""
_STOPS_WITHIN = timedelta(minutes=15)
"""A status that is told later stops no channel: what was wrong may be mended by now."""


@dataclass(frozen=True)
class Affected:
    """Whatever a refusal may change."""

    channels: ChannelStore
    contacts: ContactStore
    templates: Updating


@dataclass(frozen=True)
class Refusal:
    """`name` tells it from every other of the channel. Of what other software sent we know no message."""

    ref: ChannelRef
    name: str
    at: datetime
    message: Message | None


def take_effect(affected: Affected, effect: Effect, refusal: Refusal) -> list[Event]:
    """Idempotent, in any order. Gives the events of what it changed.

    Raises Contended, QueueUnavailable; the next refusal of the kind then does it.
    """
    apply = EFFECTS.get(effect)
    return list(apply(affected, refusal)) if apply else []


def effects_of_status(
    affected: Affected, ref: ChannelRef, applied: Applied, now: datetime
) -> Iterator[Event]:
    """What follows from the errors of a status, but for what it tells about the person: whom it names."""
    message, fact = applied.message, applied.fact
    refusal = Refusal(ref, message.id if message else fact.report, fact.at or fact.received_at, message)
    for effect in effects_told(fact.status, fact.errors):
        is_over = effect in _STOPS and now - refusal.at > _STOPS_WITHIN
        if effect not in TOLD_OF_THE_PERSON and not is_over:
            yield from take_effect(affected, effect, refusal)


# --- the channel ---

_Apply = Callable[[Affected, Refusal], Iterator[Event]]


def _stops(state: State) -> _Apply:
    def stop(affected: Affected, refusal: Refusal) -> Iterator[Event]:
        if affected.channels.set_state(refusal.ref, state):
            logger.error(
                "The channel stopped sending", extra={"channel_id": refusal.ref.channel_id, "why": state}
            )
            yield channel_stopped(refusal.ref, state, refusal.at, refusal.name)

    return stop


def _pause_bulk(affected: Affected, refusal: Refusal) -> Iterator[Event]:
    until = refusal.at + _BULK_PAUSED_FOR
    if affected.channels.pause_bulk(refusal.ref, refusal.at, until):
        logger.warning("The channel sends nothing in bulk", extra={"channel_id": refusal.ref.channel_id})
        yield channel_bulk_paused(refusal.ref, until)


# --- the person ---


def _close_window(affected: Affected, refusal: Refusal) -> Iterator[Event]:
    if refusal.message:
        affected.contacts.close_window(refusal.ref, refusal.message.contact_id, refusal.at)
    return iter(())


def _stop_marketing(affected: Affected, refusal: Refusal) -> Iterator[Event]:
    if sighting := _sighting(refusal, marketing="stop"):
        contact = affected.contacts.sight(refusal.ref, sighting, refusal.at)
        yield contact_marketing(contact, sighting, None, refusal.at)


def _suppress_marketing(affected: Affected, refusal: Refusal) -> Iterator[Event]:
    if sighting := _sighting(refusal, marketing_suppressed_until=refusal.at + SUPPRESSED_FOR):
        affected.contacts.sight(refusal.ref, sighting, refusal.at)
    return iter(())


def _sighting(refusal: Refusal, **told: Any) -> Sighting | None:
    if refusal.message is None:
        return None
    names = addressed(refusal.message)
    return Sighting(order_of(refusal.name, refusal.at), also=names, is_sign_of_life=False, **told)


# --- the template ---


def _template_is(word: str) -> _Apply:
    def tell(affected: Affected, refusal: Refusal) -> Iterator[Event]:
        if not (named := _template_of(refusal.message)):
            return
        if told := apply_refusal(affected.templates, refusal.ref, *named, word, refusal.at):
            yield template_updated(refusal.ref, *told)

    return tell


def _sync_templates(affected: Affected, refusal: Refusal) -> Iterator[Event]:
    affected.templates.sync_requests.ask(refusal.ref, refusal.at - _ONE_SYNC_IN)
    return iter(())


def _template_of(message: Message | None) -> tuple[str, str] | None:
    """Name and language."""
    if message is None or message.type != "template":
        return None
    return message.content["name"], message.content["language"]["code"]


_STOPS: Mapping[Effect, State] = {
    "credentials_invalid": "credentials_invalid",
    "payment_required": "payment_required",
    "restricted": "restricted",
}
TOLD_OF_THE_PERSON: frozenset[Effect] = frozenset({"marketing_stopped", "suppress_marketing"})
"""A status names the person, also where other software sent the message; what it says is a sighting."""
EFFECTS: Mapping[Effect, _Apply] = {
    **{effect: _stops(state) for effect, state in _STOPS.items()},
    "pause_bulk": _pause_bulk,
    "window_closed": _close_window,
    "marketing_stopped": _stop_marketing,
    "suppress_marketing": _suppress_marketing,
    "template_paused": _template_is("PAUSED"),
    "template_disabled": _template_is("DISABLED"),
    "template_unknown": _sync_templates,
}
