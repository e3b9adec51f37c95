"""Looks for the file of a broadcast and cuts it into parts: what can be wrong with it as a whole is found
here, before any row is taken in.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kanal.aws.bus import Bus
from kanal.broadcasts.csvfile import MAX_ROWS, FileFault, Header, read_header, rows, text_of
from kanal.broadcasts.events import broadcast_updated
from kanal.broadcasts.files import BroadcastFiles, Head
from kanal.broadcasts.filling import columns_in
from kanal.broadcasts.jobs import BroadcastQueue, Step
from kanal.broadcasts.model import FIRST_PART, ROWS_OF_A_PART, Broadcast, Layout
from kanal.broadcasts.parts import Part
from kanal.broadcasts.store import BroadcastStore
from kanal.clock import Clock

SIDE_BY_SIDE = 8
"""So many parts of one file are imported at once; each hands on to the one so many further."""
UPLOAD_WITHIN = timedelta(hours=1)
_LOOK_OFTEN_FOR = timedelta(minutes=2)
_FIRST_ROW = 2
"""The header is row 1."""


@dataclass(frozen=True)
class Cutting:
    """What cutting needs."""

    broadcasts: BroadcastStore
    files: BroadcastFiles
    queue: BroadcastQueue
    bus: Bus
    clock: Clock


def prepare(parts: Cutting, broadcast: Broadcast) -> None:
    """Idempotent, and may run beside itself. Without a file it looks again later."""
    try:
        if broadcast.state == "uploading":
            broadcast = _begun(parts, broadcast)
        if broadcast.state == "importing":
            _cut(parts, broadcast)
    except FileFault as fault:
        end_with_problem(parts, broadcast, fault.code, fault.words, fault.row)


def end_with_problem(parts: Any, broadcast: Broadcast, code: str, words: str, row: int | None = None) -> None:
    problem: Mapping[str, Any] = {"code": code, "message": words, "row": row}
    failed = parts.broadcasts.record_problem(broadcast, problem, parts.clock()).broadcast
    if failed.state == "failed":
        parts.bus.publish([broadcast_updated(failed)])


def _begun(parts: Cutting, broadcast: Broadcast) -> Broadcast:
    """With the layout that the file's first row tells; as it was while there is no file."""
    head, waited = parts.files.head(broadcast), parts.clock() - broadcast.created_at
    if head is None and waited >= UPLOAD_WITHIN:
        raise FileFault("not_uploaded", "No file was uploaded within an hour. Make another broadcast.")
    if head is None:
        after = timedelta(seconds=5 if waited < _LOOK_OFTEN_FOR else 20)
        parts.queue.put(Step(broadcast.ref, broadcast.id, "prepare"), after)
        return broadcast
    header = _header(broadcast, head)
    begun = parts.broadcasts.begin_import(broadcast, Layout(head.etag, header.delimiter, header.columns))
    return begun.broadcast


def _header(broadcast: Broadcast, head: Head) -> Header:
    header = read_header(head.content)
    missing = [name for name in columns_in(broadcast.components) if name not in header.columns]
    if missing:
        raise FileFault("column_missing", f"The first row names no column `{missing[0][:60]}`.", 1)
    return header


def _cut(parts: Cutting, broadcast: Broadcast) -> None:
    """The event comes first: should this stop anywhere, it is published again."""
    parts.bus.publish([broadcast_updated(broadcast)])
    if broadcast.parts is None:
        count = 0
        for part in _parts_of(parts.files, broadcast):
            parts.broadcasts.parts.add(broadcast, part)
            count = part.number
        broadcast = parts.broadcasts.record_parts(broadcast, count)
    for number in range(FIRST_PART, min(broadcast.parts or 0, SIDE_BY_SIDE) + FIRST_PART):
        parts.queue.put(Step(broadcast.ref, broadcast.id, "import", number))


def _parts_of(files: BroadcastFiles, broadcast: Broadcast) -> Iterator[Part]:
    """Raises FileFault."""
    head = files.head(broadcast)
    if head is None or broadcast.layout is None or head.etag != broadcast.layout.etag:
        raise file_changed()
    header = read_header(head.content)
    pieces = files.pieces(broadcast, header.length, head.size_bytes)
    if pieces is None:
        raise file_changed()
    return cut(pieces, header)


def cut(pieces: Iterable[bytes], header: Header) -> Iterator[Part]:
    """What follows the header, in parts. Every row is read once, to know where it ends and that it is text.

    Raises FileFault.
    """
    number, first, start, end = FIRST_PART, _FIRST_ROW, header.length, header.length
    for row, content in enumerate(rows(pieces, header.delimiter, _FIRST_ROW), _FIRST_ROW):
        text_of(content, row)
        if row - _FIRST_ROW >= MAX_ROWS:
            raise FileFault("too_many_rows", f"The file has more than {MAX_ROWS:,} rows.", row)
        if row - first == ROWS_OF_A_PART:
            yield Part(number, start, end, first)
            number, start, first = number + 1, end, row
        end += len(content)
    if end == header.length:
        raise FileFault("no_rows", "The file has no recipients.")
    yield Part(number, start, end, first)


def file_changed() -> FileFault:
    words = "The file was changed or removed while it was being imported. Make another broadcast."
    return FileFault("file_changed", words)
