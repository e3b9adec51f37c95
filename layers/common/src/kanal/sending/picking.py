"""Which message of a channel's lines is next. Pure: what is read goes in, what may be sent comes out.

Replies go before bulk; while both have something, bulk gets every BULK_SHAREth turn, so it never starves. The
lines of a lane take turns. Of one contact only one message is on its way at a time, and those behind one that
has to wait stay behind it; nobody else waits for them.
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from kanal.ids import ContactId
from kanal.messages.waiting import Lane
from kanal.sending.lineleases import Track
from kanal.sending.lines import Entry

BULK_SHARE = 10
"""While replies saturate the channel, one message in so many is bulk."""
_ENOUGH = 25
"""Of a line: with so many in hand it is not read on."""


class _Line:
    """What is known of one line of one lane."""

    def __init__(self) -> None:
        self.fresh: deque[Entry] = deque()
        self.seen: set[int] = set()
        self.after = 0
        self.has_more = False
        self.is_woken = False

    @property
    def wants_reading(self) -> bool:
        return self.has_more and len(self.fresh) < _ENOUGH

    def wake(self) -> None:
        """Something came. It is found at the end; what came late with an early number, from the beginning."""
        if self.has_more:
            self.is_woken = True
        else:
            self.after, self.has_more = 0, True

    def add(self, entries: Sequence[Entry], has_more: bool) -> None:
        self.fresh.extend(entry for entry in entries if entry.place.number not in self.seen)
        self.seen.update(entry.place.number for entry in entries)
        self.has_more = has_more
        if entries:
            self.after = entries[-1].place.number
        if self.is_woken and not has_more:
            self.is_woken = False
            self.after, self.has_more = 0, True


class _Lane:
    """The lines of a lane, and its contacts with messages that stand behind another."""

    def __init__(self) -> None:
        self.turn: deque[_Line] = deque()
        self.held: defaultdict[ContactId, deque[Entry]] = defaultdict(deque)
        self.freed: deque[ContactId] = deque()


class Picker:
    def __init__(self, tracks: Iterable[Track]) -> None:
        self._lines: dict[Track, _Line] = {track: _Line() for track in tracks}
        self._lanes: dict[Lane, _Lane] = {"reply": _Lane(), "bulk": _Lane()}
        for (lane, _), line in self._lines.items():
            self._lanes[lane].turn.append(line)
        self._on_their_way: dict[ContactId, Track] = {}
        self._put_off: list[tuple[datetime, ContactId]] = []
        self._until: dict[ContactId, datetime] = {}
        self._shut: set[Lane] = set()
        self._picked = 0

    # --- what is read ---

    def wake(self, tracks: Iterable[Track]) -> None:
        for track in tracks:
            if track in self._lines:
                self._lines[track].wake()

    def unread(self) -> Iterator[tuple[Track, int]]:
        """The lines to read on, each with the number behind which to read."""
        for track, line in self._open():
            if line.wants_reading:
                yield track, line.after

    def add(self, track: Track, entries: Sequence[Entry], *, has_more: bool) -> None:
        self._lines[track].add(entries, has_more)

    def shut(self, lanes: Iterable[Lane]) -> None:
        """These lanes stand still, and count as empty; all others are open."""
        self._shut = set(lanes)

    # --- what is next ---

    def pick(self, now: datetime) -> Entry | None:
        """Its contact is on its way until `done` or `put_off`."""
        self._free_those_who_waited(now)
        wants_bulk = self._picked % BULK_SHARE == BULK_SHARE - 1
        order: tuple[Lane, Lane] = ("bulk", "reply") if wants_bulk else ("reply", "bulk")
        for lane in order:
            if lane not in self._shut and (entry := self._next_of(self._lanes[lane], now)):
                self._picked += 1
                self._on_their_way[entry.contact_id] = (lane, entry.place.line)
                return entry
        return None

    def done(self, entry: Entry) -> None:
        self._on_their_way.pop(entry.contact_id, None)
        self._free(entry.contact_id)

    def put_off(self, entry: Entry, until: datetime) -> None:
        """The contact waits: this message stays the first of those that stand behind it."""
        self._on_their_way.pop(entry.contact_id, None)
        self._lanes[entry.place.lane].held[entry.contact_id].appendleft(entry)
        self._wait(entry.contact_id, until)

    # --- what is left ---

    def left(self) -> frozenset[Track]:
        """The lines in which something is known or supposed to wait, or is on its way."""
        held = {
            (entry.place.lane, entry.place.line)
            for lane in self._open_lanes()
            for entries in lane.held.values()
            for entry in entries
        }
        known = {track for track, line in self._open() if line.fresh or line.has_more}
        return frozenset(held | known | set(self._on_their_way.values()))

    def next_at(self, now: datetime) -> datetime | None:
        """When something can be picked: `now` if more may be there at once, None if nothing is left."""
        if self._on_their_way or any(line.fresh or line.has_more for _, line in self._open()):
            return now
        waiting = {contact_id for lane in self._open_lanes() for contact_id in lane.held}
        if any(contact_id not in self._until for contact_id in waiting):
            return now
        return min((self._until[contact_id] for contact_id in waiting), default=None)

    # --- inside ---

    def _open(self) -> Iterator[tuple[Track, _Line]]:
        return ((track, line) for track, line in self._lines.items() if track[0] not in self._shut)

    def _open_lanes(self) -> list[_Lane]:
        return [lane for name, lane in self._lanes.items() if name not in self._shut]

    def _next_of(self, lane: _Lane, now: datetime) -> Entry | None:
        while lane.freed:
            contact_id = lane.freed.popleft()
            entries = lane.held.get(contact_id)
            if not entries or self._is_held(contact_id):
                continue
            entry = entries.popleft()
            if not entries:
                del lane.held[contact_id]
            return entry
        for _ in range(len(lane.turn)):
            line = lane.turn[0]
            lane.turn.rotate(-1)
            if found := self._next_of_line(lane, line, now):
                return found
        return None

    def _next_of_line(self, lane: _Lane, line: _Line, now: datetime) -> Entry | None:
        while line.fresh:
            entry = line.fresh.popleft()
            contact_id = entry.contact_id
            if entry.not_before and entry.not_before > now and not self._is_held(contact_id):
                self._wait(contact_id, entry.not_before)
            if self._is_held(contact_id):
                lane.held[contact_id].append(entry)
                continue
            return entry
        return None

    def _is_held(self, contact_id: ContactId) -> bool:
        return contact_id in self._on_their_way or contact_id in self._until

    def _wait(self, contact_id: ContactId, until: datetime) -> None:
        self._until[contact_id] = until
        heapq.heappush(self._put_off, (until, contact_id))

    def _free_those_who_waited(self, now: datetime) -> None:
        while self._put_off and self._put_off[0][0] <= now:
            until, contact_id = heapq.heappop(self._put_off)
            if self._until.get(contact_id) == until:
                del self._until[contact_id]
                self._free(contact_id)

    def _free(self, contact_id: ContactId) -> None:
        if contact_id in self._until:
            return
        for lane in self._lanes.values():
            if contact_id in lane.held:
                lane.freed.append(contact_id)
