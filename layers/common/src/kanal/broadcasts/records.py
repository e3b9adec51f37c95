"""How a broadcast is written into an item of the messages table, and read back."""

import json
from datetime import datetime

from kanal.aws.table import Item, Key
from kanal.broadcasts.forecast import Forecast
from kanal.broadcasts.model import Broadcast, Layout, Position, Recipient
from kanal.ids import BroadcastId, ChannelRef
from kanal.rawjson import write
from kanal.times import parse_rfc3339, rfc3339

_TIMES = ("send_at", "started_at", "ended_at", "counted_at", "counting_until")


def broadcast_key(ref: ChannelRef, broadcast_id: BroadcastId) -> Key:
    return Key(f"broadcast#{ref.prefix}#{broadcast_id}", "broadcast")


def list_pk(ref: ChannelRef) -> str:
    return f"broadcast#{ref.prefix}"


def listed(broadcast: Broadcast) -> Item:
    """The entry of the list of a channel's broadcasts."""
    sk = f"{rfc3339(broadcast.created_at)}#{broadcast.id}"
    return {"pk": list_pk(broadcast.ref), "sk": sk}


def part_sk(part: int) -> str:
    return f"part#{part:05}"


def rows_pk(broadcast: Broadcast, part: int) -> str:
    return f"{broadcast.prefix}#rows#{part:05}"


def row_sk(row: int) -> str:
    return f"{row:07}"


def person_key(broadcast: Broadcast, person: str) -> Key:
    return Key(f"{broadcast.prefix}#person#{person}", "person")


def to_item(broadcast: Broadcast) -> Item:
    """A broadcast that is new; what comes later is written by itself."""
    key = broadcast_key(broadcast.ref, broadcast.id)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "id": broadcast.id,
        "name": broadcast.name,
        "template": broadcast.template,
        "language": broadcast.language,
        "components": write(list(broadcast.components)),
        "source": broadcast.source,
        "state": broadcast.state,
        "created_at": rfc3339(broadcast.created_at),
        "request_digest": broadcast.request_digest,
        "starts_by_itself": broadcast.starts_by_itself,
        "send_at": rfc3339(broadcast.send_at) if broadcast.send_at else None,
        "changes": 0,
        "step": 0,
    }


def from_item(ref: ChannelRef, item: Item) -> Broadcast:
    return Broadcast(
        id=BroadcastId(item["id"]),
        ref=ref,
        name=item["name"],
        template=item["template"],
        language=item["language"],
        components=json.loads(item["components"]),
        source=item["source"],
        state=item["state"],
        created_at=parse_rfc3339(item["created_at"]),
        request_digest=item["request_digest"],
        starts_by_itself=item["starts_by_itself"],
        layout=_layout(item["layout"]) if "layout" in item else None,
        parts=item.get("parts"),
        forecast=Forecast(**json.loads(item["forecast"])) if "forecast" in item else None,
        problem=json.loads(item["problem"]) if "problem" in item else None,
        changes=item["changes"],
        step=item["step"],
        fed=position_of(item.get("fed", "")),
        is_fed=item.get("is_fed", False),
        waits_for=item.get("waits_for"),
        counts=item.get("counts"),
        failures=item.get("failures"),
        **{name: _time(item, name) for name in _TIMES},
    )


def layout_to_item(layout: Layout) -> Item:
    return {"etag": layout.etag, "delimiter": layout.delimiter, "columns": list(layout.columns)}


def _layout(item: Item) -> Layout:
    return Layout(item["etag"], item["delimiter"], tuple(item["columns"]))


def position_text(position: Position) -> str:
    return f"{position.part:05}#{row_sk(position.row)}"


def position_of(text: str) -> Position:
    part, _, row = text.partition("#")
    return Position(int(part), int(row)) if row else Position()


def recipient_to_item(broadcast: Broadcast, part: int, recipient: Recipient) -> Item:
    return {
        "pk": rows_pk(broadcast, part),
        "sk": row_sk(recipient.row),
        "to": recipient.to,
        "outcome": recipient.outcome,
        "values": dict(recipient.values) or None,
        "person": recipient.person or None,
        "number": recipient.number or None,
        "code": recipient.code or None,
        "reason": recipient.reason or None,
    }


def recipient_of(item: Item) -> Recipient:
    return Recipient(
        row=int(item["sk"]),
        to=item["to"],
        outcome=item["outcome"],
        values=item.get("values", {}),
        person=item.get("person", ""),
        number=item.get("number", ""),
        code=item.get("code", ""),
        reason=item.get("reason", ""),
    )


def _time(item: Item, name: str) -> datetime | None:
    return parse_rfc3339(item[name]) if name in item else None
