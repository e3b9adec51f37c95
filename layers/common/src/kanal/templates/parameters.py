"""Checks the parameters of a template message against the template itself, before WhatsApp does.

Checked here: that every variable of header text, body and button URL has its parameter. Source: WhatsApp,
template components and "send message templates".
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kanal.errors import FieldError, InvalidRequest
from kanal.templates.model import Template

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")


def check_parameters(template: Template, components: Sequence[Mapping[str, Any]]) -> None:
    """Raises InvalidRequest that names each component whose parameters do not fit."""
    errors = [
        *_text_errors(template, components, "HEADER"),
        *_text_errors(template, components, "BODY"),
        *_button_errors(template, components),
    ]
    if errors:
        raise InvalidRequest(*errors)


def _text_errors(template: Template, components: Sequence[Mapping[str, Any]], kind: str) -> list[FieldError]:
    text = next((str(part.get("text", "")) for part in template.components if _kind(part) == kind), "")
    wanted = list(dict.fromkeys(_VARIABLE.findall(text)))
    at, given = _given(components, kind.lower())
    if kind == "HEADER" and not wanted:
        return []  # a media header takes its own kind of parameter
    if template.parameter_format == "NAMED":
        names = [str(parameter.get("parameter_name", "")) for parameter in given]
        missing = [name for name in wanted if name not in names]
        unknown = [name for name in names if name not in wanted]
        fits = not missing and not unknown
        wants = f"takes the parameters {', '.join(wanted) or 'none'}"
    else:
        fits = len(given) == len(wanted)
        wants = f"takes {len(wanted)} parameters, {len(given)} are given"
    if fits:
        return []
    message = f"The {kind.lower()} of template {template.name} ({template.language}) {wants}."
    return [FieldError(_pointer(at), message, "template_parameters")]


def _button_errors(template: Template, components: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Only URL buttons with a variable must have a parameter; all others may go without."""
    errors = []
    buttons = next((part.get("buttons") for part in template.components if _kind(part) == "BUTTONS"), None)
    for number, button in enumerate(buttons if isinstance(buttons, list) else []):
        if not isinstance(button, dict) or not _VARIABLE.search(str(button.get("url", ""))):
            continue
        given = [
            part for part in components if part["type"] == "button" and str(part.get("index")) == str(number)
        ]
        if not given or len(given[0].get("parameters") or []) != 1:
            message = (
                f"Button {number} of template {template.name} needs one text parameter, the end of its URL."
            )
            errors.append(FieldError("/template/components", message, "template_parameters"))
    return errors


def _kind(part: Mapping[str, Any]) -> str:
    return str(part.get("type", "")).upper()


def _given(
    components: Sequence[Mapping[str, Any]], kind: str
) -> tuple[int | None, Sequence[Mapping[str, Any]]]:
    """Where the component stands in the request, and its parameters."""
    for at, component in enumerate(components):
        if component["type"] == kind:
            return at, component.get("parameters") or []
    return None, []


def _pointer(at: int | None) -> str:
    return "/template/components" if at is None else f"/template/components/{at}/parameters"
