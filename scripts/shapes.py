"""What the API answers, for its description; a test compares it with what the code shows."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kanal.channels.model import State
from kanal.media.kinds import Kind
from kanal.messages.model import Direction, Origin
from kanal.messages.waiting import Lane, OnUnconfirmed, WaitReason
from kanal.templates.model import Status


class Shape(BaseModel):
    """Answers may gain fields; read what you know and let the rest pass."""

    model_config = ConfigDict(extra="allow")


class Fact(Shape):
    """WhatsApp's own words; a word that is not documented comes as it is."""

    at: datetime | None = Field(description="When WhatsApp reported it; null where it names no time.")


class MessagingLimit(Fact):
    tier: str | int = Field(description="As WhatsApp has it: `TIER_2K`, or a number.")
    per_day: int | None = Field(description="People to whom may be written first, in 24 hours.")
    unlimited: bool


class NumberFacts(Shape):
    """What WhatsApp reported of the number last; null for what it never did."""

    quality: Fact | None = Field(description="`event`, such as `FLAGGED`.")
    messaging_limit: MessagingLimit | None
    throughput: Fact | None = Field(description="`event`: `THROUGHPUT_UPGRADE`.")
    display_name: Fact | None = Field(description="`decision`, `name`, `rejection_reason`.")
    username: Fact | None = Field(description="`username`, `status`.")
    security: Fact | None = Field(description="`event`, such as `PIN_CHANGED`, and `requester`.")
    error: Fact | None = Field(description="Trouble of the number itself: WhatsApp's error object.")


class AccountFacts(Shape):
    """What WhatsApp reported of the number's account (WABA) last; null for what it never did."""

    review: Fact | None = Field(description="`decision`.")
    restriction: Fact | None = Field(description="`restrictions` (`type`, `until`), `violation`.")
    violation: Fact | None = Field(description="`violation`: which rule of WhatsApp's was broken.")
    ban: Fact | None = Field(description="`state` (`DISABLE`, `REINSTATE`, ...), `date` as a text.")
    phone_numbers: Fact | None = Field(description="`max_per_business`, `max_per_waba`.")
    last_event: Fact | None = Field(description="Any other event of the account, as it came.")


class Alert(Fact):
    """The last of its type."""

    type: str | None
    severity: str | int | None
    status: str | int | None
    description: str | int | None


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
    contact_burst: int
    default_country: str | None
    bulk_paused_until: datetime | None = Field(
        description="Until when nothing goes out in bulk, as WhatsApp limits the number; may be over."
    )
    webhook_cleared: bool | None = Field(
        description="After disconnecting: whether the provider confirmed that it delivers here no more."
    )
    created_at: datetime
    number: NumberFacts
    account: AccountFacts
    alerts: list[Alert]


class Channels(Shape):
    data: list[Channel]
    next_cursor: str | None


class TimelineEntry(Shape):
    state: str
    at: datetime | None = Field(description="When it happened: WhatsApp's time where WhatsApp reported it.")
    received_at: datetime = Field(description="When Kanal learned of it.")
    participant: str | None = Field(None, description="Of a message to a group: whose step it is.")
    pricing: dict[str, Any] | None = Field(None, description="WhatsApp's own object.")
    conversation: dict[str, Any] | None = Field(None, description="WhatsApp's own object.")


class MessageError(Shape):
    """Our words, or WhatsApp's own error object; whatever it says is kept."""

    code: int | str | None = None
    title: str | None = None
    message: str | None = None
    advice: str | None = Field(None, description="What to do about it; empty where it passes by itself.")


class File(Shape):
    """The file that came with a message."""

    state: Literal["pending", "stored", "failed"]
    mime_type: str | None = Field(description="As WhatsApp announced it.")
    sha256: str | None = Field(description="In hex.")
    size_bytes: int | None = None
    stored_at: datetime | None = None
    reason: str | None = Field(None, description="Why it was given up: see docs/events.md, message.media.")
    message: str | None = None
    failed_at: datetime | None = None


class Waits(Shape):
    """Why a queued message has not left yet."""

    reason: WaitReason = Field(
        description="`channel_pace`: its turn has not come; `channel_paused`: the channel does not send now;"
        " `contact_pair_rate`: messages to one contact keep a distance; `provider_busy`: 360dialog or"
        " WhatsApp asked to wait; `template_paused`: WhatsApp paused the template; `bulk_paused`: its lane"
        " rests; `scheduled_for`: until `send_at`; `awaiting_reply`: until the contact writes."
    )
    until: datetime | None = Field(
        description="When it goes on or is looked at again, for `channel_pace` an estimate; null where nobody"
        " knows."
    )


class Message(Shape):
    """The content stands under the name of its `type` (`text`, `template`, ...), as WhatsApp has it.

    Where WhatsApp says so, also `context` (what it answers), `forwarded`, `frequently_forwarded`, `referral`,
    `group_id`, `versions` and `revoked`.
    """

    id: str
    channel_id: str
    contact_id: str
    direction: Direction
    origin: Origin = Field(
        description="`whatsapp`: a person; `api`: this API; `app`: the WhatsApp Business app of this number;"
        " `history`: that app, before the number was connected."
    )
    state: str = Field(
        description="`received`; or of `queued`, `sending`, `cancelled`, `expired`, `unconfirmed`, `sent`,"
        " `failed`, `delivered`, `read`, `played` the last in this order that is known."
    )
    wamid: str | None = Field(description="WhatsApp's id of the message.")
    type: str
    created_at: datetime
    timeline: list[TimelineEntry]
    errors: list[MessageError]
    media: File | None = Field(None, description="There if a file came with the message.")
    waiting: Waits | None = Field(
        None, description="There while the state is `queued`, if the reason is known."
    )
    lane: Lane | None = Field(
        None, description="As it was asked for; like the next four left out if it was not."
    )
    send_at: datetime | None = None
    expires_at: datetime | None = None
    if_window_closed: str | dict[str, Any] | None = None
    on_unconfirmed: OnUnconfirmed | None = None
    sent_as: Literal["template"] | None = Field(
        None, description="There if the template of `if_window_closed` goes, or went, in its place."
    )


class ReadReceipt(Shape):
    message_id: str
    read: Literal[True]
    typing_indicator: bool


class FileLink(Shape):
    url: str
    expires_at: datetime
    mime_type: str | None
    size_bytes: int
    sha256: str


class Upload(Shape):
    id: str = Field(description='Send it as `{"id": "med_..."}`, however often.')
    channel_id: str
    type: Kind
    mime_type: str
    size_bytes: int
    filename: str | None
    state: Literal["awaiting_upload", "ready", "refused"]
    message: str | None = Field(description="What is wrong with a file that is `refused`.")
    created_at: datetime


class UploadForm(Shape):
    """A form (multipart/form-data): the fields first, then the file under the name `file`."""

    method: Literal["POST"]
    url: str
    fields: dict[str, str]
    expires_at: datetime


class AnnouncedUpload(Upload):
    upload: UploadForm


class Messages(Shape):
    data: list[Message]
    next_cursor: str | None


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
    status_info: dict[str, Any] | None = Field(
        description="Why it has its status, where a webhook said so: `event`, `reason`, `rejection_info`,"
        " `other_info`, `disable_info`, as WhatsApp has them."
    )
    category_change: dict[str, Any] | None = Field(
        description="The `category` that WhatsApp will give it, and when (`at`)."
    )
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
