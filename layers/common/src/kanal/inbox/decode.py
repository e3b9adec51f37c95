"""Reads messages, calls and statuses out of raw items, from whatever direction they come.

Optional everywhere: `contacts`, `from`, `wa_id`, `recipient_id`, `profile.name`, `timestamp`, `errors`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kanal.ids import Wamid
from kanal.inbox.explode import Item
from kanal.inbox.people import (
    OF_GROUP_STATUS,
    OF_STATUS,
    SENDER,
    Person,
    business_number,
    named,
    other_party,
    person_of,
)
from kanal.inbox.reading import (
    Json,
    Undecodable,
    digits_of,
    id_of,
    object_of,
    text_of,
    time_if_any,
    time_of,
    word_of,
)
from kanal.messages.model import Direction, Origin, Precedence
from kanal.rawjson import storable

_OF_REFERRAL = ("source_type", "source_id", "source_url", "headline", "ctwa_clid")
"""What is kept with the contact; all of it stands with the message."""
_SAME_TYPE = {"voice": "audio", "unknown": "unsupported"}
"""Older words for a type of today."""
_CHANGES = ("edit", "revoke")
_UNAVAILABLE_CODE = 131060
"""WhatsApp could not show the message yet, as with the first one to a number that is also in the app."""
_NUMBER_CHANGES = ("user_changed_number", "customer_changed_number")
_ID_CHANGES = (*_NUMBER_CHANGES, "user_changed_user_id")


@dataclass(frozen=True)
class DecodedMessage:
    """`person` is the other side of the conversation; unknown where the payload names nobody. `at` is
    WhatsApp's time, None where it has none.
    """

    name: str
    """What tells it from every other message of the channel: the wamid, or call id and event."""
    wamid: Wamid | None
    type: str
    raw: Json
    at: datetime | None
    person: Person
    direction: Direction
    origin: Origin
    precedence: Precedence
    opens_as: str
    """The row of the table of what opens a window."""
    group_id: str | None = None
    former: Person | None = None
    """The names that the person gave up, where the message tells of a change."""
    original: Wamid | None = None
    """The message that this one edits or revokes."""
    reported: str | None = None
    """Of history: the status that the message had by then."""

    @property
    def has_referral(self) -> bool:
        """Whether the person came through an ad or post."""
        return bool(object_of(self.raw.get("referral"))) and self.opens_as == self.type

    @property
    def referral(self) -> Json:
        """That ad or post, as far as WhatsApp names it."""
        told = object_of(self.raw.get("referral"))
        return {name: text for name in _OF_REFERRAL if (text := text_of(told.get(name)))}


@dataclass(frozen=True)
class DecodedStatus:
    wamid: Wamid
    status: str
    at: datetime | None
    callback_data: str | None
    errors: list[Any]
    pricing: Json | None
    conversation: Json | None
    person: Person
    participant: str | None
    """Of a message to a group: whose status it is."""

    @property
    def free_entry_until(self) -> datetime | None:
        """The end of the free entry point that the message went out in, as WhatsApp reports it."""
        conversation = self.conversation or {}
        is_referral = object_of(conversation.get("origin")).get("type") == "referral_conversion"
        if is_referral or (self.pricing or {}).get("type") == "free_entry_point":
            return time_if_any(conversation, "expiration_timestamp")
        return None


def decode_message(item: Item) -> DecodedMessage:
    """What a person wrote, or what WhatsApp says about the person."""
    raw, kind = item.raw, _type(item.raw)
    wamid, group_id = id_of(raw), text_of(raw.get("group_id"))
    decoded = DecodedMessage(
        name=wamid,
        wamid=wamid,
        type=kind,
        raw=raw,
        at=time_of(raw),
        person=person_of(raw, SENDER, item.context),
        direction="inbound",
        origin="whatsapp",
        precedence="placeholder" if _is_placeholder(kind, raw) else "live",
        opens_as="group message" if group_id else _opens_as(kind, raw),
        group_id=group_id,
        original=_original(kind, raw),
    )
    return _with_change_of_names(decoded) if kind == "system" else decoded


def _opens_as(kind: str, raw: Json) -> str:
    """A permission to call that WhatsApp gave by itself is no word of the person."""
    reply = object_of(object_of(raw.get("interactive")).get("call_permission_reply"))
    is_automatic = kind == "interactive" and reply.get("response_source") == "automatic"
    return "automatic reply" if is_automatic else kind


def decode_echo(item: Item) -> DecodedMessage:
    """What somebody wrote in the WhatsApp Business app of the same number."""
    return replace(
        decode_message(item),
        person=other_party(item.raw, item.context),
        direction="outbound",
        origin="app",
        opens_as="echo",
        former=None,
    )


def decode_call(item: Item) -> DecodedMessage:
    """One event in the life of a call. `wacid` is met instead of `id`, `CALL_CONNECT` for `connect`."""
    raw = item.raw
    key = "id" if text_of(raw.get("id")) else "wacid"
    event = word_of(raw, "event").lower().removeprefix("call_")
    by_person = not _is_call_of_business(item)
    return _call(item, raw, f"{id_of(raw, key)}#{event}", by_person=by_person, event=event)


def decode_call_status(item: Item) -> DecodedMessage:
    """How far a call of the business came: `RINGING`, `ACCEPTED`, `REJECTED`."""
    raw = item.raw
    event = word_of(raw, "status").lower()
    decoded = _call(item, raw, f"{id_of(raw)}#status#{event}", by_person=False, event=event)
    return replace(decoded, person=person_of(raw, OF_STATUS, item.context))


def decode_status(item: Item) -> DecodedStatus:
    raw = item.raw
    errors, pricing, conversation = raw.get("errors"), raw.get("pricing"), raw.get("conversation")
    in_group = person_of(raw, OF_GROUP_STATUS, {})
    keys = OF_GROUP_STATUS if raw.get("recipient_type") == "group" or in_group.is_known else OF_STATUS
    return DecodedStatus(
        wamid=id_of(raw),
        status=word_of(raw, "status"),
        at=time_of(raw),
        callback_data=text_of(raw.get("biz_opaque_callback_data")),
        errors=errors if isinstance(errors, list) else [],
        pricing=pricing if isinstance(pricing, dict) else None,
        conversation=conversation if isinstance(conversation, dict) else None,
        person=person_of(raw, keys, item.context),
        participant=in_group.wa_id or in_group.user_id,
    )


def _type(raw: Json) -> str:
    kind = raw.get("type")
    if not isinstance(kind, str) or not kind:
        raise Undecodable("`type` of the message is missing")
    return _SAME_TYPE.get(kind) or storable(kind)


def _original(kind: str, raw: Json) -> Wamid | None:
    told = object_of(raw.get(kind)).get("original_message_id") if kind in _CHANGES else None
    found = text_of(told)
    return Wamid(found) if found and len(found) <= 512 else None


def _is_placeholder(kind: str, raw: Json) -> bool:
    """Whether the message itself may follow under the same id."""
    unsupported = object_of(raw.get("unsupported")).get("type") == "media_placeholder"
    unavailable = kind == "unsupported" and _has_code(raw.get("errors"), _UNAVAILABLE_CODE)
    return kind == "media_placeholder" or unsupported or unavailable


def _has_code(errors: Any, code: int) -> bool:
    listed = errors if isinstance(errors, list) else []
    return any(str(object_of(error).get("code")) == str(code) for error in listed)


# --- people who change their names ---


def _with_change_of_names(decoded: DecodedMessage) -> DecodedMessage:
    """The person by the new names, and the names given up. Payloads before version 12 have other keys."""
    system = object_of(decoded.raw.get("system"))
    kind = system.get("type")
    if kind not in _ID_CHANGES:
        return decoded
    moved = text_of(system.get("wa_id")) or text_of(system.get("new_wa_id"))
    before = text_of(system.get("customer")) or decoded.person.wa_id
    is_new_number = kind in _NUMBER_CHANGES and before != moved
    new_user_id = text_of(system.get("new_user_id"))
    user_id = new_user_id or text_of(system.get("user_id"))
    old_user_id = text_of(system.get("previous_user_id")) or text_of(
        system.get("user_id") if new_user_id else None
    )
    now = named(
        wa_id=moved if kind in _NUMBER_CHANGES else moved or before,
        user_id=user_id or (None if old_user_id else decoded.person.user_id),
        parent_user_id=text_of(system.get("parent_user_id")),
        username=decoded.person.username,
        profile_name=decoded.person.profile_name,
    )
    former = named(
        wa_id=before if is_new_number else None,
        user_id=old_user_id if old_user_id != user_id else None,
        parent_user_id=text_of(system.get("previous_parent_user_id")),
    )
    return replace(decoded, person=now if now.is_known else decoded.person, former=former)


# --- calls ---


def _is_call_of_business(item: Item) -> bool:
    """By the direction; where it is missing by who calls, as believing wrongly would open a window."""
    direction = text_of(item.raw.get("direction"))
    if direction:
        return direction.upper() == "BUSINESS_INITIATED"
    own_number = business_number(item.context)
    return bool(own_number) and digits_of(item.raw.get("from")) == own_number


def _call(item: Item, raw: Json, name: str, *, by_person: bool, event: str) -> DecodedMessage:
    opens = {(True, "connect"): "call from the user", (False, "accepted"): "accepted business call"}
    return DecodedMessage(
        name=name,
        wamid=None,
        type="call",
        raw=raw,
        at=time_of(raw) if raw.get("timestamp") is not None else time_if_any(raw, "start_time"),
        person=person_of(raw, SENDER, item.context) if by_person else other_party(raw, item.context),
        direction="inbound" if by_person else "outbound",
        origin="whatsapp",
        precedence="live",
        opens_as=opens.get((by_person, event), "other call event"),
    )
