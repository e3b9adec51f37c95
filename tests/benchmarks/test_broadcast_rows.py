"""A million rows: how long reading and checking them takes, and that memory does not grow with them."""

import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from kanal.broadcasts.csvfile import read_header, rows
from kanal.broadcasts.cutting import cut
from kanal.broadcasts.model import Layout, Recipient
from kanal.broadcasts.reading import Reading
from kanal.templates.model import Template
from tests.integration.broadcasting import COMPONENTS, TEMPLATES

HEADER = b"to;name;code;notes\r\n"
PIECE_BYTES = 256 * 1024
MILLION = 1_000_000
PARTS = 1_000


def file_of(count: int) -> Iterator[bytes]:
    """The rows of a file, in pieces as they come from S3; every hundredth has no number, some have quotes."""
    piece = bytearray()
    for number in range(count):
        to = f"+49151{number:08}" if number % 100 else "unknown"
        note = '"likes; semicolons"' if number % 10 == 0 else "none"
        piece += f"{to};Person {number};SUMMER{number % 7};{note}\r\n".encode()
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def reading() -> Reading:
    wanted = TEMPLATES[0]
    template = Template(
        wanted["name"], "en", "1", "APPROVED", "MARKETING", wanted["components"], "POSITIONAL", None, None
    )
    header = read_header(HEADER)
    return Reading(Layout("", header.delimiter, header.columns), template, COMPONENTS, "DE")


def find_parts(count: int) -> int:
    """What the step that cuts the file does; the parts themselves go to the table one by one."""
    return sum(1 for _ in cut(file_of(count), read_header(HEADER)))


def take_in(count: int) -> tuple[int, int]:
    """What the steps that import do with each row before it goes to the table: accepted, failed."""
    reads, found = reading(), [0, 0]
    for number, content in enumerate(rows(file_of(count), ";", 2), 2):
        found[isinstance(reads.read(content, number), Recipient)] += 1
    return found[0], found[1]


def peak_bytes(work: Callable[[int], object], count: int) -> int:
    tracemalloc.start()
    try:
        work(count)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("work", [find_parts, take_in])
def test_memory_does_not_grow_with_the_file(work: Callable[[int], object]) -> None:
    work(1_000)  # what is made once
    small, large = peak_bytes(work, 15_000), peak_bytes(work, 60_000)
    assert large < small * 1.2
    assert large < 4 * 1024 * 1024


@pytest.mark.benchmark
def test_a_million_rows_are_read_and_checked_in_minutes() -> None:
    begun = time.perf_counter()
    assert find_parts(MILLION) == PARTS
    cut_in = time.perf_counter() - begun
    assert take_in(MILLION) == (990_000, 10_000)
    read_in = time.perf_counter() - begun - cut_in
    print(f"1,000,000 rows: cut in {cut_in:.1f} s, read and checked in {read_in:.1f} s of one processor")
    assert cut_in < 60
    assert read_in < 600
