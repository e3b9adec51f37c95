"""What all models of content are made of: strictness, limits from the table, and words for what is wrong."""

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Interval, Len
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from kanal.sending.limits import LIMITS


class Strict(BaseModel):
    """A field that nobody knows is refused: it would be a spelling mistake that changes the message."""

    model_config = ConfigDict(extra="forbid")


# --- one field ---


def within(limit: str) -> Len:
    """How long a text or a list may be."""
    return Len(LIMITS[limit].least, LIMITS[limit].most)


def between(limit: str) -> Interval:
    """How large a number may be."""
    return Interval(ge=LIMITS[limit].least, le=LIMITS[limit].most)


@dataclass(frozen=True)
class Matching:
    """A text that holds the pattern; what does not is refused in these words."""

    pattern: str
    words: str

    def check(self, text: str) -> str:
        if not re.search(self.pattern, text):
            raise ValueError(self.words)
        return text

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "pattern": self.pattern.replace(r"\Z", "$")}


NOT_BLANK = Matching(r"\S", "must not be blank")
HTTPS = Matching(
    r"^https://[^\s/]\S*\Z", "must be an https address without spaces, such as https://example.com/a"
)
WEB = Matching(r"^https?://[^\s/]\S*\Z", "must be a web address with https:// (or http://), without spaces")


def _carries(value: dict[str, Any]) -> dict[str, Any]:
    """A lone surrogate can stand in JSON, but no request to WhatsApp can carry it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half of a character (a lone surrogate)") from error
    return value


AnyObject = Annotated[dict[str, Any], AfterValidator(_carries)]
"""A JSON object of the caller's own, such as the data of a flow."""


# --- several fields ---


@dataclass(frozen=True)
class Wrong:
    """What breaks a rule over several fields. `where` leads from the model to the field.

    It never leads past a tagged union: what stands behind one is told by the models in it.
    """

    where: Sequence[str | int]
    code: str
    words: str


def refuse(*found: Iterable[Wrong]) -> None:
    """Raises what the models themselves would raise, for each at once."""
    errors = [
        InitErrorDetails(
            type=PydanticCustomError("wrong", "{words}", {"words": wrong.words, "code": wrong.code}),
            loc=tuple(wrong.where),
            input=None,
        )
        for wrongs in found
        for wrong in wrongs
    ]
    if errors:
        raise ValidationError.from_exception_data("content", errors)


def exactly_one(model: BaseModel, names: Sequence[str], words: str) -> Iterator[Wrong]:
    if sum(getattr(model, name) is not None for name in names) != 1:
        yield Wrong((), "exactly_one", words)


def repeated(values: Iterable[tuple[Sequence[str | int], Hashable]], what: str) -> Iterator[Wrong]:
    """Every value that stood before."""
    seen = set()
    for where, value in values:
        if value in seen:
            yield Wrong(where, "repeated", f"is used twice; each {what} must be different")
        seen.add(value)


def too_many(where: Sequence[str | int], count: int, limit: str) -> Iterator[Wrong]:
    """What is counted over several lists."""
    most, unit = LIMITS[limit].most, LIMITS[limit].unit
    if count > most:
        yield Wrong(where, "too_many", f"must have at most {most} {unit} in all, it has {count}")
