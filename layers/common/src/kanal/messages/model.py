"""What a message is, and how it is shown to the platform, over HTTP and in events alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from kanal.ids import ChannelRef, ContactId, MessageId, Wamid
from kanal.media.model import Media
from kanal.media.model import as_json as media_as_json
from kanal.messages.delivery import RANK, Fact, Stage, state_of
from kanal.times import rfc3339

Direction = Literal["inbound", "outbound"]


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
class Message:
    """`content` is the object that WhatsApp names after `type`, as it came or as it will be sent.

    `raw` is an inbound message as it came, with all that WhatsApp put around the content.
    """

    id: MessageId
    ref: ChannelRef
    contact_id: ContactId
    direction: Direction
    type: str
    content: Any
    created_at: datetime
    raw: Any = None
    wamid: Wamid | None = None
    sent_at: datetime | None = None
    """Inbound: when WhatsApp says the person sent it."""
    stage: Stage = "queued"
    address: Address = field(default_factory=Address)
    context: Mapping[str, Any] | None = None
    """Outbound: the message that this one answers, as WhatsApp is told (`message_id` is a wamid)."""
    answers_referral: datetime | None = None
    """Outbound: when the person wrote through an ad or post, if this may be our first reply to that."""
    request_digest: str = ""
    attempt: Attempt | None = None
    attempts: int = 0
    accepted_at: datetime | None = None
    """Outbound: when the provider took it."""
    ended_at: datetime | None = None
    """Outbound: when the sender gave up on it (`failed`) or lost sight of it (`unconfirmed`)."""
    errors: tuple[Mapping[str, Any], ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    media: Media | None = None
    """The file that came with it, if its content is one."""

    @property
    def state(self) -> str:
        return "received" if self.direction == "inbound" else state_of(self.stage, dict(self.facts))


def as_json(message: Message) -> dict[str, Any]:
    """The message as the API and the events show it."""
    shown: dict[str, Any] = {
        "id": message.id,
        "channel_id": message.ref.channel_id,
        "contact_id": message.contact_id,
        "direction": message.direction,
        "state": message.state,
        "wamid": message.wamid,
        "type": message.type,
        "created_at": rfc3339(message.created_at),
        "timeline": _timeline(message),
        "errors": _errors(message),
    }
    if message.context:
        shown["context"] = message.context
    if message.media:
        shown["media"] = media_as_json(message.media)
    if message.type not in shown:
        shown[message.type] = message.content
    return shown


def _timeline(message: Message) -> list[dict[str, Any]]:
    """What happened, in the order of a message's life: WhatsApp's times are whole seconds, ours are not."""
    if message.direction == "inbound":
        return [_entry("received", message.sent_at, message.created_at)]
    own: list[tuple[str, datetime | None]] = [
        ("queued", message.created_at),
        ("sending", message.attempt.started_at if message.attempt else None),
        ("sent", message.accepted_at if "sent" not in message.facts else None),
        ("failed", message.ended_at if message.stage == "failed" else None),
        ("unconfirmed", message.ended_at if message.stage == "unconfirmed" else None),
    ]
    entries = [_entry(state, at, at) for state, at in own if at is not None]
    entries += [_entry(fact.status, fact.at, fact.received_at) for fact in message.facts.values()]
    return sorted(entries, key=_turn)


def _turn(entry: Mapping[str, Any]) -> tuple[int, str, str, str]:
    """Total, so that the order of arrival never shows."""
    rank = RANK.get(entry["state"], len(RANK))
    return (rank, entry["at"] or entry["received_at"], entry["received_at"], entry["state"])


def _entry(state: str, at: datetime | None, received_at: datetime) -> dict[str, Any]:
    return {"state": state, "at": rfc3339(at) if at else None, "received_at": rfc3339(received_at)}


def _errors(message: Message) -> list[Any]:
    """The sender's own first, unless WhatsApp's reports have overtaken them; then those."""
    own = message.errors if message.state == message.stage else ()
    facts = sorted(message.facts.values(), key=lambda fact: (fact.order, fact.status))
    reported = [error for fact in facts for error in fact.errors]
    return [*own, *reported]
