"""Bodies of the channel routes."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from kanal.channels.model import DEFAULT_MESSAGES_PER_SECOND, MAX_MESSAGES_PER_SECOND, name_key

_KEY_BYTES = 900
"""Of a sort key's 1,024; normalising turns some single characters into whole phrases."""


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError("may not hold control characters")
    if len(name_key(name).encode()) > _KEY_BYTES:
        raise ValueError("is too long: its characters stand for many more")
    return name


ChannelName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_printable)
]
ApiKey = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\x21-\x7e]{8,512}$")]
"""Printable ASCII without spaces: it goes into a header."""
MessagesPerSecond = Annotated[int, Field(ge=1, le=MAX_MESSAGES_PER_SECOND, strict=True)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
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


class ChangeChannel(BaseModel):
    """Fields that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    name: ChannelName | None = None
    default_country: Country | None = None
    messages_per_second: MessagesPerSecond | None = None
