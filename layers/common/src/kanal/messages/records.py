"""How a message is written into an item of the messages table, and read back.

Content is kept as JSON text: DynamoDB's numbers and empty values are not JSON's. What came to us is kept as
it came and its content derived from that. Facts and versions are attributes of their own, so that each can
be added by itself, whenever it arrives.
"""

import hashlib
import json
from datetime import datetime
from typing import Any

from kanal.aws.table import Item, Key
from kanal.ids import BroadcastId, ChannelRef, ContactId, MessageId, Wamid
from kanal.media import model as media
from kanal.messages.content import content_of
from kanal.messages.delivery import Fact
from kanal.messages.model import PRECEDENCE, Address, Attempt, Message, Precedence, Version
from kanal.messages.waiting import Place, Waiting, Wishes
from kanal.rawjson import write
from kanal.times import parse_rfc3339, rfc3339

_FACT = "fact_"
_VERSION = "version_"
_BY_PRECEDENCE: dict[int, Precedence] = {rank: name for name, rank in PRECEDENCE.items()}


def fact_attribute(key: str) -> str:
    return _FACT + key


def version_attribute(version: Version) -> str:
    """Of one edit or revocation, however often it arrives."""
    return _VERSION + hashlib.sha256(version.wamid.encode()).hexdigest()[:16]


def message_key(ref: ChannelRef, message_id: MessageId) -> Key:
    return Key(f"{ref.prefix}#{message_id}", "message")


def wamid_key(ref: ChannelRef, wamid: Wamid) -> Key:
    return Key(f"{ref.prefix}#wamid#{wamid}", "wamid")


def to_item(message: Message) -> Item:
    inbound = message.direction == "inbound"
    came = message.raw is not None
    return {
        "id": message.id,
        "contact_id": message.contact_id,
        "direction": message.direction,
        "origin": message.origin,
        "precedence": PRECEDENCE[message.precedence],
        "group_id": message.group_id,
        "stream": message.stream,
        "stream_at": message.stream_at,
        "type": message.type,
        "created_at": rfc3339(message.created_at),
        "sent_at": rfc3339(message.sent_at) if message.sent_at else None,
        "wamid": message.wamid,
        "raw": write(message.raw) if came else None,
        "content": None if came else write(message.content),
        "stage": None if inbound else message.stage,
        "attempts": None if inbound else message.attempts,
        "to_wa_id": message.address.wa_id,
        "to_user_id": message.address.user_id,
        "context": write(message.context) if message.context else None,
        "request_digest": message.request_digest or None,
        "media": media.to_item(message.media) if message.media else None,
        "answers_referral": rfc3339(message.answers_referral) if message.answers_referral else None,
        "broadcast_id": message.broadcast_id,
        **_wishes_to_item(message.wishes),
        "place": place_text(message.place) if message.place else None,
        **(waiting_to_item(message.waiting) if message.waiting else {}),
    }


def place_text(place: Place) -> str:
    """One attribute, so that a condition can ask for it."""
    return f"{place.lane}#{place.line}#{place.number}"


def waiting_to_item(waiting: Waiting) -> Item:
    return {"waits_for": waiting.reason, "waits_until": rfc3339(waiting.until) if waiting.until else None}


def _wishes_to_item(wishes: Wishes) -> Item:
    """Only what differs from the rule."""
    return {
        "lane": wishes.lane if wishes.lane != "reply" else None,
        "send_at": rfc3339(wishes.send_at) if wishes.send_at else None,
        "worthless_at": rfc3339(wishes.expires_at) if wishes.expires_at else None,
        "on_unconfirmed": wishes.on_unconfirmed if wishes.on_unconfirmed != "hold" else None,
        "parks_until_reply": wishes.parks_until_reply or None,
        "fallback": write(wishes.fallback) if wishes.fallback else None,
    }


def message_of(ref: ChannelRef, item: Item | None) -> Message | None:
    """None too for versions whose message has not come."""
    return from_item(ref, item) if item and "id" in item else None


