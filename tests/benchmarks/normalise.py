"""Run by test_normalise.py in .venv-bench: the same webhook bodies through Kanal and through pywa, in turn.

Prints one JSON object. Both read the bytes and build their objects; neither stores, publishes or calls back.
Counted are bodies of one update (of more, pywa reads the first only) that pywa reads without a complaint.
"""

import contextlib
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kanal import rawjson
from kanal.inbox import told
from kanal.inbox.decode import (
    decode_call,
    decode_call_status,
    decode_echo,
    decode_message,
    decode_status,
)
from kanal.inbox.explode import explode
from kanal.inbox.history import decode_history
from kanal.inbox.reading import Undecodable
from kanal.messages.content import content_of, marks_of

ROUNDS = 40
_MESSAGES: dict[str, Any] = {
    "message": decode_message,
    "echo": decode_echo,
    "history": decode_history,
    "call": decode_call,
    "call_status": decode_call_status,
}
_OTHERS: dict[str, Any] = {"status": decode_status, **told.DECODERS}


def with_kanal(raw: bytes) -> list[Any]:
    """Everything that is known before a store is asked."""
    read: list[Any] = []
    for item in explode(rawjson.read(raw)):
        try:
            if item.kind in _MESSAGES:
                decoded = _MESSAGES[item.kind](item)
                read.append((decoded, content_of(decoded.type, decoded.raw), marks_of(decoded.raw)))
            else:
                read.append(_OTHERS[item.kind](item) if item.kind in _OTHERS else item)
        except Undecodable as reason:
            read.append(reason)
    return read


class Complaints(logging.Handler):
    """What pywa warns of: a body that it could not read."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


def pywa_reader() -> Callable[[bytes], Any]:
    from pywa import WhatsApp  # in .venv-bench only

    client = WhatsApp(phone_id="1", token="none", server=None, skip_duplicate_updates=False)
    client.filter_updates = False
    read: Callable[[bytes], Any] = client.webhook_update_handler
    return read


def readable(read: Callable[[bytes], Any], bodies: list[bytes]) -> list[bytes]:
    logger, complaints, found = logging.getLogger("pywa"), Complaints(), list[bytes]()
    logger.addHandler(complaints)
    for body in bodies:
        complaints.count = 0
        with contextlib.suppress(Exception):  # whatever it raises, it does not read this one
            read(body)
            found += [body] if not complaints.count else []
    logger.removeHandler(complaints)
    logger.setLevel(logging.CRITICAL)
    return found


def seconds(read: Callable[[bytes], Any], bodies: list[bytes]) -> float:
    started = time.perf_counter()
    for body in bodies:
        read(body)
    return time.perf_counter() - started


def main(folders: list[str]) -> None:
    files = [file for folder in folders for file in sorted(Path(folder).glob("*.json"))]
    with_pywa = pywa_reader()
    of_one = [body for file in files if len(with_kanal(body := file.read_bytes())) == 1]
    bodies = readable(with_pywa, of_one)
    taken: dict[str, list[float]] = {"kanal": [], "pywa": []}
    for _ in range(ROUNDS):
        taken["kanal"].append(seconds(with_kanal, bodies))
        taken["pywa"].append(seconds(with_pywa, bodies))
    microseconds = {name: min(times) / len(bodies) * 1e6 for name, times in taken.items()}
    print(json.dumps({"files": len(files), "bodies": len(bodies), **microseconds}))


if __name__ == "__main__":
    main(sys.argv[1:])
