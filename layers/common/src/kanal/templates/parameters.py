"""Checks the parameters of a template message against the template itself, before WhatsApp does.

Checked here: that the components are the template's own and each there once, that every variable of header
text, body and button URL has its parameter, that a carousel has its cards, and that texts are such as
WhatsApp takes. Source: WhatsApp, template components, "send message templates" and error 132018.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kanal.errors import FieldError, InvalidRequest
from kanal.templates.model import Template

_Component = Mapping[str, Any]

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_NOT_IN_TEXT = re.compile(r"[\n\r\t]| {5}")
_MEDIA = frozenset({"IMAGE", "VIDEO", "DOCUMENT", "LOCATION"})
_KINDS_OF_PARAMETERS = {"HEADER": ("text",), "BODY": ("text", "currency", "date_time")}
_HERE = "/template/components"


def check_parameters(template: Template, components: Sequence[_Component]) -> None:
    """Raises InvalidRequest that names each component and each parameter that does not fit."""
    errors = [
        *_component_errors(template, components),
        *_header_errors(template, components),
        *_text_errors(template, components, "BODY"),
        *_button_errors(template, components),
        *_carousel_errors(template, components),
    ]
    if errors:
        raise InvalidRequest(*errors)


# --- components ---


def _component_errors(template: Template, components: Sequence[_Component]) -> Iterator[FieldError]:
    known = {_kind(part) for part in template.components}
    seen = set()
    for at, component in enumerate(components):
        kind = _kind(component)
        if kind in seen and kind in {"HEADER", "BODY"}:
            yield _error(f"{_HERE}/{at}", f"is a second {kind.lower()}; put all parameters into one.")
        if kind == "BUTTON":
            yield from _address_errors(template, component, f"{_HERE}/{at}")
        elif kind != "BODY" and kind not in known:
            yield _error(f"{_HERE}/{at}", f"is not in the template: {_name(template)} has no {kind.lower()}.")
        seen.add(kind)


def _address_errors(template: Template, component: _Component, here: str) -> Iterator[FieldError]:
    """Which button is meant."""
    if not component.get("sub_type"):
        yield _error(f"{here}/sub_type", "is required: the kind of button, such as url or quick_reply.")
    count = len(_buttons(template))
    index = component.get("index")
    if index is None:
        yield _error(f"{here}/index", "is required: the place of the button, from 0.")
    elif str(index) not in map(str, range(count)):
        yield _error(f"{here}/index", f"is no button: {_name(template)} has {count}, counted from 0.")


# --- header and body ---


def _header_errors(template: Template, components: Sequence[_Component]) -> Iterator[FieldError]:
    header = _part(template, "HEADER")
    media = str(header.get("format", "TEXT")).upper()
    if media == "TEXT":
        yield from _text_errors(template, components, "HEADER")
    elif media in _MEDIA:
        at, given = _given(components, "HEADER")
        if len(given) != 1:
            words = f"takes one {media.lower()} parameter, {len(given)} are given."
            yield _error(_pointer(at), f"The header of {_name(template)} {words}")
        elif given[0].get("type") != media.lower():
            yield _error(f"{_pointer(at)}/0/type", f"must be {media.lower()}, as the template's header is.")


def _text_errors(template: Template, components: Sequence[_Component], kind: str) -> Iterator[FieldError]:
    part = _part(template, kind)
    if kind == "HEADER" and not part:
        return  # said already
    wanted = list(dict.fromkeys(_VARIABLE.findall(str(part.get("text", "")))))
    at, given = _given(components, kind)
    if template.parameter_format == "NAMED":
        fits = sorted(str(parameter.get("parameter_name", "")) for parameter in given) == sorted(wanted)
        wants = f"takes the parameters {', '.join(wanted) or 'none'}, each once"
    else:
        fits = len(given) == len(wanted)
        wants = f"takes {len(wanted)} parameters, {len(given)} are given"
    if not fits:
        yield _error(_pointer(at), f"The {kind.lower()} of {_name(template)} {wants}.")
    for number, parameter in enumerate(given):
        yield from _parameter_errors(parameter, kind, f"{_pointer(at)}/{number}")


def _parameter_errors(parameter: Mapping[str, Any], kind: str, here: str) -> Iterator[FieldError]:
    kinds = _KINDS_OF_PARAMETERS[kind]
    if parameter.get("type") not in kinds:
        yield _error(f"{here}/type", f"must be {' or '.join(kinds)}.")
        return
    text = parameter.get("text")
    if parameter["type"] != "text":
        return
    if not isinstance(text, str) or not text:
        yield _error(f"{here}/text", "must be a text that is not empty.")
    elif _NOT_IN_TEXT.search(text):
        yield _error(f"{here}/text", "may not hold a new line, a tab, or more than four spaces in a row.")


# --- buttons ---


def _button_errors(template: Template, components: Sequence[_Component]) -> Iterator[FieldError]:
    """Only URL buttons with a variable must have a parameter; all others may go without."""
    for number, button in enumerate(_buttons(template)):
        if not isinstance(button, dict) or not _VARIABLE.search(str(button.get("url", ""))):
            continue
        given = [
            part for part in components if _kind(part) == "BUTTON" and str(part.get("index")) == str(number)
        ]
        if not given or len(given[0].get("parameters") or []) != 1:
            words = f"Button {number} of {_name(template)} needs one text parameter, the end of its URL."
            yield _error(_HERE, words)


def _buttons(template: Template) -> Sequence[Any]:
    buttons = _part(template, "BUTTONS").get("buttons")
    return buttons if isinstance(buttons, list) else []


# --- cards ---


def _carousel_errors(template: Template, components: Sequence[_Component]) -> Iterator[FieldError]:
    """As many cards as the template has; of product cards it defines two and takes up to ten."""
    cards = _part(template, "CAROUSEL").get("cards")
    if not isinstance(cards, list) or _shows_products(cards):
        return
    at = next((at for at, part in enumerate(components) if _kind(part) == "CAROUSEL"), None)
    given = [] if at is None else components[at].get("cards") or []
    if len(given) != len(cards):
        words = f"The carousel of {_name(template)} takes {len(cards)} cards, {len(given)} are given."
        yield _error(_HERE if at is None else f"{_HERE}/{at}/cards", words)


def _shows_products(cards: Sequence[Any]) -> bool:
    listed = [card.get("components") for card in cards if isinstance(card, dict)]
    parts = [part for components in listed if isinstance(components, list) for part in components]
    return any(isinstance(part, dict) and part.get("format") == "PRODUCT" for part in parts)


# --- both sides ---


def _part(template: Template, kind: str) -> _Component:
    return next((part for part in template.components if _kind(part) == kind), {})


def _kind(part: _Component) -> str:
    return str(part.get("type", "")).upper()


def _given(components: Sequence[_Component], kind: str) -> tuple[int | None, Sequence[Mapping[str, Any]]]:
    """Where the component stands in the request, and its parameters."""
    for at, component in enumerate(components):
        if _kind(component) == kind:
            return at, component.get("parameters") or []
    return None, []


def _pointer(at: int | None) -> str:
    return _HERE if at is None else f"{_HERE}/{at}/parameters"


def _name(template: Template) -> str:
    return f"template {template.name} ({template.language})"


def _error(pointer: str, words: str) -> FieldError:
    return FieldError(pointer, words, "template_parameters")
