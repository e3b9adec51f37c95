"""What a webhook on its way out says about customers: who wrote, so that their window opens here too."""

from collections.abc import Iterator
from typing import Any

from local.simulator.numbers import WINDOW_SECONDS, Customer, Number
from local.simulator.phones import USER_ID, is_phone

# Arrives like a message, yet is not a word of the customer's.
NOT_TALK = {"system", "unsupported", "edit", "revoke"}
LATEST_IN_SECONDS = 10**11  # a larger timestamp is in milliseconds, which some relays send


def note_messages(number: Number, webhook: Any) -> int:
    """Remembers every message in it and opens windows; gives their count. Any JSON at all may come."""
    count = 0
    for message in _messages_of(webhook):
        count += 1
        if isinstance(message.get("id"), str):
            number.remember_received(message["id"])
        customer = _sender(number, message)
        if customer and message.get("type") not in NOT_TALK:
            opened_until = _seconds(message.get("timestamp")) + WINDOW_SECONDS
            customer.window_open_until = max(customer.window_open_until, opened_until)
    return count


def _sender(number: Number, message: dict[str, Any]) -> Customer | None:
    phone, user_id = message.get("from"), message.get("from_user_id")
    if isinstance(phone, str) and is_phone(phone):
        customer = number.customer_with_phone(phone)
        customer.user_id = user_id if isinstance(user_id, str) else customer.user_id
        return customer
    if isinstance(user_id, str) and USER_ID.match(user_id):
        return number.customer_with_user_id(user_id) or number.add_hidden_customer(user_id)
    return None


def _messages_of(webhook: Any) -> Iterator[dict[str, Any]]:
    for entry in _objects(webhook, "entry"):
        for change in _objects(entry, "changes"):
            if change.get("field") == "messages":
                yield from _objects(change.get("value"), "messages")


def _objects(holder: Any, key: str) -> list[dict[str, Any]]:
    found = holder.get(key) if isinstance(holder, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _seconds(timestamp: Any) -> float:
    try:
        value = float(timestamp)
    except (TypeError, ValueError):
        return -WINDOW_SECONDS  # no time, no window
    return value / 1000 if value > LATEST_IN_SECONDS else value
