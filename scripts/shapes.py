"""What the API answers, for its description; a test compares it with what the code shows."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kanal.channels.model import State
from kanal.messages.model import Direction
from kanal.templates.model import Status


class Shape(BaseModel):
    """Answers may gain fields; read what you know and let the rest pass."""

    model_config = ConfigDict(extra="allow")


class Channel(Shape):
    id: str
    name: str
    provider: str
    phone_number: str = Field(description="E.164, with `+`.")
    phone_number_id: str
    waba_id: str | None
    verified_name: str | None
    state: State
    messages_per_second: int
    default_country: str | None
    webhook_cleared: bool | None = Field(
        description="After disconnecting: whether the provider confirmed that it delivers here no more."
    )
    created_at: datetime


class Channels(Shape):
    data: list[Channel]
    next_cursor: str | None


class TimelineEntry(Shape):
    state: str
    at: datetime | None = Field(description="When it happened: WhatsApp's time where WhatsApp reported it.")
    received_at: datetime = Field(description="When Kanal learned of it.")


class MessageError(Shape):
    """Our words, or WhatsApp's own error object; whatever it says is kept."""

    code: int | str | None = None
    title: str | None = None
    message: str | None = None
    advice: str | None = Field(None, description="What to do about it; empty where it passes by itself.")


class Message(Shape):
    """The content stands under the name of its `type` (`text`, `template`, ...), as WhatsApp has it."""

    id: str
    channel_id: str
    contact_id: str
    direction: Direction
    state: str = Field(
        description="`received`; or of `queued`, `sending`, `unconfirmed`, `sent`, `failed`, `delivered`,"
        " `read`, `played` the last in this order that is known."
    )
    wamid: str | None = Field(description="WhatsApp's id of the message.")
    type: str
    created_at: datetime
    timeline: list[TimelineEntry]
    errors: list[MessageError]


class Template(Shape):
    name: str
    language: str
    id: str = Field(description="The provider's id.")
    status: Status
    provider_status: str
    category: str
    components: list[dict[str, Any]]
    parameter_format: str
    rejected_reason: str | None
    quality: str | None
    sendable: bool
    vanished_at: datetime | None = Field(description="Since when the provider no longer lists it.")


class Templates(Shape):
    data: list[Template]
    synced_at: datetime | None
    next_cursor: str | None


class SyncReport(Shape):
    synced_at: datetime
    duration_ms: int
    new: int
    changed: int
    unchanged: int
    vanished: int


class Synced(Shape):
    synced_at: datetime
    report: SyncReport


class Health(Shape):
    status: Literal["ok"]


class FieldProblem(Shape):
    pointer: str = Field(
        description="JSON pointer into the body; `header:<name>` and `query:<name>` for what is not in it."
    )
    message: str
    code: str


class Problem(Shape):
    """RFC 9457. Each `code` has a heading in docs/problems.md; some bring facts of their own (`window`)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem]
    request_id: str
