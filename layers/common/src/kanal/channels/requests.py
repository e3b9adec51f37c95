"""Bodies of the channel routes."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from kanal.channels.model import (
    DEFAULT_CONTACT_BURST,
    DEFAULT_MESSAGES_PER_SECOND,
    MAX_CONTACT_BURST,
    MAX_MESSAGES_PER_SECOND,
    name_key,
)

_KEY_BYTES = 900
"""Of a sort key's 1,024; normalising turns some single characters into whole phrases."""
_API_KEY = re.compile(r"[\x21-\x7e]{8,512}")
_COUNTRY = re.compile(r"[A-Z]{2}")


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError("may not hold control characters")
    if len(name_key(name).encode()) > _KEY_BYTES:
        raise ValueError("is too long: its characters stand for many more")
    return name


def _api_key(key: str) -> str:
    if not _API_KEY.fullmatch(key):
        raise ValueError("must be 8 to 512 printable ASCII characters without spaces")
    return key


def _country(code: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    if code not in SUPPORTED_REGIONS:
        raise ValueError("must be two capital letters of ISO 3166-1, such as DE")
    return code


def _pattern(pattern: re.Pattern[str]) -> Any:
    """For the API's description only: what does not match is refused in words."""
    return Field(json_schema_extra={"pattern": f"^{pattern.pattern}$"})


def _without_null(schema: dict[str, Any]) -> None:
    """None stands for a field that was left out; null is refused."""
    schema |= schema.pop("anyOf")[0]


ChannelName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_printable)
]
ApiKey = Annotated[
    str, StringConstraints(strip_whitespace=True), AfterValidator(_api_key), _pattern(_API_KEY)
]
"""Printable ASCII without spaces: it goes into a header."""
MessagesPerSecond = Annotated[int, Field(ge=1, le=MAX_MESSAGES_PER_SECOND, strict=True)]
ContactBurst = Annotated[
    int,
    Field(
        ge=1,
        le=MAX_CONTACT_BURST,
        strict=True,
        description="Messages that one contact may get at once; each is followed by six seconds of silence,"
        " as WhatsApp wants one in six seconds on average.",
    ),
]
Country = Annotated[str, AfterValidator(_country), _pattern(_COUNTRY)]
"""ISO 3166-1 alpha-2."""


class ConnectChannel(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: ChannelName = Field(
        description="For internal recognition; unique in the workspace, whatever its case."
    )
    provider: Literal["dialog360"] = "dialog360"
    api_key: ApiKey = Field(description="The 360dialog API key of the number. Stored encrypted, never shown.")
    default_country: Country | None = Field(
        None, description="For recipients written without a country code, such as `DE`."
    )
    messages_per_second: MessagesPerSecond = DEFAULT_MESSAGES_PER_SECOND
    contact_burst: ContactBurst = DEFAULT_CONTACT_BURST


class ChangeChannel(BaseModel):
    """Fields that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    name: ChannelName | None = Field(None, json_schema_extra=_without_null)
    default_country: Country | None = Field(None, description="`null` takes it away.")
    messages_per_second: MessagesPerSecond | None = Field(None, json_schema_extra=_without_null)
    contact_burst: ContactBurst | None = Field(None, json_schema_extra=_without_null)
    state: Literal["active", "paused"] | None = Field(
        None,
        json_schema_extra=_without_null,
        description="`paused`: messages are accepted and wait. `active`: they go on.",
    )

    @field_validator("name", "messages_per_second", "contact_burst", "state", mode="before")
    @classmethod
    def _is_given(cls, value: object) -> object:
        if value is None:
            raise ValueError("must not be null; leave it out to keep it as it is")
        return value
