"""One stack per data folder: who takes it holds it until the end, however the end comes."""

import fcntl
import os
from pathlib import Path
from typing import TextIO

from local.processes import LocalStackError

_LOCK = "kanal.lock"


def take_folder(folder: Path) -> TextIO:
    """Make the folder if need be, and take it; closing the answer lets go of it.

    Raises LocalStackError when another stack has it, or when it cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("a+")
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        # The kernel lets go of it when the process ends, so a killed stack leaves nothing to clear away.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _write_our_id(lock)
    except OSError as error:
        holder = _holder(lock)
        lock.close()
        if isinstance(error, BlockingIOError):
            raise LocalStackError(
                f"The folder {folder} is used by another `make run` (pid {holder})."
            ) from error
        raise _unusable(folder, error) from error
    return lock


def _write_our_id(lock: TextIO) -> None:
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def _holder(lock: TextIO) -> str:
    lock.seek(0)
    return lock.read() or "unknown"


def _unusable(folder: Path, error: OSError) -> LocalStackError:
    return LocalStackError(f"The folder {folder} cannot be used: {error.strerror}.")
