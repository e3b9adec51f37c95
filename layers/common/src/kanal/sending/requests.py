"""Bodies of the send route. Content uses WhatsApp's own objects."""

import json
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

MAX_TEXT = 4096
"""Characters of a text body: WhatsApp, text messages."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_TEMPLATE_NAME = re.compile(r"[a-z0-9_]{1,512}")


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _language(code: str) -> str:
    if not _LANGUAGE.fullmatch(code):
        raise ValueError("must be a language as WhatsApp writes it, such as en or pt_BR")
    return code


def _template_name(name: str) -> str:
    if not _TEMPLATE_NAME.fullmatch(name):
        raise ValueError("must be 1 to 512 lower-case letters, digits and underscores")
    return name


def _pattern(pattern: str) -> Any:
    """For the API's description only: what does not match is refused in words."""
    return Field(json_schema_extra={"pattern": pattern})


Recipient = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=150)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Text(_Strict):
    body: Annotated[
        str,
        StringConstraints(min_length=1, max_length=MAX_TEXT),
        AfterValidator(_not_blank),
        _pattern(r"\S"),
    ]
    preview_url: bool = False


class TextMessage(_Strict):
    to: Recipient = Field(
        description="Phone number with country code, contact id, or business-scoped user id."
    )
    type: Literal["text"]
    text: Text


class Language(_Strict):
    code: Annotated[str, AfterValidator(_language), _pattern(f"^{_LANGUAGE.pattern}$")]
    policy: Literal["deterministic"] = "deterministic"


class Component(BaseModel):
    """One component's parameters, as the Cloud API takes them; checked against the template itself."""

    model_config = ConfigDict(extra="allow")

    type: Literal["header", "body", "button", "carousel", "limited_time_offer"]
    parameters: Annotated[list[dict[str, Any]], Field(max_length=100)] = []


class TemplateContent(_Strict):
    name: Annotated[str, AfterValidator(_template_name), _pattern(f"^{_TEMPLATE_NAME.pattern}$")]
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
