"""Ids: their types, how they are made, and the key prefix that keeps tenants apart."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NewType

WorkspaceId = NewType("WorkspaceId", str)
ChannelId = NewType("ChannelId", str)
ContactId = NewType("ContactId", str)
MessageId = NewType("MessageId", str)
MediaId = NewType("MediaId", str)
BroadcastId = NewType("BroadcastId", str)
WebhookId = NewType("WebhookId", str)
Wamid = NewType("Wamid", str)
"""WhatsApp's message id: opaque, variable length, never parsed."""

NewToken = Callable[[], str]
"""Gives a fresh unguessable token of 26 characters; injected where ids are made."""

WORKSPACE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""Workspace ids are parts of keys and of paths: no `#`, and never `.` or `..`."""
CHANNEL_ID = re.compile(r"chn_[a-z2-7]{26}")
MESSAGE_ID = re.compile(r"msg_[a-z2-7]{26}")
CONTACT_ID = re.compile(r"con_[a-z2-7]{26}")
MEDIA_ID = re.compile(r"med_[a-z2-7]{26}")
BROADCAST_ID = re.compile(r"bro_[a-z2-7]{26}")
PHONE_ID = re.compile(r"[1-9][0-9]{6,14}")
"""WhatsApp's phone-like id: a number's digits with country code, without `+`."""
BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
"""Business-scoped user id: country code, a dot, up to 128 letters and digits; `ENT.` marks a parent id."""


@dataclass(frozen=True)
class ChannelRef:
    """A channel together with its tenant. Every key of a channel's data starts with it."""

    workspace_id: WorkspaceId
    channel_id: ChannelId

    @classmethod
    def named_in(cls, given: Mapping[str, Any]) -> "ChannelRef":
        """As queue messages and items name it: by our own hand, so that nothing is checked."""
        return cls(WorkspaceId(given["workspace_id"]), ChannelId(given["channel_id"]))

    @property
    def prefix(self) -> str:
        return f"{self.workspace_id}#{self.channel_id}"


def new_token() -> str:
    return _base32(secrets.token_bytes(16))


def derived_token(*parts: str) -> str:
    """The same parts give the same token, so repeating the work that made it makes nothing new.

    Parts are length-prefixed: ("ab", "c") and ("a", "bc") differ.
    """
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return _base32(hashlib.sha256(text.encode()).digest()[:16])


def inbound_message_id(ref: ChannelRef, name: str) -> MessageId:
    """What WhatsApp gives one name (a wamid, an event of a call) is one message, however often and by
    whatever way it arrives.
    """
    return MessageId("msg_" + derived_token("inbound", ref.prefix, name))


def outbound_message_id(ref: ChannelRef, idempotency_key: str) -> MessageId:
    """One idempotency key of a channel is one message, however often the request arrives."""
    return MessageId("msg_" + derived_token("outbound", ref.prefix, idempotency_key))


def broadcast_id(ref: ChannelRef, idempotency_key: str) -> BroadcastId:
    """One idempotency key of a channel is one broadcast, however often the request arrives."""
    return BroadcastId("bro_" + derived_token("broadcast", ref.prefix, idempotency_key))


def broadcast_message_id(broadcast: BroadcastId, person: str) -> MessageId:
    """One broadcast has one message for a person, however often it is made."""
    return MessageId("msg_" + derived_token("broadcast", broadcast, person))


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
