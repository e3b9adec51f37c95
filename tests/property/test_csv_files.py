"""A CSV file is read alike whole, in pieces and from any row on, and nothing in it can break the reader."""

import csv
import io
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanal.broadcasts.csvfile import FileFault, fields, read_header, rows, text_of
from kanal.broadcasts.cutting import cut
from kanal.broadcasts.model import ROWS_OF_A_PART

DELIMITERS = st.sampled_from(",;\t")
ODD_TEXTS = st.text(alphabet='ab",;\t\n\r ü', max_size=40)
"""Mostly of what means something in such a file."""


def in_pieces(content: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(content), *(at % (len(content) + 1) for at in cuts)})
    return [content[start:end] for start, end in pairwise(places)]


@given(ODD_TEXTS, DELIMITERS, st.lists(st.integers(0, 200), max_size=6))
def test_rows_are_the_same_whatever_pieces_come(text: str, delimiter: str, cuts: list[int]) -> None:
    """S3 gives pieces that end anywhere, within a letter too."""
    content = text.encode()
    whole = list(rows([content], delimiter))
    assert b"".join(whole) == content
    assert list(rows(in_pieces(content, cuts), delimiter)) == whole


@given(ODD_TEXTS, DELIMITERS)
def test_reading_may_begin_at_the_end_of_any_row(text: str, delimiter: str) -> None:
    content, at = text.encode(), 0
    whole = list(rows([content], delimiter))
    for number, row in enumerate(whole):
        assert list(rows([content[at:]], delimiter)) == whole[number:]
        at += len(row)


@given(st.text(alphabet='ab",;\t\n ü', max_size=40), DELIMITERS)
def test_fields_are_what_pythons_own_reader_finds(text: str, delimiter: str) -> None:
    """But for the line feed at the end of a quote that never closes, which it keeps."""
    ours = [fields(text_of(row, 1), delimiter) for row in rows([text.encode()], delimiter)]
    theirs = [row or [""] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    assert [[each.rstrip("\n") for each in row] for row in ours] == [
        [each.rstrip("\n") for each in row] for row in theirs
    ]


@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=4), max_size=6), DELIMITERS)
def test_what_a_spreadsheet_writes_is_read_back(table: list[list[str]], delimiter: str) -> None:
    """Carriage returns and line feeds within quotes included."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table)
    content = text.getvalue().encode(errors="replace")
    read = [fields(text_of(row, 1), delimiter) for row in rows([content], delimiter)]
    assert read == [[each.encode(errors="replace").decode() for each in row] for row in table]


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_rows_or_a_fault_of_the_file(content: bytes) -> None:
    """Never anything else."""
    try:
        header = read_header(content)
        parts = list(cut([content[header.length :]], header))
    except FileFault:
        return
    assert (parts[0].start, parts[-1].end) == (header.length, len(content))


@given(st.integers(1, 2 * ROWS_OF_A_PART + 1), st.booleans())
def test_parts_are_the_file_without_gaps_and_know_their_rows(count: int, quoted: bool) -> None:
    """A row may hold line feeds; it is one row, as in a spreadsheet."""
    row = b'1,"a\nb"\n' if quoted else b"1,ab\n"
    content = b"to,x\n" + row * count
    header = read_header(content)
    parts = list(cut(in_pieces(content[header.length :], [7, 1000]), header))
    assert [part.number for part in parts] == list(range(1, -(-count // ROWS_OF_A_PART) + 1))
    assert [part.first_row for part in parts] == [2 + at * ROWS_OF_A_PART for at in range(len(parts))]
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    found = [list(rows([content[part.start : part.end]], ",")) for part in parts]
    assert list(chain(*found)) == [row] * count


@pytest.mark.parametrize("quotes", ['"' * 9, '"a""', 'x"', '"a"b', '"";'])
def test_odd_quotes_end_with_their_row_or_go_on(quotes: str) -> None:
    """However a row is quoted, it is read once: no combination takes long."""
    content = (quotes + ",").encode() * 3000
    assert b"".join(rows([content], ",")) == content
