"""Where a message stands until it is sent: in a line of its channel, or in its contact's waiting room.

Everything here may be repeated, and may end between any two writes: what says where a message is (an entry
of a line, a seat, a time in the due list) is written before the message, and removed after it has moved on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from kanal.aws.queue import LONGEST_DELAY
from kanal.clock import Clock
from kanal.contacts.model import Contact
from kanal.contacts.parking import mark_parked, unmark_parked
from kanal.contacts.store import ContactStore
from kanal.ids import ChannelRef, ContactId
from kanal.messages.model import Message
from kanal.messages.store import MessageStore
from kanal.messages.waiting import Place, Waiting, WaitReason
from kanal.sending.due import ARRIVES_WITHIN, Due, DueList
from kanal.sending.lines import Lines, entry_of
from kanal.sending.queue import SendQueue
from kanal.sending.releases import ReleaseQueue
from kanal.sending.waitingroom import Seat, WaitingRoom
from kanal.windows.rules import Window

AWAITING_REPLY = Waiting("awaiting_reply")
Staying = WaitReason | Literal["coming"] | None
"""Why a seat stays taken; `coming`: its message may not have got there yet."""
_AWAITED = frozenset({"awaiting_reply", "coming"})
Move = Callable[[Message, Place], tuple[Message, bool]]
"""One of `Moves` into a line."""
_AT_ONCE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Places:
    """All that a message may stand in, and what has it looked at."""

    contacts: ContactStore
    messages: MessageStore
    lines: Lines
    queue: SendQueue
    room: WaitingRoom
    due: DueList
    releases: ReleaseQueue
    clock: Clock


# --- a new message ---


def begin(places: Places, message: Message, contact: Contact) -> Message | None:
    """The message, stored where it waits; None if one of its id is there already.

    Raises QueueUnavailable: then it is stored, and `call` finishes the work.
    """
    for at in (message.wishes.send_at, message.wishes.expires_at):
        if at:
            places.due.note(_due(message, at, places.clock()))
    placed = _placed(places, message, contact)
    if not places.messages.add(placed):
        return None
    call(places, placed)
    return placed


def _placed(places: Places, message: Message, contact: Contact) -> Message:
    if send_at := message.wishes.send_at:
        _take_seat(places, message)
        return replace(message, waiting=Waiting("scheduled_for", send_at))
    if not allows(message, contact.window, places.clock()) and park(places, message):
        return replace(message, waiting=AWAITING_REPLY)
    if contact.has_parked:
        let_go(places, message.ref, contact.id)  # what was accepted before it goes before it
    return replace(message, place=enter_line(places, message, contact.id))


def call(places: Places, message: Message) -> None:
    """Has a stored message looked at. Raises QueueUnavailable."""
    if message.place:
        places.queue.put(message.ref, message.place)
    elif message.waiting and message.waiting.until:
        look_soon(places, _due(message, message.waiting.until, message.created_at))


def allows(message: Message, window: Window, now: datetime) -> bool:
    """Whether the message need not wait for the contact to write."""
    return not message.wishes.parks_until_reply or window.is_open(now)


def look_again(places: Places, message: Message, at: datetime) -> None:
    """Raises QueueUnavailable."""
    due = _due(message, at, places.clock())
    places.due.note(due)
    look_soon(places, due)


def look_soon(places: Places, due: Due) -> None:
    """The list is read every minute; what comes sooner, or to the second, the queue carries."""
    now = places.clock()
    if due.at - now <= LONGEST_DELAY:
        places.releases.put([due], now)


# --- the waiting room ---


def park(places: Places, message: Message) -> bool:
    """Takes a seat for a message that waits for the contact to write. False if they just have.

    Comes before the message says so. From then on, whoever handles what the contact writes lets the seat's
    message go, and comes again while it is not there yet.
    """
    seat = _take_seat(places, message)
    if _is_closed_for(places, message):
        return True
    places.room.leave(seat)
    return False


def _is_closed_for(places: Places, message: Message) -> bool:
    contact = mark_parked(places.contacts, message.ref, message.contact_id, message.id)
    return contact is not None and not contact.window.is_open(places.clock())


def let_go(places: Places, ref: ChannelRef, contact_id: ContactId) -> bool:
    """Every message to the contact that may go on now enters a line, in the order of acceptance.

    False if one may still be on its way into its seat; then this has to be done again. Two who do it at once
    keep the order: of each message one of them succeeds before either goes on to the next. Raises
    QueueUnavailable.
    """
    contact = places.contacts.get(ref, contact_id)
    stayed: list[Staying] = []
    for part in contact.parts if contact else ():
        staying = [_let_go_of(places, contact, seat) for seat in _in_turn(places, ref, part.id)]
        if part.parked and not _AWAITED.intersection(staying):
            unmark_parked(places.contacts, ref, part.id, part.parked)
        stayed += staying
    return "coming" not in stayed


def _in_turn(places: Places, ref: ChannelRef, contact_id: ContactId) -> list[Seat]:
    seats = places.room.seats(ref, contact_id)
    return sorted(seats, key=lambda seat: (seat.send_at or _AT_ONCE, seat.number))


def _let_go_of(places: Places, contact: Contact | None, seat: Seat) -> Staying:
    """What it goes on waiting for in its seat, if it does."""
    message = places.messages.get(seat.ref, seat.message_id)
    is_young = places.clock() - seat.seated_at < ARRIVES_WITHIN
    if is_young and (message is None or message.stage == "sending"):
        return "coming"
    if message and contact and message.stage == "queued":
        if message.place:  # somebody died between moving it and saying so
            places.queue.put(message.ref, message.place)
        elif reason := _goes_on_waiting(places, message, contact.window):
            return reason
        else:
            enter(places, message, contact.id, places.messages.moves.enter)
    places.room.leave(seat)
    return None


def _goes_on_waiting(places: Places, message: Message, window: Window) -> WaitReason | None:
    now = places.clock()
    if message.waiting and message.waiting.until and message.waiting.until > now:
        return message.waiting.reason
    if allows(message, window, now):
        return None
    if message.waiting == AWAITING_REPLY:
        return "awaiting_reply"
    if not _is_closed_for(places, message):
        return None
    places.messages.moves.wait_for(message, AWAITING_REPLY)
    return "awaiting_reply"


def free_seat(places: Places, message: Message) -> None:
    """Of what waits no more."""
    for seat in places.room.seats(message.ref, message.contact_id):
        if seat.message_id == message.id:
            places.room.leave(seat)


def _take_seat(places: Places, message: Message) -> Seat:
    number = places.room.next_number(message.ref, message.contact_id)
    whose = (message.ref, message.contact_id, number, message.id)
    seat = Seat(*whose, seated_at=places.clock(), send_at=message.wishes.send_at)
    places.room.take(seat)
    return seat


# --- the lines ---


def enter(places: Places, message: Message, person: ContactId, move: Move) -> None:
    """A message that stood in no line stands at the end of its own, unless somebody has moved it meanwhile.
    Raises QueueUnavailable.
    """
    place = enter_line(places, message, person)
    _, moved = move(message, place)
    if moved:
        places.queue.put(message.ref, place)
    else:
        places.lines.remove(message.ref, place)


def enter_line(places: Places, message: Message, person: ContactId) -> Place:
    """Comes before the message says so."""
    place = places.lines.next_place(message.ref, message.wishes.lane, person)
    places.lines.enter(entry_of(replace(message, place=place), person, places.clock()))
    return place


def leave(places: Places, message: Message) -> None:
    """Of what is not sent any more: it takes nobody's turn, and no seat."""
    if message.place:
        places.lines.remove(message.ref, message.place)
    else:
        free_seat(places, message)


def _due(message: Message, at: datetime, now: datetime) -> Due:
    return Due(message.ref, message.id, at, noted_at=now)
