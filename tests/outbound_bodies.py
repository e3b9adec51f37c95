"""Bodies of the send route for the tests: the described examples with one part changed, and what is said."""

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from kanal.fields import field_error
from kanal.sending.requests import TAGGED_UNIONS, SendMessage
from scripts.messages import MESSAGES

SEND: TypeAdapter[Any] = TypeAdapter(SendMessage)
GONE = object()


def changed(example: str, *changes: tuple[str, Any]) -> dict[str, Any]:
    """A copy of the example in which the parts at the pointers are other ones, or gone."""
    body: dict[str, Any] = json.loads(json.dumps(MESSAGES[example]))
    for pointer, value in changes:
        *steps, last = pointer.removeprefix("/").split("/")
        holder: Any = body
        for step in steps:
            holder = holder[int(step) if isinstance(holder, list) else step]
        key: Any = int(last) if isinstance(holder, list) else last
        if value is GONE:
            del holder[key]
        else:
            holder[key] = value
    return body


def refusals(body: Any) -> list[tuple[str, str]]:
    """Pointer and words of all that is wrong with it."""
    try:
        SEND.validate_python(body)
    except ValidationError as error:
        found = [field_error({**one, "loc": ("body", *one["loc"])}, TAGGED_UNIONS) for one in error.errors()]
        return [(one.pointer, one.message) for one in found]
    return []
