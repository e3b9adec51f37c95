"""One stack per data folder, and a folder that is free again however its stack ended."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.folder_lock import take_folder
from local.processes import LocalStackError

_ROOT = Path(__file__).resolve().parents[2]
_HOLDER = """
import sys
from pathlib import Path
from local.folder_lock import take_folder
lock = take_folder(Path(sys.argv[1]))
print("taken", flush=True)
sys.stdin.read()
"""


def test_a_taken_folder_is_refused_with_who_has_it(tmp_path: Path) -> None:
    with _held(tmp_path) as holder:
        for _ in range(2):
            with pytest.raises(LocalStackError) as refusal:
                take_folder(tmp_path)
            told = f"The folder {tmp_path} is used by another `make run` (pid {holder.pid})."
            assert str(refusal.value) == told


def test_a_folder_is_free_again_after_a_killed_stack(tmp_path: Path) -> None:
    with _held(tmp_path) as holder:
        holder.kill()
        holder.wait(10)
        take_folder(tmp_path).close()


def test_a_folder_is_made_and_can_be_taken_again(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    take_folder(folder).close()
    take_folder(folder).close()


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LocalStackError, match="cannot be used"):
        take_folder(tmp_path / "file")


@contextmanager
def _held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the folder, until the end of the block."""
    command = [sys.executable, "-c", _HOLDER, str(folder)]
    with subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "taken\n"
        try:
            yield holder
        finally:
            holder.kill()
