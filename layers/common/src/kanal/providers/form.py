"""A file as a form (multipart/form-data), given piece by piece with its length known before."""

import itertools
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FileToSend:
    """`chunks` add up to `size_bytes`."""

    chunks: Iterable[bytes]
    size_bytes: int
    mime_type: str
    filename: str


class OutOfTime(Exception):
    """Raised by whoever gives the chunks of a file, to end its upload."""


def form_of(file: FileToSend) -> tuple[Mapping[str, str], Iterator[bytes]]:
    """The headers and the body of the request."""
    boundary = secrets.token_hex(16)
    head, tail = _around(file, boundary)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(len(head) + file.size_bytes + len(tail)),
    }
    return headers, itertools.chain([head], file.chunks, [tail])


def _around(file: FileToSend, boundary: str) -> tuple[bytes, bytes]:
    """What stands before and after the file in a multipart body."""
    filename = file.filename.encode(errors="replace").decode()
    for unsafe, written in (("\r", "%0D"), ("\n", "%0A"), ('"', "%22")):
        filename = filename.replace(unsafe, written)
    fields = {"messaging_product": "whatsapp", "type": file.mime_type}
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        f"Content-Type: {file.mime_type}\r\n\r\n"
    )
    return head.encode(), f"\r\n--{boundary}--\r\n".encode()
