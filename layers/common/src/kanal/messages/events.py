"""The events about messages. Each is built from what is stored, so a repetition says the same."""

import json
from typing import Any

from kanal.aws.bus import MAX_DETAIL_BYTES, Event
from kanal.ids import derived_token
from kanal.messages.delivery import Fact
from kanal.messages.model import Message, Version, as_json

_ROOM_FOR_THE_REST = 8 * 1024
_WRITTEN = frozenset({"versions", "referral", "if_window_closed"})
"""What people wrote that stands beside the content."""


def message_received(message: Message, contact: dict[str, Any]) -> Event:
    """A person wrote or called. A message that follows its placeholder is an event of its own."""
    told = "" if message.precedence == "live" else message.precedence
    return _event("message.received", message, told, {"message": _whole(message), "contact": contact})


def message_echoed(message: Message, contact: dict[str, Any]) -> Event:
    """Somebody wrote to the person in the WhatsApp Business app of the same number."""
    told = "" if message.precedence == "live" else message.precedence
    return _event("message.echoed", message, told, {"message": _whole(message), "contact": contact})


def message_changed(message: Message, version: Version, contact: dict[str, Any]) -> Event:
    """The message was edited or revoked; `message.versions` has all that is known of that."""
    detail = {"change": version.type, "message": _whole(message), "contact": contact}
    return _event("message.changed", message, version.wamid, detail)


def message_status(message: Message, fact: Fact) -> Event:
    """A fact that WhatsApp reported. `message.state` is the state after it, `status` what was reported."""
    return _event("message.status", message, fact.report + fact.key, _status(message, fact.status))


def message_outcome(message: Message) -> Event:
    """What our own sender found out: `failed` before WhatsApp took it, or `unconfirmed`."""
    return _event(
        "message.status", message, f"{message.stage}{message.attempts}", _status(message, message.stage)
    )


def outcomes(message: Message) -> list[Event]:
    """None if WhatsApp has reported more of the message meanwhile, which was published then."""
    return [message_outcome(message)] if message.state == message.stage else []


def message_media(message: Message) -> Event:
    """What became of the file of a message that came in: `stored` or `failed`. Both are for good."""
    state = message.media.state if message.media else ""
    return _event("message.media", message, state, {"message": _without_content(message)})


def _whole(message: Message) -> dict[str, Any]:
    """Content too large for an event is left out (`content_omitted`); the message has it over the API."""
    shown = as_json(message)
    large = (message.type, "versions", "referral", "context")
    sizes = {name: len(json.dumps(shown[name])) for name in large if name in shown}
    if sum(sizes.values()) <= MAX_DETAIL_BYTES - _ROOM_FOR_THE_REST:
        return shown
    return {**shown, **{name: None for name, size in sizes.items() if size > 1024}, "content_omitted": True}


def _status(message: Message, status: str) -> dict[str, Any]:
    return {"status": status, "message": _without_content(message)}


def _without_content(message: Message) -> dict[str, Any]:
    return {name: value for name, value in as_json(message).items() if name not in {message.type, *_WRITTEN}}


def _event(kind: str, message: Message, distinction: str, detail: dict[str, Any]) -> Event:
    event_id = "evt_" + derived_token(kind, message.ref.prefix, message.id, distinction)
    ref = message.ref
    return Event(event_id, kind, {"workspace_id": ref.workspace_id, "channel_id": ref.channel_id, **detail})
