"""Reads what both sides wrote before the number was connected, as the WhatsApp Business app hands it over.

It comes in chunks of threads; `explode` keeps chunk and thread in the item's context.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kanal.inbox.decode import DecodedMessage, decode_message
from kanal.inbox.explode import Item
from kanal.inbox.people import ITSELF, SENDER, Person, business_number, named, other_party, person_of
from kanal.inbox.reading import digits_of, object_of, text_of

_FACTS = {
    "SENT": "sent",
    "DELIVERED": "delivered",
    "READ": "read",
    "PLAYED": "played",
    "ERROR": "failed",
    "PENDING": None,
}


def decode_history(item: Item) -> DecodedMessage:
    """What was written, by either side, before the number was connected."""
    decoded = decode_message(item)
    is_ours = _is_sent_by_business(item)
    told = object_of(item.raw.get("history_context")).get("status")
    placeholder = decoded.precedence == "placeholder"
    return replace(
        decoded,
        person=_person_of_thread(item, is_ours=is_ours),
        direction="outbound" if is_ours else "inbound",
        origin="history",
        precedence="placeholder" if placeholder else "history",
        opens_as="history",
        former=None,
        reported=_FACTS.get(str(told), "sent") if is_ours else None,
    )


def _is_sent_by_business(item: Item) -> bool:
    sender, thread = digits_of(item.raw.get("from")), object_of(item.context.get("thread"))
    person = _thread_names(thread)
    if sender and sender in (person.wa_id, digits_of(thread.get("id"))):
        return False
    own_number = business_number(item.context)
    if sender and own_number:
        return sender == own_number
    return "to" in item.raw or "to_user_id" in item.raw


def _person_of_thread(item: Item, *, is_ours: bool) -> Person:
    thread = _thread_names(object_of(item.context.get("thread")))
    own = other_party(item.raw, item.context) if is_ours else person_of(item.raw, SENDER, item.context)
    return Person(
        own.wa_id or thread.wa_id,
        own.user_id or thread.user_id,
        own.parent_user_id or thread.parent_user_id,
        own.username or thread.username,
        own.profile_name,
    )


def _thread_names(thread: Mapping[str, Any]) -> Person:
    """A thread's id is the person's number, or the user id of one who hides it."""
    about = person_of(object_of(thread.get("context")), ITSELF, {})
    username = text_of(object_of(thread.get("context")).get("username"))
    by_id = named(wa_id=text_of(thread.get("id")))
    return Person(about.wa_id or by_id.wa_id, about.user_id or by_id.user_id, about.parent_user_id, username)
