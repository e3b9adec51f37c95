"""The rows of a CSV file, read piece by piece: where each begins and ends, and the fields in it.

RFC 4180, and what spreadsheets make of it: a byte order mark, `;` or tabs between fields, line feeds without
carriage returns. One grammar finds the ends of rows and the fields in them, so reading may begin at the end
of any row. Nothing here holds more of a file than one row and one piece.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

MAX_ROWS = 1_000_000
"""Not counting the header."""
MAX_FILE_BYTES = 250_000_000
MAX_ROW_BYTES = 32 * 1024
"""So much of a file is held at a time. A row is as long as this when a quote that opens never closes."""
RECIPIENT = "to"
"""The column that names the recipient."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = (",", ";", "\t")
_NOT_UTF8 = "The file is not in UTF-8. Save it as `CSV UTF-8`."


class FileFault(Exception):
    """The file as a whole cannot be used. `row` counts from 1, which is the header."""

    def __init__(self, code: str, words: str, row: int | None = None) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.row = row


@dataclass(frozen=True)
class Header:
    """How the file is to be read. `length` is the bytes before the first row."""

    delimiter: str
    columns: tuple[str, ...]
    length: int


def read_header(head: bytes) -> Header:
    """From the beginning of the file, which must hold the first row. Raises FileFault."""
    if head.startswith(_OTHER_ENCODINGS):
        raise FileFault("not_utf8", _NOT_UTF8, 1)
    mark = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
    found = [header for each in _DELIMITERS if (header := _header(head[mark:], each, mark))]
    if not found:
        raise FileFault(
            "no_recipient_column",
            f"The first row must name the columns, one of them `{RECIPIENT}`; between them `,`, `;` or tabs.",
            1,
        )
    header = max(found, key=lambda each: len(each.columns))
    twice = next((name for name in header.columns if name and header.columns.count(name) > 1), None)
    if twice:
        raise FileFault("column_twice", f"Two columns are called `{twice[:60]}`.", 1)
    return header


def column_name(text: str) -> str:
    """Two names that differ in case or in spaces around them are one column."""
    return text.strip().casefold()


def _header(text: bytes, delimiter: str, mark: int) -> Header | None:
    first = next(rows([text], delimiter), b"")
    columns = tuple(map(column_name, fields(text_of(first, 1), delimiter)))
    return Header(delimiter, columns, mark + len(first)) if RECIPIENT in columns else None


# --- rows ---


def rows(pieces: Iterable[bytes], delimiter: str, first: int = 1) -> Iterator[bytes]:
    """Each row with the end of its line; together they are the bytes that came in. `first` is the number of
    the first of them. Raises FileFault for a row that does not end.
    """
    number, begun, inside = first, b"", False
    for line in _lines(pieces):
        if inside or b'"' in line:
            inside = _ends_inside(line, delimiter, begins_inside=inside)
        begun += line
        if len(begun) > MAX_ROW_BYTES:
            raise _too_long(number)
        if not inside:
            yield begun
            number, begun = number + 1, b""
    if begun:
        yield begun


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What is longer than any row comes as it is, with no end."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(rest) > MAX_ROW_BYTES:
            yield rest
            rest = b""
    if rest:
        yield rest


def _too_long(number: int) -> FileFault:
    words = (
        f"A row is longer than {MAX_ROW_BYTES} bytes. A quote may have been opened and never closed, or"
        " lines end in another way than with a line feed."
    )
    return FileFault("row_too_long", words, number)


# --- fields ---


def text_of(row: bytes, number: int) -> str:
    """Without the end of its line. Raises FileFault: in another encoding than UTF-8 every name would be
    wrong, so no row of the file is used.
    """
    try:
        return row.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise FileFault("not_utf8", _NOT_UTF8, number) from error


def fields(text: str, delimiter: str) -> list[str]:
    """A quote means something at the beginning of a field only; one that never closes ends with the row."""
    if '"' not in text:
        return text.split(delimiter)
    found: list[str] = []
    for field in _grammar(delimiter).field.finditer(text):
        quoted, rest, end = field.groups()
        found.append((quoted or "").replace('""', '"') + rest)
        if not end:
            break
    return found


def _ends_inside(line: bytes, delimiter: str, *, begins_inside: bool) -> bool:
    """Whether a quoted field is still open at the end of the line."""
    grammar = _grammar(delimiter)
    return bool((grammar.stays_open if begins_inside else grammar.opens).match(line))


@dataclass(frozen=True)
class _Grammar:
    field: re.Pattern[str]
    opens: re.Pattern[bytes]
    stays_open: re.Pattern[bytes]


@cache
def _grammar(delimiter: str) -> _Grammar:
    """All repetitions are possessive: a row is read once, however odd its quotes."""
    inside, plain = r'(?:[^"]++|"")*+', f"[^{delimiter}]*+"
    field = f'(?:"{inside}"{plain}|(?!"){plain})'
    opening = f'(?:{field}{delimiter})*+"{inside}'
    return _Grammar(
        field=re.compile(f'(?:"({inside})(?:"|\\Z))?({plain})({delimiter}|\\Z)'),
        opens=re.compile(rf"{opening}\Z".encode()),
        stays_open=re.compile(rf'{inside}(?:"{plain}{delimiter}{opening})?\Z'.encode()),
    )
