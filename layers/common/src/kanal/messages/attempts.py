"""What our sender does with a message: claims it for an attempt, and records how the attempt ended."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kanal.aws.table import ConditionFailed, Table
from kanal.ids import ChannelRef, MessageId, Wamid
from kanal.messages import records
from kanal.messages.model import Attempt, Message
from kanal.messages.waiting import Place, Waiting
from kanal.rawjson import write
from kanal.times import rfc3339

_REQUEUE = "SET stage = :queued REMOVE attempt_id, attempt_started_at, attempt_until"


class Attempts:
    """One attempt at a time has the message; only its holder may record the outcome."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(
        self, ref: ChannelRef, message_id: MessageId, place: Place, attempt: Attempt
    ) -> tuple[Message | None, bool]:
        """The message and whether the attempt now owns it (`queued -> sending`). None: no such message.

        Only where it stands: an entry that it left, or never took, sends nothing.
        """
        try:
            item = self._table.update(
                records.message_key(ref, message_id),
                "SET stage = :sending, attempts = attempts + :one, attempt_id = :id,"
                " attempt_started_at = :started, attempt_until = :until",
                values={
                    ":sending": "sending",
                    ":queued": "queued",
                    ":one": 1,
                    ":id": attempt.id,
                    ":started": rfc3339(attempt.started_at),
                    ":until": rfc3339(attempt.until),
                    ":place": records.place_text(place),
                },
                condition="stage = :queued AND place = :place",
                returning="ALL_NEW",
            )
        except ConditionFailed as failure:
            found = records.message_of(ref, failure.item)
            # Ours all the same if the answer to the first request was lost and the SDK repeated it.
            return found, bool(found and found.attempt and found.attempt.id == attempt.id)
        return records.from_item(ref, item), True

    def record_accepted(self, message: Message, attempt_id: str, wamid: Wamid, at: datetime) -> Message:
        """The provider took it. Also heals an attempt that was given up as unconfirmed meanwhile."""
        return self._record(
            message,
            attempt_id,
            "SET stage = :sent, accepted_at = :at, wamid = :wamid",
            {":sent": "sent", ":at": rfc3339(at), ":wamid": wamid},
            from_stages=("sending", "unconfirmed"),
        )

    def record_ended(
        self, message: Message, attempt_id: str, stage: str, errors: Sequence[Mapping[str, Any]], at: datetime
    ) -> Message:
        """The sender is done with it: `failed` (certainly not sent) or `unconfirmed` (nobody knows)."""
        values = {":stage": stage, ":at": rfc3339(at), ":errors": write(list(errors))}
        return self._record(
            message, attempt_id, "SET stage = :stage, ended_at = :at, errors = :errors", values
        )

    def record_requeued(self, message: Message, attempt_id: str) -> Message:
        """The provider refused it for now, before processing: it may be claimed again."""
        return self._record(message, attempt_id, _REQUEUE, {":queued": "queued"})

    def record_set_aside(self, message: Message, attempt_id: str, waiting: Waiting) -> Message:
        """It cannot go now and leaves its line: it waits elsewhere for what is named."""
        until = rfc3339(waiting.until) if waiting.until else None
        values = {":queued": "queued", ":reason": waiting.reason, **({":until": until} if until else {})}
        waits = "SET waits_for = :reason, waits_until = :until" if until else "SET waits_for = :reason"
        return self._record(message, attempt_id, f"{waits}, {_REQUEUE.removeprefix('SET ')}, place", values)

    def record_fallback(self, message: Message, attempt_id: str) -> Message:
        """The template goes in its place; noted before it does."""
        return self._record(message, attempt_id, "SET sent_as = :template", {":template": "template"})

    def record_requeued_as_template(self, message: Message, attempt_id: str) -> Message:
        """The provider refused it as it was; the template goes in its place, once."""
        expression = f"SET sent_as = :template, {_REQUEUE.removeprefix('SET ')}"
        return self._record(message, attempt_id, expression, {":queued": "queued", ":template": "template"})

    def _record(
        self,
        message: Message,
        attempt_id: str,
        expression: str,
        values: Mapping[str, Any],
        from_stages: Sequence[str] = ("sending",),
    ) -> Message:
        """The message as it is afterwards; a recording that came too late changes nothing."""
        allowed = {f":from{number}": stage for number, stage in enumerate(from_stages)}
        try:
            item = self._table.update(
                records.message_key(message.ref, message.id),
                expression,
                values={**values, **allowed, ":attempt": attempt_id},
                condition=f"attempt_id = :attempt AND stage IN ({', '.join(allowed)})",
                returning="ALL_NEW",
            )
        except ConditionFailed as failure:
            item = failure.item or {}
        return records.from_item(message.ref, item)
