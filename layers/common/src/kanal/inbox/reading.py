"""Reads values out of raw JSON. Accepts what is seen in practice; says why it cannot.

Ids come as text or number, times as text or number, in seconds and now and then in milliseconds.
"""

from datetime import datetime
from typing import Any

from kanal.ids import Wamid
from kanal.rawjson import storable
from kanal.times import from_epoch_seconds

Json = dict[str, Any]


class Undecodable(Exception):
    """The item lacks what nothing can stand in for. `reason` names the field, never its content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def text_of(value: Any) -> str | None:
    if isinstance(value, str):
        return storable(value)[:1024] or None
    return str(value)[:1024] if isinstance(value, int) and not isinstance(value, bool) else None


def object_of(value: Any) -> Json:
    """The object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def digits_of(value: Any) -> str:
    """Of a number in any spelling; WhatsApp writes the business's own with spaces now and then."""
    return "".join(letter for letter in text_of(value) or "" if "0" <= letter <= "9")


def id_of(raw: Json, key: str = "id") -> Wamid:
    found = text_of(raw.get(key))
    if not found or len(found) > 512:
        raise Undecodable(f"`{key}` is missing or longer than 512 characters")
    return Wamid(found)


def word_of(raw: Json, key: str) -> str:
    word = raw.get(key)
    if not isinstance(word, str) or not 0 < len(word) <= 100:
        raise Undecodable(f"`{key}` is missing or longer than 100 characters")
    return storable(word)


def time_of(raw: Json, key: str = "timestamp") -> datetime | None:
    """None where there is none."""
    told = raw.get(key)
    if told is None:
        return None
    try:
        seconds = float(told if isinstance(told, str) else str(told))
    except ValueError as error:
        raise Undecodable(f"`{key}` is not a number") from error
    at = from_epoch_seconds(seconds)
    if at is None:
        raise Undecodable(f"`{key}` is not a time")
    return at


def time_if_any(raw: Json, key: str) -> datetime | None:
    """None too where there is something that is no time: for what may be done without."""
    try:
        return time_of(raw, key)
    except Undecodable:
        return None
