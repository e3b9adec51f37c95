"""Whatever is read, sent and put off in what order: nobody overtakes or waits for another, and all go."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kanal.ids import ChannelId, ChannelRef, ContactId, MessageId, WorkspaceId
from kanal.messages.waiting import Lane, Place
from kanal.sending.lineleases import Track
from kanal.sending.lines import Entry
from kanal.sending.picking import BULK_SHARE, Picker

_START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_REF = ChannelRef(WorkspaceId("acme"), ChannelId("chn_one"))
_TRACKS: list[Track] = [(lane, line) for lane in ("reply", "bulk") for line in (0, 1)]
_SEEDS = st.integers(0, 2**32)


@dataclass
class _Channel:
    """The lines as they are stored, and one worker that reads and picks from them, step by step."""

    chance: random.Random
    now: datetime = _START
    stored: dict[Track, dict[int, Entry]] = field(default_factory=lambda: {track: {} for track in _TRACKS})
    given_out: dict[Track, int] = field(default_factory=lambda: defaultdict(int))
    late: list[Entry] = field(default_factory=list)
    """Their number is given out, but they are not written yet."""
    came_late: set[MessageId] = field(default_factory=set)
    on_the_way: dict[ContactId, Entry] = field(default_factory=dict)
    quiet: dict[ContactId, datetime] = field(default_factory=dict)
    sent: list[Entry] = field(default_factory=list)
    accepted: int = 0
    picker: Picker = field(default_factory=lambda: Picker(_TRACKS))

    def new(self, lane: Lane, contact: int) -> Entry:
        track = (lane, contact % 2)
        self.given_out[track] += 1
        self.accepted += 1
        place = Place(*track, self.given_out[track])
        return Entry(_REF, place, MessageId(f"{place}"), ContactId(f"contact {contact}"), self.now)

    # --- steps ---

    def accept(self) -> None:
        self.write(self.new(self.chance.choice(["reply", "bulk"]), self.chance.randrange(6)))

    def give_out(self) -> None:
        self.late.append(self.new(self.chance.choice(["reply", "bulk"]), self.chance.randrange(6)))

    def write_late(self) -> None:
        if self.late:
            entry = self.late.pop(self.chance.randrange(len(self.late)))
            self.came_late.add(entry.message_id)
            self.write(entry)

    def write(self, entry: Entry) -> None:
        track = (entry.place.lane, entry.place.line)
        self.stored[track][entry.place.number] = entry
        self.picker.wake([track])

    def read(self) -> None:
        for track, after in list(self.picker.unread()):
            numbers = [number for number in sorted(self.stored[track]) if number > after]
            page = [self.stored[track][number] for number in numbers[:3]]
            self.picker.add(track, page, has_more=len(numbers) > 3)

    def pick(self) -> Entry | None:
        entry = self.picker.pick(self.now)
        if entry is None:
            return None
        assert entry.contact_id not in self.on_the_way, "two messages to one contact at once"
        assert self.quiet.get(entry.contact_id, _START) <= self.now, "its contact has to wait"
        self.on_the_way[entry.contact_id] = entry
        return entry

    def pick_one(self) -> None:
        self.pick()

    def end(self) -> None:
        if not self.on_the_way:
            return
        entry = self.on_the_way.pop(self.chance.choice(sorted(self.on_the_way)))
        del self.stored[entry.place.lane, entry.place.line][entry.place.number]
        self.sent.append(entry)
        self.picker.done(entry)

    def put_off(self) -> None:
        if not self.on_the_way:
            return
        entry = self.on_the_way.pop(self.chance.choice(sorted(self.on_the_way)))
        until = self.now + timedelta(seconds=self.chance.choice([0, 1, 6, 60]))
        self.quiet[entry.contact_id] = until
        self.picker.put_off(entry, until)

    def wait(self) -> None:
        self.now += timedelta(seconds=self.chance.choice([0, 0.25, 1, 10]))

    # --- to the end ---

    def run_to_end(self) -> None:
        """As the drain does: it reads, picks and sends while there is something, and waits as it is told."""
        while self.late:
            self.write_late()
        for _ in range(3000):
            self.read()
            self.pick()
            if self.on_the_way:
                self.end()
                continue
            at = self.picker.next_at(self.now)
            waiting = {track for track, entries in self.stored.items() if entries}
            assert waiting <= self.picker.left(), "what waits is not known to be left"
            if at is None:
                assert not waiting
                return
            assert self.picker.left(), "there is a time to go on, and nothing left"
            self.now = max(self.now, at)
        raise AssertionError("it does not come to an end")


_STEPS = [
    *[_Channel.accept] * 6,
    _Channel.give_out,
    _Channel.write_late,
    *[_Channel.read] * 4,
    *[_Channel.pick_one] * 6,
    *[_Channel.end] * 4,
    _Channel.put_off,
    _Channel.wait,
]


def _after_some_steps(seed: int, steps: int) -> _Channel:
    channel = _Channel(random.Random(seed))
    for _ in range(steps):
        channel.chance.choice(_STEPS)(channel)
    return channel


@given(seed=_SEEDS, steps=st.integers(1, 150))
def test_everything_that_was_accepted_goes_once_and_the_messages_of_a_contact_in_their_order(
    seed: int, steps: int
) -> None:
    """What was written late, behind others with later numbers, was on its way together with them."""
    channel = _after_some_steps(seed, steps)
    channel.run_to_end()
    assert len(channel.sent) == channel.accepted == len({entry.message_id for entry in channel.sent})
    for lane in ("reply", "bulk"):
        orders = defaultdict(list)
        for entry in channel.sent:
            if entry.place.lane == lane and entry.message_id not in channel.came_late:
                orders[entry.contact_id].append(entry.place.number)
        for numbers in orders.values():
            assert numbers == sorted(numbers)


@given(seed=_SEEDS, steps=st.integers(1, 100))
def test_a_contact_that_waits_holds_up_nobody_else(seed: int, steps: int) -> None:
    """All contacts but those that wait, or have a message on its way, are served at once."""
    channel = _after_some_steps(seed, steps)
    for _ in range(100):
        channel.read()
    while channel.pick():
        channel.read()
    held = {contact for contact, until in channel.quiet.items() if until > channel.now} | set(
        channel.on_the_way
    )
    for entries in channel.stored.values():
        assert {entry.contact_id for entry in entries.values()} <= held


@given(seed=_SEEDS, replies=st.integers(1, 200), bulk=st.integers(1, 200))
def test_replies_go_first_and_bulk_gets_its_part_of_the_slots(seed: int, replies: int, bulk: int) -> None:
    """While both wait one in ten is bulk; what one lane does not need is the other's."""
    channel = _Channel(random.Random(seed))
    for contact in range(replies):
        channel.write(channel.new("reply", contact))
    for contact in range(bulk):
        channel.write(channel.new("bulk", 1000 + contact))
    picked: list[Lane] = []
    while True:
        channel.read()
        entry = channel.pick()
        if entry is None:
            break
        picked.append(entry.place.lane)
        channel.end()
    assert len(picked) == replies + bulk
    both = max(at for at in range(len(picked) + 1) if _both_left(picked[:at], replies, bulk))
    assert picked[:both].count("bulk") == both // BULK_SHARE


def _both_left(picked: list[Lane], replies: int, bulk: int) -> bool:
    return picked.count("reply") < replies and picked.count("bulk") < bulk


@settings(max_examples=20)
@given(seed=_SEEDS)
def test_a_lane_that_is_shut_keeps_its_messages_until_it_is_opened(seed: int) -> None:
    """Bulk that stands still is nothing to come back for, and nothing of it is lost."""
    channel = _after_some_steps(seed, 60)
    while channel.on_the_way:
        channel.end()
    channel.picker.shut(["bulk"])
    while channel.picker.next_at(channel.now):
        channel.read()
        entry = channel.pick()
        assert entry is None or entry.place.lane == "reply"
        channel.end()
        channel.now = max(channel.now, channel.picker.next_at(channel.now) or channel.now)
    assert not any(channel.stored[track] for track in _TRACKS if track[0] == "reply")
    assert not any(lane == "bulk" for lane, _ in channel.picker.left())
    channel.picker.shut([])
    channel.run_to_end()
    assert len(channel.sent) == channel.accepted
