"""Message templates of a number: what they are, how they are listed, and what a send must fill in."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from local.simulator.refusals import RefusalError

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
DEFAULT_PAGE = 25
LARGEST_PAGE = 1000
CURSOR_PREFIX = "template:"

DEFAULT_FIELDS = ("name", "parameter_format", "components", "language", "status", "category", "id")
FURTHER_FIELDS = ("rejected_reason", "quality_score", "previous_category", "rejection_info", "sub_category")
# A template that cannot be sent says why; any state not named here counts as not there at all.
CODE_OF_UNSENDABLE_STATUS = {"PAUSED": 132015, "DISABLED": 132016}


@dataclass
class Template:
    id: str
    name: str
    language: str
    status: str = "APPROVED"
    category: str = "UTILITY"
    components: list[dict[str, Any]] = field(default_factory=list)
    rejected_reason: str = "NONE"
    rejection_info: dict[str, Any] | None = None

    @property
    def placeholders(self) -> list[str]:
        return PLACEHOLDER.findall(self.text_of("BODY"))

    def text_of(self, kind: str) -> str:
        texts = [part.get("text", "") for part in self.components if part.get("type") == kind]
        return str(texts[0]) if texts else ""

    def review(self, status: str, reason: str | None, info: dict[str, Any] | None) -> None:
        self.status = status
        self.rejected_reason = reason or "NONE"
        self.rejection_info = info

    def shown(self, fields: Sequence[str]) -> dict[str, Any]:
        positional = all(name.isdigit() for name in self.placeholders)
        values = {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "components": self.components,
            "parameter_format": "POSITIONAL" if positional else "NAMED",
            "rejected_reason": self.rejected_reason,
            "quality_score": {"score": "UNKNOWN"},
        }
        if self.rejection_info:
            values["rejection_info"] = self.rejection_info
        return {name: values[name] for name in ("id", *fields) if name in values}


# What a new number starts with when no templates are named: one to send as it is, one to fill in.
DEFAULT_TEMPLATES: tuple[dict[str, Any], ...] = (
    {
        "name": "hello_world",
        "language": "en_US",
        "category": "UTILITY",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
            {"type": "BODY", "text": "Welcome! This message shows that your number can send notifications."},
            {"type": "FOOTER", "text": "Sent by the simulator"},
        ],
    },
    {
        "name": "order_update",
        "language": "en",
        "category": "UTILITY",
        "components": [
            {
                "type": "BODY",
                "text": "Hello {{1}}, your order {{2}} is on its way.",
                "example": {"body_text": [["Ana", "A-1001"]]},
            }
        ],
    },
)


def list_page(
    templates: Sequence[Template], *, limit: int, after: str, before: str, fields: Sequence[str]
) -> tuple[list[dict[str, Any]], dict[str, str] | None, bool]:
    """One page, its cursors (none when the page is empty), and whether more follow."""
    start = 0
    if after:
        start = position_of(after) + 1
    elif before:
        start = max(0, position_of(before) - limit)
    end = min(start + limit, position_of(before)) if before and not after else start + limit
    rows = [template.shown(fields) for template in templates[start:end]]
    if not rows:
        return [], None, False
    cursors = {"before": cursor_at(start), "after": cursor_at(start + len(rows) - 1)}
    return rows, cursors, start + len(rows) < len(templates)


def cursor_at(position: int) -> str:
    return base64.urlsafe_b64encode(f"{CURSOR_PREFIX}{position}".encode()).decode()


def position_of(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor.encode()).decode().removeprefix(CURSOR_PREFIX))
    except (ValueError, binascii.Error) as error:
        raise RefusalError(131059, "The paging cursor is not valid. Start again without a cursor.") from error


def find_sendable(templates: Sequence[Template], name: str, language: str) -> Template:
    found = next((one for one in templates if (one.name, one.language) == (name, language)), None)
    if found and found.status == "APPROVED":
        return found
    code = CODE_OF_UNSENDABLE_STATUS.get(found.status, 132001) if found else 132001
    if code == 132001:
        raise RefusalError(code, f"template name ({name}) does not exist in {language}")
    raise RefusalError(
        code, f"template name ({name}) in {language} is {found.status.lower() if found else ''}"
    )


def check_parameters(template: Template, components: Sequence[Any]) -> None:
    """The body must be filled in exactly; a text header likewise."""
    for kind in ("BODY", "HEADER"):
        expected = len(set(PLACEHOLDER.findall(template.text_of(kind))))
        given = _parameters_for(kind, components)
        if kind == "HEADER" and not template.text_of(kind):
            continue
        if len(given) != expected:
            raise RefusalError(
                132000,
                f"{kind.lower()}: number of localizable_params ({len(given)}) does not match "
                f"the expected number of params ({expected})",
            )


def _parameters_for(kind: str, components: Sequence[Any]) -> list[Any]:
    for component in components:
        if isinstance(component, dict) and str(component.get("type", "")).upper() == kind:
            parameters = component.get("parameters")
            return parameters if isinstance(parameters, list) else []
    return []
