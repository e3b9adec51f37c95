"""The parts of a template that differ from recipient to recipient.

Wherever WhatsApp's objects have a text or a number, `{"column": "name"}` may stand for it: the recipient's
value of that name, a column of the file or an entry of `values`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kanal.broadcasts.csvfile import column_name

Values = Mapping[str, str]
"""A recipient's values by the names of their columns."""

_NUMBERS: Mapping[str, Callable[[str], float]] = {
    "amount_1000": int,
    "expiration_time_ms": int,
    "ttl_minutes": int,
    "latitude": float,
    "longitude": float,
}
"""Fields that are numbers to WhatsApp. In a file everything is text."""
_SAMPLES: Mapping[str, Any] = {"link": "https://example.com/file", "code": "EUR"} | dict.fromkeys(_NUMBERS, 1)
"""What stands for a value while there is none, where a text would not do."""


class Unfilled(Exception):
    """A recipient's values do not fill the template."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


def columns_in(components: Any) -> tuple[str, ...]:
    """The columns that the components name, each once."""
    return tuple(dict.fromkeys(_columns(components)))


def filled(components: Any, values: Values) -> Any:
    """The components of one recipient. Raises Unfilled."""
    return _replaced(components, "", lambda name, field: _value(values, name, field))


def sample_of(components: Any) -> Any:
    """The components as if a recipient had fitting values, to check everything else of them."""
    return _replaced(components, "", lambda _, field: _SAMPLES.get(field, "sample"))


def _column(part: Any) -> str | None:
    """The column, if the part is a placeholder."""
    named = isinstance(part, dict) and part.keys() == {"column"} and part["column"]
    return column_name(named) if isinstance(named, str) else None


def _columns(part: Any) -> Iterator[str]:
    if (name := _column(part)) is not None:
        yield name
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _columns(inner)


def _replaced(part: Any, field: str, value_of: Callable[[str, str], Any]) -> Any:
    if (name := _column(part)) is not None:
        return value_of(name, field)
    if isinstance(part, dict):
        return {key: _replaced(inner, key, value_of) for key, inner in part.items()}
    if isinstance(part, list):
        return [_replaced(inner, field, value_of) for inner in part]
    return part


def _value(values: Values, name: str, field: str) -> Any:
    text = values.get(name, "")
    if not text:
        raise Unfilled("value_missing", f"The column `{name}` is empty.")
    try:
        return _NUMBERS.get(field, str)(text)
    except ValueError as error:
        raise Unfilled("value_invalid", f"The column `{name}` must be a number.") from error
