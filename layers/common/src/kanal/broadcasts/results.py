"""What became of the recipients of a broadcast.

It is derived: from the row, from the message that a person was to get (whose id follows from the person), and
from the state of the broadcast. Nothing is written when a message goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kanal.broadcasts.model import Broadcast, Recipient, shown_row
from kanal.ids import MessageId, broadcast_message_id
from kanal.messages.model import Message
from kanal.messages.model import as_json as message_as_json
from kanal.messages.store import MessageStore

RecipientState = Literal[
    "pending",
    "queued",
    "sending",
    "sent",
    "delivered",
    "read",
    "played",
    "failed",
    "unconfirmed",
    "expired",
    "cancelled",
    "skipped",
]
"""`pending` has no message yet, `skipped` gets none; all others are the states of messages."""
NOT_REACHED = frozenset({"failed", "expired", "unconfirmed"})
FOR_GOOD = frozenset({"skipped", "failed", "expired", "cancelled", "read", "played"})
"""States that a recipient does not leave; of others WhatsApp may still report more."""
AT_ONCE = 100
"""As many messages as DynamoDB reads in one call."""


@dataclass(frozen=True)
class Result:
    recipient: Recipient
    state: str
    message: Message | None

    @property
    def reason(self) -> Mapping[str, Any] | None:
        """Why there is no message, or why it did not arrive."""
        if self.recipient.code:
            return {"code": self.recipient.code, "message": self.recipient.reason}
        shown = message_as_json(self.message)["errors"] if self.message else []
        error = shown[0] if shown and isinstance(shown[0], dict) else {}
        if self.state not in NOT_REACHED or not error:
            return None
        words = error.get("message", error.get("title", ""))
        return {"code": str(error.get("code", "")), "message": str(words)}


def results_of(messages: MessageStore, broadcast: Broadcast, recipients: Sequence[Recipient]) -> list[Result]:
    ids = {each.row: message_id_of(broadcast, each) for each in recipients if each.outcome == "accepted"}
    found = messages.get_all(broadcast.ref, list(ids.values()))
    return [_result(broadcast, each, found.get(ids.get(each.row, MessageId("")))) for each in recipients]


def message_id_of(broadcast: Broadcast, recipient: Recipient) -> MessageId:
    return broadcast_message_id(broadcast.id, recipient.person)


def as_json(broadcast: Broadcast, result: Result) -> dict[str, Any]:
    """A recipient as the API shows it."""
    message = result.message
    return {
        "row": shown_row(broadcast, result.recipient.row),
        "to": result.recipient.to,
        "state": result.state,
        "message_id": message.id if message else None,
        "contact_id": message.contact_id if message else None,
        "reason": result.reason,
    }


def _result(broadcast: Broadcast, recipient: Recipient, message: Message | None) -> Result:
    if recipient.outcome != "accepted":
        return Result(recipient, recipient.outcome, None)
    if message:
        return Result(recipient, message.state, message)
    is_over = broadcast.state in ("cancelled", "failed")
    return Result(recipient, "cancelled" if is_over else "pending", None)
