"""Bodies of the send route. Content uses WhatsApp's own objects."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

MAX_TEXT = 4096
"""Characters of a text body: WhatsApp, text messages."""

Recipient = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=150)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Text(_Strict):
    body: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]
    preview_url: bool = False


class TextMessage(_Strict):
    to: Recipient = Field(
        description="Phone number with country code, contact id, or business-scoped user id."
    )
    type: Literal["text"]
    text: Text


class Language(_Strict):
    code: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")]
    policy: Literal["deterministic"] = "deterministic"


class Component(BaseModel):
    """One component's parameters, as the Cloud API takes them; checked against the template itself."""

    model_config = ConfigDict(extra="allow")

    type: Literal["header", "body", "button", "carousel", "limited_time_offer"]
    parameters: Annotated[list[dict[str, Any]], Field(max_length=100)] = []


class TemplateContent(_Strict):
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Language
    components: Annotated[list[Component], Field(max_length=20)] = []

    @model_validator(mode="after")
    def _is_text(self) -> Self:
        """A lone surrogate can stand in JSON, but no request to WhatsApp can carry it."""
        try:
            json.dumps(self.model_dump(mode="json"), ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError("holds half of a character (a lone surrogate)") from error
        return self


class TemplateMessage(_Strict):
    to: Recipient = Field(
        description="Phone number with country code, contact id, or business-scoped user id."
    )
    type: Literal["template"]
    template: TemplateContent


SendMessage = Annotated[TextMessage | TemplateMessage, Field(discriminator="type")]
