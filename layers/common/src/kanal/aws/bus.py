"""The event bus. Delivery is at least once; the event id tells a repetition from a second event."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kanal.errors import BusUnavailable
from kanal.rawjson import storable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef, PutEventsResultEntryTypeDef

SOURCE = "kanal"
_ENTRIES_PER_CALL = 10
_TRIES = 3
MAX_DETAIL_BYTES = 240 * 1024
"""PutEvents takes 256 KB a call, names included."""
_SMALL_BYTES = 1024


@dataclass(frozen=True)
class Event:
    """`id` is the same for every publication of the same fact."""

    id: str
    type: str
    detail: Mapping[str, Any]


class Bus:
    def __init__(self, name: str, client: "EventBridgeClient") -> None:
        self._name = name
        self._client = client

    def publish(self, events: Sequence[Event]) -> None:
        """Raises BusUnavailable when the bus refused any of them."""
        for batch in _batches([self._entry(event) for event in events]):
            self._put(batch)

    def _put(self, entries: "list[PutEventsRequestEntryTypeDef]") -> None:
        """The bus may take some entries and not others; those are tried again at once, a few times."""
        results: list[PutEventsResultEntryTypeDef] = []
        for _ in range(_TRIES):
            results = self._client.put_events(Entries=entries)["Entries"]
            failed = [number for number, result in enumerate(results) if "ErrorCode" in result]
            if not failed:
                return
            entries = [entries[number] for number in failed]
        codes = sorted({result["ErrorCode"] for result in results if "ErrorCode" in result})
        raise BusUnavailable(f"{len(entries)} events were not taken: {', '.join(codes)}")

    def _entry(self, event: Event) -> "PutEventsRequestEntryTypeDef":
        detail = _written(event.detail, event.id)
        if len(detail.encode()) > MAX_DETAIL_BYTES:
            detail = _written(_shortened(event.detail), event.id)
        return {"EventBusName": self._name, "Source": SOURCE, "DetailType": event.type, "Detail": detail}


def _written(detail: Mapping[str, Any], event_id: str) -> str:
    return storable(json.dumps({"event_id": event_id, **detail}, ensure_ascii=False))


def _shortened(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is large. Published as it is, it would hold up for good whatever comes with it."""
    shown = {name: _small_parts(value) for name, value in detail.items()}
    if len(json.dumps(shown)) > MAX_DETAIL_BYTES - _SMALL_BYTES:
        shown = {name: _small(value) for name, value in detail.items()}
    return {**shown, "content_omitted": True}


def _small_parts(value: Any) -> Any:
    """Of an object those of its values that are small, None for the others."""
    return {name: _small(part) for name, part in value.items()} if isinstance(value, dict) else _small(value)


def _small(value: Any) -> Any:
    return value if len(json.dumps(value)) <= _SMALL_BYTES else None


def _batches(
    entries: "list[PutEventsRequestEntryTypeDef]",
) -> "list[list[PutEventsRequestEntryTypeDef]]":
    """By count and by size, as PutEvents limits both."""
    batches: list[list[PutEventsRequestEntryTypeDef]] = []
    room = 0
    for entry in entries:
        size = len(entry["Detail"].encode())
        if not batches or len(batches[-1]) == _ENTRIES_PER_CALL or size > room:
            batches.append([])
            room = MAX_DETAIL_BYTES
        batches[-1].append(entry)
        room -= size
    return batches
