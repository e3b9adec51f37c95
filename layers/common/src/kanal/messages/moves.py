"""How a message of ours moves without being sent: into a line, out of it, to an end. One conditional write
each, so that of two who move it at once, one does.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from kanal.aws.table import ConditionFailed, Table
from kanal.messages import records
from kanal.messages.model import Attempt, Message
from kanal.messages.waiting import Place, Waiting
from kanal.rawjson import write
from kanal.times import rfc3339

_NOT_WAITING = "waits_for, waits_until"
_IN_DOUBT = "stage = :read AND attempt_id = :attempt AND attribute_not_exists(wamid)"
"""No status has come: the first one of any message brings its wamid."""


class Moves:
    """Each gives the message as it is afterwards, and whether it is as the move makes it.

    It is so too when the answer to a first request was lost and the SDK repeated it.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def enter(self, message: Message, place: Place) -> tuple[Message, bool]:
        """What waited outside stands in a line now, if it still waits for the same."""
        reason = message.waiting.reason if message.waiting else None
        return self._move(
            message,
            f"SET place = :place REMOVE {_NOT_WAITING}",
            "stage = :read AND waits_for = :reason",
            {":place": records.place_text(place), ":read": "queued", ":reason": reason},
            made={"place": records.place_text(place)},
        )

    def wait_for(self, message: Message, waiting: Waiting) -> tuple[Message, bool]:
        """What waited for one thing waits for another."""
        reason = message.waiting.reason if message.waiting else None
        until = {":until": rfc3339(waiting.until)} if waiting.until else {}
        rest = "SET waits_for = :next, waits_until = :until" if until else "SET waits_for = :next"
        return self._move(
            message,
            rest if until else f"{rest} REMOVE waits_until",
            "stage = :read AND waits_for = :reason",
            {":next": waiting.reason, ":read": "queued", ":reason": reason, **until},
            made={"stage": "queued", "waits_for": waiting.reason},
        )

    def end(
        self, message: Message, stage: Literal["cancelled", "expired"], at: datetime
    ) -> tuple[Message, bool]:
        """It is not sent any more; where it stood, it is swept away."""
        return self._move(
            message,
            f"SET stage = :stage, ended_at = :at REMOVE {_NOT_WAITING}",
            "stage = :read",
            {":stage": stage, ":at": rfc3339(at), ":read": "queued"},
            made={"stage": stage},
        )

    def send_again(self, message: Message, place: Place, attempt: Attempt) -> tuple[Message, bool]:
        """What is in doubt stands in a line once more, unless a status has come."""
        return self._move(
            message,
            "SET stage = :queued, place = :place, resends = if_not_exists(resends, :none) + :one"
            " REMOVE ended_at, errors, attempt_id, attempt_started_at, attempt_until",
            _IN_DOUBT,
            {
                ":queued": "queued",
                ":place": records.place_text(place),
                ":none": 0,
                ":one": 1,
                ":read": "unconfirmed",
                ":attempt": attempt.id,
            },
            made={"place": records.place_text(place)},
        )

    def give_up(
        self, message: Message, attempt: Attempt, error: Mapping[str, Any], at: datetime
    ) -> tuple[Message, bool]:
        """What is in doubt counts as failed, unless a status has come."""
        errors = write([error, *message.errors])
        return self._move(
            message,
            "SET stage = :failed, ended_at = :at, errors = :errors",
            _IN_DOUBT,
            {
                ":failed": "failed",
                ":at": rfc3339(at),
                ":errors": errors,
                ":read": "unconfirmed",
                ":attempt": attempt.id,
            },
            made={"stage": "failed", "attempt_id": attempt.id},
        )

    def _move(
        self,
        message: Message,
        expression: str,
        condition: str,
        values: Mapping[str, Any],
        made: Mapping[str, Any],
    ) -> tuple[Message, bool]:
        key = records.message_key(message.ref, message.id)
        try:
            item = self._table.update(
                key, expression, values=values, condition=condition, returning="ALL_NEW"
            )
        except ConditionFailed as failure:
            item = failure.item or {}
        return records.message_of(message.ref, item) or message, all(
            item.get(name) == value for name, value in made.items()
        )
