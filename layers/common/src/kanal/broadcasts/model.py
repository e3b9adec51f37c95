"""What a broadcast is, in which states it can be, and how it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from kanal.broadcasts.filling import Values
from kanal.broadcasts.forecast import Forecast
from kanal.contacts.identity import Identity
from kanal.ids import BroadcastId, ChannelRef, ContactId
from kanal.times import rfc3339

State = Literal["uploading", "importing", "ready", "running", "paused", "completed", "cancelled", "failed"]
Source = Literal["csv", "json"]
Order = Literal["start", "pause", "resume", "cancel"]

FINAL: frozenset[State] = frozenset({"completed", "cancelled", "failed"})
ORDERS: Mapping[Order, tuple[State, frozenset[State]]] = {
    "start": ("running", frozenset({"ready"})),
    "pause": ("paused", frozenset({"running"})),
    "resume": ("running", frozenset({"paused"})),
    "cancel": ("cancelled", frozenset({"uploading", "importing", "ready", "running", "paused"})),
}
"""What an order leads to, and from where. Given again, it changes nothing."""

ROWS_OF_A_PART = 1_000
"""A file is imported, fed and counted in parts of so many rows."""
FIRST_PART = 1


@dataclass(frozen=True)
class Position:
    """A row of a part: up to there, itself included, something is done. Row 0 is before all."""

    part: int = FIRST_PART
    row: int = 0


@dataclass(frozen=True)
class Layout:
    """How the file is read, as its first row told."""

    etag: str
    delimiter: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Broadcast:
    """`components` may hold placeholders (see filling.py); `values` of a recipient fill them."""

    id: BroadcastId
    ref: ChannelRef
    name: str
    template: str
    language: str
    components: Sequence[Mapping[str, Any]]
    source: Source
    state: State
    created_at: datetime
    request_digest: str
    starts_by_itself: bool = False
    send_at: datetime | None = None
    """It starts by itself, then."""
    layout: Layout | None = None
    parts: int | None = None
    """How many, once the file was seen as a whole."""
    forecast: Forecast | None = None
    problem: Mapping[str, Any] | None = None
    changes: int = 0
    """How often its state has changed."""
    step: int = 0
    """The number of the next step of feeding."""
    fed: Position = field(default_factory=Position)
    is_fed: bool = False
    """All rows were handed over."""
    waits_for: str | None = None
    """Why nothing is fed although it is running."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    counts: Mapping[str, int] | None = None
    """Recipients by state, when they were counted last."""
    failures: int | None = None
    """How many stand in the file of those who were not reached."""
    counted_at: datetime | None = None
    counting_until: datetime | None = None

    @property
    def prefix(self) -> str:
        return f"broadcast#{self.ref.prefix}#{self.id}"


@dataclass(frozen=True)
class Recipient:
    """A row that was read. `row` is its place in the file, where the header is 1.

    `person` is by what the person was told apart: a contact's id, or the name of somebody not known yet.
    Of a row that gets no message `reason` tells why: the caller's fault is `failed`, all else `skipped`.
    """

    row: int
    to: str
    outcome: Literal["accepted", "failed", "skipped"]
    values: Values = field(default_factory=dict)
    person: str = ""
    number: str = ""
    """Of somebody not known yet: digits with country code, as they were written."""
    code: str = ""
    reason: str = ""


def person_of(named: "ContactId | Identity") -> str:
    return f"{named.kind}#{named.value}" if isinstance(named, Identity) else named


def shown_row(broadcast: Broadcast, row: int) -> int:
    """As the caller counts: lines of a file from 1, its header; recipients of a request from 1."""
    return row if broadcast.source == "csv" else row - 1


def as_json(broadcast: Broadcast) -> dict[str, Any]:
    """The broadcast as the API shows it."""
    return {
        "id": broadcast.id,
        "channel_id": broadcast.ref.channel_id,
        "name": broadcast.name,
        "state": broadcast.state,
        "template": {
            "name": broadcast.template,
            "language": {"code": broadcast.language},
            "components": list(broadcast.components),
        },
        "source": broadcast.source,
        "start": broadcast.starts_by_itself,
        "send_at": _time(broadcast.send_at),
        "forecast": broadcast.forecast.as_json() if broadcast.forecast else None,
        "progress": _progress(broadcast),
        "waiting": broadcast.waits_for if broadcast.state == "running" else None,
        "problem": broadcast.problem,
        "created_at": rfc3339(broadcast.created_at),
        "started_at": _time(broadcast.started_at),
        "ended_at": _time(broadcast.ended_at),
    }


def _progress(broadcast: Broadcast) -> dict[str, Any] | None:
    if broadcast.counts is None:
        return None
    return {"counted_at": _time(broadcast.counted_at), "recipients": dict(broadcast.counts)}


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
