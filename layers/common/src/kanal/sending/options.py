"""What a caller may ask for beside the content: when a message goes, until when it is of use, and what is
done if it cannot go as it is. What depends on the clock is checked by `kanal.sending.wishes`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidatorFunctionWrapHandler,
)
from pydantic_core import core_schema

from kanal.messages.waiting import Lane, OnUnconfirmed
from kanal.sending.content.parts import Strict, Wrong
from kanal.sending.content.template import TemplateContent

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_NO_TIME = "must be a time with its offset (RFC 3339), such as 2027-01-31T09:00:00+01:00"


def _moment(value: object) -> datetime:
    """Numbers, and times without an offset, would be guessed at."""
    try:
        if isinstance(value, str) and _RFC3339.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(_NO_TIME) from error
    raise ValueError(_NO_TIME)


Moment = Annotated[datetime, BeforeValidator(_moment)]


class Fallback(Strict):
    """The template that goes in place of the message."""

    template: TemplateContent


_WORDS: tuple[object, ...] = ("refuse", "park_until_reply")
_NO_WAY = "must be refuse, park_until_reply, or an object with the template that goes instead"


class _WordOrObject:
    """Not a union for pydantic: it would put the names of its members into the pointers of errors."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_wrap_validator_function(_word_or_object, handler.generate_schema(Fallback))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "enum": list(_WORDS)}, handler(schema)]}


def _word_or_object(value: object, handler: ValidatorFunctionWrapHandler) -> Any:
    if isinstance(value, dict | Fallback):
        return handler(value)
    if value not in _WORDS:
        raise ValueError(_NO_WAY)
    return value


class Options(Strict):
    """The same for messages of every kind."""

    send_at: Moment | None = Field(None, description="Not before this time; at most 30 days ahead.")
    expires_at: Moment | None = Field(
        None, description="From then on it is not sent any more; its state becomes `expired`."
    )
    if_window_closed: Annotated[Literal["refuse", "park_until_reply"] | Fallback, _WordOrObject()] = Field(
        "refuse",
        description="`park_until_reply`: it waits for the contact to write, 30 days unless `expires_at`"
        ' says otherwise. `{"template": {...}}`: that template goes in its place.',
    )
    on_unconfirmed: OnUnconfirmed = Field(
        "hold",
        description="When nobody knows, ten minutes later, whether WhatsApp took it. `hold`: nothing, a later"
        " status settles it. `resend`: it is sent again, and may arrive twice. `fail`: it counts as failed.",
    )
    lane: Lane = Field("reply", description="`bulk` lets replies go first.")

    def asked(self) -> dict[str, Any]:
        """Only what differs from the rule, as JSON."""
        options = self.model_dump(
            mode="json", include=set(Options.model_fields) - {"if_window_closed"}, exclude_defaults=True
        )
        if isinstance(self.if_window_closed, Fallback):
            shown = self.if_window_closed.model_dump(mode="json", exclude_none=True)
            return {**options, "if_window_closed": shown}
        if self.if_window_closed != "refuse":
            return {**options, "if_window_closed": self.if_window_closed}
        return options


OPTIONS = frozenset(Options.model_fields)


def of_a_template(options: Options) -> Iterator[Wrong]:
    """What makes no sense for a message that goes whatever the window is."""
    if options.if_window_closed != "refuse":
        words = "is of no use here: a template goes whether the window is open or not; leave it out"
        yield Wrong(("if_window_closed",), "unused", words)
