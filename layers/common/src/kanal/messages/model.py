"""What a message is, and how it is shown to the platform, over HTTP and in events alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from kanal.ids import BroadcastId, ChannelRef, ContactId, MessageId, Wamid
from kanal.media.model import Media
from kanal.media.model import as_json as media_as_json
from kanal.messages.content import content_of, marks_of
from kanal.messages.delivery import RANK, Fact, Stage, state_of
from kanal.messages.waiting import Place, Waiting, Wishes, wishes_as_json
from kanal.providers.playbook import play_of
from kanal.times import rfc3339

Direction = Literal["inbound", "outbound"]
Origin = Literal["whatsapp", "api", "app", "history"]
"""Who brought it: WhatsApp from a person, our API, the WhatsApp Business app of the same number, or the
history of that app.
"""
Precedence = Literal["placeholder", "history", "live"]
PRECEDENCE: dict[Precedence, int] = {"placeholder": 1, "history": 2, "live": 3}
"""Of several accounts of one message the one that says most stays, whichever came first."""


ENDINGS = frozenset({"failed", "unconfirmed", "cancelled", "expired"})
"""Stages in which our sender has nothing more to do, without WhatsApp having taken the message."""


@dataclass(frozen=True)
class Address:
    """Where an outbound message goes: the id WhatsApp gave us, phone-like if there is one, else the BSUID."""

    wa_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True)
class Attempt:
    """One claim of the sender on a message; only its holder may record the outcome, and only `until` then."""

    id: str
    started_at: datetime
    until: datetime


@dataclass(frozen=True)
class Version:
    """An edit or a revocation of a message, told by WhatsApp after the message or before it."""

    type: str
    wamid: Wamid
    raw: Any
    at: datetime | None
    received_at: datetime

    @property
    def order(self) -> str:
        return f"{rfc3339(self.at) if self.at else '~'}#{self.wamid}"


@dataclass(frozen=True)
class Message:
    """`content` is the object that WhatsApp names after `type`, as we show it or as it will be sent.

    `raw` is a message that came to us, as it came, with all that WhatsApp put around the content.
    """

    id: MessageId
    ref: ChannelRef
    contact_id: ContactId
    direction: Direction
    type: str
    content: Any
    created_at: datetime
    origin: Origin = "api"
    precedence: Precedence = "live"
    group_id: str | None = None
    raw: Any = None
    wamid: Wamid | None = None
    sent_at: datetime | None = None
    """When WhatsApp says it was sent; None of what our API sends."""
    stage: Stage = "queued"
    address: Address = field(default_factory=Address)
    context: Mapping[str, Any] | None = None
    """Outbound: the message that this one answers, as WhatsApp is told (`message_id` is a wamid)."""
    answers_referral: datetime | None = None
    """Outbound: when the person wrote through an ad or post, if this may be our first reply to that."""
    request_digest: str = ""
    wishes: Wishes = field(default_factory=Wishes)
    place: Place | None = None
    """Outbound: where it stands in its channel's lines; None while it waits for something else."""
    waiting: Waiting | None = None
    """Outbound: what it waits for outside the lines."""
    sent_as: Literal["template"] | None = None
    """Outbound: the template went, or goes, in its place."""
    broadcast_id: BroadcastId | None = None
    attempt: Attempt | None = None
    attempts: int = 0
    resends: int = 0
    """How often it was sent again because nobody knew whether WhatsApp took it."""
    accepted_at: datetime | None = None
    """Outbound: when the provider took it."""
    ended_at: datetime | None = None
    """Outbound: when it was given up (`failed`, `expired`, `cancelled`) or out of sight (`unconfirmed`)."""
    errors: tuple[Mapping[str, Any], ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    media: Media | None = None
    """The file that came with it, if its content is one."""
    versions: tuple[Version, ...] = ()
    """In WhatsApp's order."""

    @property
    def state(self) -> str:
        return "received" if self.direction == "inbound" else state_of(self.stage, self.facts.values())

    @property
    def stream(self) -> str:
        """The conversation it belongs to: with one person, or of a group."""
        return f"{self.ref.prefix}#{f'group#{self.group_id}' if self.group_id else self.contact_id}"

    @property
    def stream_at(self) -> str:
        """Its place there: by WhatsApp's time, of our own by when we accepted it."""
        return f"{rfc3339(self.sent_at or self.created_at)}#{self.id}"


def as_json(message: Message) -> dict[str, Any]:
    """The message as the API and the events show it."""
    shown: dict[str, Any] = {
        "id": message.id,
        "channel_id": message.ref.channel_id,
        "contact_id": message.contact_id,
        "direction": message.direction,
        "origin": message.origin,
        "state": message.state,
        "wamid": message.wamid,
        "type": message.type,
        "created_at": rfc3339(message.created_at),
        "timeline": _timeline(message),
        "errors": _errors(message),
    }
    shown |= _extras(message)
    if message.type not in shown:
        shown[message.type] = message.content
    return shown


def waiting_as_json(waiting: Waiting) -> dict[str, Any]:
    return {"reason": waiting.reason, "until": rfc3339(waiting.until) if waiting.until else None}


def _extras(message: Message) -> dict[str, Any]:
    """What only some messages have; it is left out of the others."""
    extras: dict[str, Any] = marks_of(message.raw)
    if message.context:
        extras["context"] = message.context
    if message.media:
        extras["media"] = media_as_json(message.media)
    if message.broadcast_id:
        extras["broadcast_id"] = message.broadcast_id
    extras |= wishes_as_json(message.wishes)
    if message.sent_as:
        extras["sent_as"] = message.sent_as
    if message.waiting and message.stage == "queued":
        extras["waiting"] = waiting_as_json(message.waiting)
    if message.group_id:
        extras["group_id"] = message.group_id
    if message.versions:
        extras["versions"] = [_version(version) for version in message.versions]
        extras["revoked"] = any(version.type == "revoke" for version in message.versions)
    return extras


def _version(version: Version) -> dict[str, Any]:
    """An edit has the whole new message; a revocation nothing."""
    shown = {
        "type": version.type,
        "at": rfc3339(version.at) if version.at else None,
        "received_at": rfc3339(version.received_at),
    }
    edit = version.raw.get("edit") if isinstance(version.raw, dict) else None
    written = edit.get("message") if isinstance(edit, dict) else None
    if not isinstance(written, dict) or not isinstance(written.get("type"), str):
        return shown
    kind = written["type"]
    return {**shown, "message": {"type": kind, kind: content_of(kind, written)}}


def _timeline(message: Message) -> list[dict[str, Any]]:
    """What happened, in the order of a message's life: WhatsApp's times are whole seconds, ours are not."""
    if message.direction == "inbound":
        return [_entry("received", message.sent_at, message.created_at)]
    entries = _own_steps(message) if message.origin == "api" else _step_elsewhere(message)
    entries += [_reported(fact) for fact in message.facts.values()]
    return sorted(entries, key=_turn)


def _own_steps(message: Message) -> list[dict[str, Any]]:
    own: list[tuple[str, datetime | None]] = [
        ("queued", message.created_at),
        ("sending", message.attempt.started_at if message.attempt else None),
        ("sent", message.accepted_at if not _is_reported_sent(message) else None),
        (message.stage, message.ended_at if message.stage in ENDINGS else None),
    ]
    return [_entry(state, at, at) for state, at in own if at is not None]


def _step_elsewhere(message: Message) -> list[dict[str, Any]]:
    """Sent by the app or by phone, or written there and not gone yet: what we know of it without a report."""
    is_told = message.facts if message.stage == "sending" else _is_reported_sent(message)
    return [] if is_told else [_entry(message.stage, message.sent_at, message.created_at)]


def _is_reported_sent(message: Message) -> bool:
    return any(fact.status == "sent" for fact in message.facts.values())


def _reported(fact: Fact) -> dict[str, Any]:
    more = {"participant": fact.participant, "pricing": fact.pricing, "conversation": fact.conversation}
    told = {name: value for name, value in more.items() if value is not None}
    return {**_entry(fact.status, fact.at, fact.received_at), **told}


def _turn(entry: Mapping[str, Any]) -> tuple[int, str, str, str, str]:
    """Total, so that the order of arrival never shows."""
    rank = RANK.get(entry["state"], len(RANK))
    moment, arrival = entry["at"] or entry["received_at"], entry["received_at"]
    return (rank, moment, arrival, entry["state"], entry.get("participant", ""))


def _entry(state: str, at: datetime | None, received_at: datetime) -> dict[str, Any]:
    return {"state": state, "at": rfc3339(at) if at else None, "received_at": rfc3339(received_at)}


def _errors(message: Message) -> list[Any]:
    """The sender's own first, unless WhatsApp's reports have overtaken them; then those.

    Of what came to us, those that WhatsApp put into the message.
    """
    own = message.errors if message.state == message.stage else ()
    facts = sorted(message.facts.values(), key=lambda fact: (fact.order, fact.key))
    reported = [_advised(error) for fact in facts for error in fact.errors]
    inside = message.raw.get("errors") if isinstance(message.raw, dict) else None
    return [*own, *(inside if isinstance(inside, list) else []), *reported]


def _advised(error: Any) -> Any:
    """WhatsApp's own error as it came, and what the reader can do about it."""
    play = play_of(error)
    return {**error, "advice": play.advice} if play and play.advice else error
