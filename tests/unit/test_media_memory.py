"""A file of WhatsApp's largest size goes through in pieces: never is it in memory as a whole."""

import itertools
import tempfile
import tracemalloc
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from kanal.providers.dialog360_media import MOST_BYTES, Dialog360Media, Downloaded, Uploaded
from kanal.providers.form import FileToSend

PIECE = bytes(256 * 1024)
MOST_IN_MEMORY = 4 * 1024 * 1024


class Provider(httpx.BaseTransport):
    """Answers as 360dialog does, and keeps nothing."""

    def __init__(self) -> None:
        self.taken_bytes = 0
        self.announced_bytes = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            assert "transfer-encoding" not in request.headers
            self.announced_bytes = int(request.headers["content-length"])
            stream: Any = request.stream
            self.taken_bytes = sum(len(piece) for piece in stream)
            return httpx.Response(200, json={"id": "1"})
        if request.url.path == "/1":
            url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"
            return httpx.Response(200, json={"url": url})
        return httpx.Response(200, content=_pieces())


def _pieces() -> Iterator[bytes]:
    return itertools.repeat(PIECE, MOST_BYTES // len(PIECE))


@pytest.fixture
def provider() -> Iterator[tuple[Provider, Dialog360Media]]:
    transport = Provider()
    with httpx.Client(base_url="https://waba-v2.360dialog.io", transport=transport) as http:
        tracemalloc.start()
        try:
            yield transport, Dialog360Media(http, "key", httpx.Timeout(5))
            assert tracemalloc.get_traced_memory()[1] < MOST_IN_MEMORY
        finally:
            tracemalloc.stop()


def test_a_download_goes_to_the_disk(provider: tuple[Provider, Dialog360Media]) -> None:
    _, media = provider
    with tempfile.TemporaryFile() as file:
        ending = media.fetch("1", file, lambda: 300.0).ending
        assert isinstance(ending, Downloaded)
        assert (ending.size_bytes, file.tell()) == (MOST_BYTES, MOST_BYTES)


def test_an_upload_is_passed_on_as_it_is_read(provider: tuple[Provider, Dialog360Media]) -> None:
    """Its size is told at the start, as 360dialog wants it."""
    transport, media = provider
    file = FileToSend(_pieces(), MOST_BYTES, "application/pdf", 'a "long"\r\nname.pdf')
    assert media.upload(file) == Uploaded("1")
    assert transport.taken_bytes == transport.announced_bytes > MOST_BYTES
