"""From the fields of a row to somebody who can be written to: the recipient is read, the template filled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from kanal.broadcasts.csvfile import RECIPIENT, fields, text_of
from kanal.broadcasts.filling import Unfilled, Values, columns_in, filled
from kanal.broadcasts.model import Layout, Recipient
from kanal.contacts.identity import Identity, WrittenNumber
from kanal.contacts.recipient import parse_recipient
from kanal.errors import FieldError, InvalidRequest
from kanal.fields import field_error
from kanal.ids import ContactId
from kanal.sending.content.template import TemplateContent
from kanal.sending.requests import TAGGED_UNIONS
from kanal.templates.model import Template
from kanal.templates.parameters import check_parameters

_LONGEST_RECIPIENT = 150


@dataclass(frozen=True)
class Read:
    """A row that is well written: whom it names, and with which values."""

    row: int
    to: str
    named: ContactId | Identity | WrittenNumber
    values: Values


@dataclass(frozen=True)
class Reading:
    """What rows are read by: how the file is laid out, the template, and what fills it."""

    layout: Layout
    template: Template
    components: Sequence[Mapping[str, Any]]
    default_country: str | None

    def read(self, row: bytes, number: int) -> Read | Recipient | None:
        """None for a row that is empty, a failed recipient for one that is wrong.

        Raises FileFault for what is no text.
        """
        given = [each.strip() for each in fields(text_of(row, number), self.layout.delimiter)]
        if not any(given):
            return None
        columns = self.layout.columns
        named = dict(zip(columns, given, strict=False))
        to = named.get(RECIPIENT, "")[:_LONGEST_RECIPIENT]
        if any(given[len(columns) :]):
            words = f"The row has {len(given)} fields, and the first row names {len(columns)}."
            return _failed(number, to, "too_many_fields", words)
        values = {name: named[name] for name in self._used if named.get(name)}
        try:
            self._check(values)
            return Read(number, to, parse_recipient(to, self.default_country), values)
        except Unfilled as error:
            return _failed(number, to, error.code, error.words)
        except InvalidRequest as error:
            first = error.errors[0]
            words = f"`{RECIPIENT}` {first.message}" if first.pointer == "/to" else error.detail
            return _failed(number, to, first.code, words)

    @cached_property
    def _used(self) -> Sequence[str]:
        return columns_in(self.components)

    def _check(self, values: Values) -> None:
        if self._used:
            check_content(self.template, content_of(self.template, self.components, values))


def content_of(template: Template, components: Any, values: Values) -> dict[str, Any]:
    """WhatsApp's object of the template message of one recipient. Raises Unfilled."""
    content: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
    parts = filled(components, values)
    return {**content, "components": parts} if parts else content


def check_content(template: Template, content: Mapping[str, Any]) -> None:
    """As of a single message. Raises InvalidRequest."""
    try:
        TemplateContent.model_validate(content)
    except ValidationError as error:
        raise InvalidRequest(*map(_refusal, error.errors(include_url=False))) from error
    check_parameters(template, content.get("components", []))


def _refusal(error: Any) -> FieldError:
    """As of a single message whose body has the template."""
    return field_error({**error, "loc": ("body", "template", *error["loc"])}, TAGGED_UNIONS)


def _failed(number: int, to: str, code: str, words: str) -> Recipient:
    return Recipient(row=number, to=to, outcome="failed", code=code, reason=words)