def from_item(ref: ChannelRef, item: Item) -> Message:
    raw = json.loads(item["raw"]) if "raw" in item else None
    return Message(
        id=MessageId(item["id"]),
        ref=ref,
        contact_id=ContactId(item["contact_id"]),
        direction=item["direction"],
        origin=item["origin"],
        precedence=_BY_PRECEDENCE[item["precedence"]],
        group_id=item.get("group_id"),
        type=item["type"],
        content=json.loads(item["content"]) if "content" in item else content_of(item["type"], raw),
        created_at=parse_rfc3339(item["created_at"]),
        raw=raw,
        wamid=Wamid(item["wamid"]) if "wamid" in item else None,
        sent_at=_time(item, "sent_at"),
        stage=item.get("stage", "queued"),
        address=Address(item.get("to_wa_id"), item.get("to_user_id")),
        context=json.loads(item["context"]) if "context" in item else None,
        request_digest=item.get("request_digest", ""),
        answers_referral=_time(item, "answers_referral"),
        wishes=_wishes(item),
        place=_place(item),
        waiting=Waiting(item["waits_for"], _time(item, "waits_until")) if "waits_for" in item else None,
        sent_as=item.get("sent_as"),
        broadcast_id=BroadcastId(item["broadcast_id"]) if "broadcast_id" in item else None,
        attempt=_attempt(item),
        attempts=item.get("attempts", 0),
        resends=item.get("resends", 0),
        accepted_at=_time(item, "accepted_at"),
        ended_at=_time(item, "ended_at"),
        errors=tuple(json.loads(item.get("errors", "[]"))),
        facts=facts_from(item),
        media=media.from_item(item["media"]) if "media" in item else None,
        versions=versions_from(item),
    )


def facts_from(item: Item) -> dict[str, Fact]:
    """By their keys."""
    return {
        name.removeprefix(_FACT): _fact(name.removeprefix(_FACT), value)
        for name, value in item.items()
        if name.startswith(_FACT)
    }


def versions_from(item: Item) -> tuple[Version, ...]:
    found = [_version(value) for name, value in item.items() if name.startswith(_VERSION)]
    return tuple(sorted(found, key=lambda version: version.order))


def version_to_item(version: Version) -> Item:
    shown: Item = {
        "type": version.type,
        "wamid": version.wamid,
        "raw": write(version.raw),
        "received_at": rfc3339(version.received_at),
    }
    return {**shown, "at": rfc3339(version.at)} if version.at else shown


def fact_to_item(fact: Fact) -> Item:
    shown: Item = {"received_at": rfc3339(fact.received_at), "order": fact.order}
    if fact.at:
        shown["at"] = rfc3339(fact.at)
    if fact.errors:
        shown["errors"] = write(list(fact.errors))
    told = {"pricing": fact.pricing, "conversation": fact.conversation}
    shown |= {name: write(value) for name, value in told.items() if value is not None}
    names = {"participant": fact.participant, "recipient": fact.recipient}
    return shown | {name: value for name, value in names.items() if value}


def _fact(key: str, item: Any) -> Fact:
    participant = item.get("participant")
    return Fact(
        status=key.removesuffix(f"@{participant}") if participant else key,
        at=_time(item, "at"),
        received_at=parse_rfc3339(item["received_at"]),
        errors=tuple(json.loads(item.get("errors", "[]"))),
        pricing=json.loads(item["pricing"]) if "pricing" in item else None,
        conversation=json.loads(item["conversation"]) if "conversation" in item else None,
        participant=participant,
        recipient=item.get("recipient", ""),
    )


def _version(item: Any) -> Version:
    return Version(
        type=item["type"],
        wamid=Wamid(item["wamid"]),
        raw=json.loads(item["raw"]),
        at=_time(item, "at"),
        received_at=parse_rfc3339(item["received_at"]),
    )


def _wishes(item: Item) -> Wishes:
    return Wishes(
        lane=item.get("lane", "reply"),
        send_at=_time(item, "send_at"),
        expires_at=_time(item, "worthless_at"),
        on_unconfirmed=item.get("on_unconfirmed", "hold"),
        parks_until_reply=item.get("parks_until_reply", False),
        fallback=json.loads(item["fallback"]) if "fallback" in item else None,
    )


def _place(item: Item) -> Place | None:
    if "place" not in item:
        return None
    lane, line, number = item["place"].split("#")
    return Place(lane, int(line), int(number))


def _attempt(item: Item) -> Attempt | None:
    if "attempt_id" not in item:
        return None
    started, until = _time(item, "attempt_started_at"), _time(item, "attempt_until")
    if started is None or until is None:
        return None
    return Attempt(item["attempt_id"], started, until)


def _time(item: Item, name: str) -> datetime | None:
    return parse_rfc3339(item[name]) if name in item else None
