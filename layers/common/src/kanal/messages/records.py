"""How a message is written into an item of the messages table, and read back.

Content is kept as JSON text: DynamoDB's numbers and empty values are not JSON's.
"""

import json
from datetime import datetime
from typing import Any

from kanal.aws.table import Item
from kanal.ids import ChannelRef, ContactId, MessageId, Wamid
from kanal.media import model as media
from kanal.messages.delivery import Fact
from kanal.messages.model import Address, Attempt, Message
from kanal.rawjson import write
from kanal.times import parse_rfc3339, rfc3339

_FACT = "fact_"


def fact_attribute(status: str) -> str:
    return _FACT + status


def to_item(message: Message) -> Item:
    inbound = message.direction == "inbound"
    return {
        "id": message.id,
        "contact_id": message.contact_id,
        "direction": message.direction,
        "type": message.type,
        "created_at": rfc3339(message.created_at),
        "sent_at": rfc3339(message.sent_at) if message.sent_at else None,
        "wamid": message.wamid,
        "raw": write(message.raw) if inbound else None,
        "content": None if inbound else write(message.content),
        "stage": None if inbound else message.stage,
        "attempts": None if inbound else message.attempts,
        "to_wa_id": message.address.wa_id,
        "to_user_id": message.address.user_id,
        "context": write(message.context) if message.context else None,
        "request_digest": message.request_digest or None,
        "media": media.to_item(message.media) if message.media else None,
        "answers_referral": rfc3339(message.answers_referral) if message.answers_referral else None,
    }


def from_item(ref: ChannelRef, item: Item) -> Message:
    raw = json.loads(item["raw"]) if "raw" in item else None
    return Message(
        id=MessageId(item["id"]),
        ref=ref,
        contact_id=ContactId(item["contact_id"]),
        direction=item["direction"],
        type=item["type"],
        content=json.loads(item["content"]) if "content" in item else (raw or {}).get(item["type"]),
        created_at=parse_rfc3339(item["created_at"]),
        raw=raw,
        wamid=Wamid(item["wamid"]) if "wamid" in item else None,
        sent_at=_time(item, "sent_at"),
        stage=item.get("stage", "queued"),
        address=Address(item.get("to_wa_id"), item.get("to_user_id")),
        context=json.loads(item["context"]) if "context" in item else None,
        request_digest=item.get("request_digest", ""),
        answers_referral=_time(item, "answers_referral"),
        attempt=_attempt(item),
        attempts=item.get("attempts", 0),
        accepted_at=_time(item, "accepted_at"),
        ended_at=_time(item, "ended_at"),
        errors=tuple(json.loads(item.get("errors", "[]"))),
        facts=facts_from(item),
        media=media.from_item(item["media"]) if "media" in item else None,
    )


def facts_from(item: Item) -> dict[str, Fact]:
    return {
        name.removeprefix(_FACT): _fact(name.removeprefix(_FACT), value)
        for name, value in item.items()
        if name.startswith(_FACT)
    }


def fact_to_item(fact: Fact) -> Item:
    shown: Item = {"received_at": rfc3339(fact.received_at), "order": fact.order}
    if fact.at:
        shown["at"] = rfc3339(fact.at)
    if fact.errors:
        shown["errors"] = write(list(fact.errors))
    if fact.pricing is not None:
        shown["pricing"] = write(fact.pricing)
    return shown


def _fact(status: str, item: Any) -> Fact:
    return Fact(
        status=status,
        at=_time(item, "at"),
        received_at=parse_rfc3339(item["received_at"]),
        errors=tuple(json.loads(item.get("errors", "[]"))),
        pricing=json.loads(item["pricing"]) if "pricing" in item else None,
    )


def _attempt(item: Item) -> Attempt | None:
    if "attempt_id" not in item:
        return None
    started, until = _time(item, "attempt_started_at"), _time(item, "attempt_until")
    if started is None or until is None:
        return None
    return Attempt(item["attempt_id"], started, until)


def _time(item: Item, name: str) -> datetime | None:
    return parse_rfc3339(item[name]) if name in item else None
