"""What the API answers about broadcasts, for its description."""

from datetime import datetime
from typing import Any

from pydantic import Field

from kanal.broadcasts.model import Source, State
from kanal.broadcasts.results import RecipientState
from scripts.shapes import Shape, UploadForm


class Forecast(Shape):
    """Of the file as it was imported. `rows` are `recipients`, `duplicates`, `invalid`, `opted_out` and
    `suppressed` together.
    """

    rows: int
    recipients: int = Field(description="People who will get the message.")
    duplicates: int = Field(description="Rows about somebody whom another row names, however spelt.")
    invalid: int = Field(description="Rows that cannot be sent; each is a failed recipient with its reason.")
    opted_out: int = Field(description="People who stopped marketing messages in WhatsApp.")
    suppressed: int = Field(description="People who cannot get this template for another reason of theirs.")
    new_contacts: int = Field(description="Of the recipients those who are no contact yet.")
    outside_window: int = Field(
        description="Of the recipients those with a closed window: they count towards the 24-hour limit."
    )
    limit_per_day: int | None = Field(
        description="The portfolio's limit of 24 hours, as WhatsApp last reported it; null if it never did."
    )
    over_limit: int | None = Field(description="How many of `outside_window` are more than that limit.")
    seconds_to_finish: int = Field(description="At the channel's pace, with nothing else to send.")


class Progress(Shape):
    counted_at: datetime
    recipients: dict[RecipientState, int] = Field(description="By state; states of nobody are left out.")


class BroadcastProblem(Shape):
    code: str = Field(description="docs/events.md lists them, under broadcast.updated.")
    message: str
    row: int | None


class Broadcast(Shape):
    id: str
    channel_id: str
    name: str
    state: State
    template: dict[str, Any]
    source: Source
    start: bool
    send_at: datetime | None
    forecast: Forecast | None = Field(description="Once it is `ready`.")
    progress: Progress | None = Field(
        description="As last counted. Showing a broadcast has it counted anew if that was a while ago."
    )
    waiting: str | None = Field(description="Why nothing is sent though it is running.")
    problem: BroadcastProblem | None = Field(description="Why it is `failed`.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class NewBroadcast(Broadcast):
    upload: UploadForm | None = Field(None, description="For the CSV file, where no recipients were given.")


class Broadcasts(Shape):
    data: list[Broadcast]
    next_cursor: str | None


class Reason(Shape):
    code: str
    message: str


class BroadcastRecipientResult(Shape):
    row: int = Field(description="In the file, where 1 is the header; in the request from 1.")
    to: str
    state: RecipientState
    message_id: str | None
    contact_id: str | None
    reason: Reason | None = Field(description="Of those who are `skipped` or were not reached.")


class BroadcastRecipients(Shape):
    data: list[BroadcastRecipientResult]
    next_cursor: str | None


class Failures(Shape):
    counted_at: datetime | None
    failures: int | None = Field(description="Rows of the file: who is failed, expired or unconfirmed.")
    url: str | None = Field(description="A CSV file; null while nothing was counted, or nobody has failed.")
    expires_at: datetime | None
