"""Child processes of the local stack: started in their own group, watched, stopped, never left behind."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05


class LocalStackError(Exception):
    """Something that the person at the keyboard can read and act on; shown without a traceback."""


def reserve_port(port: int, variable: str) -> socket.socket:
    """Hold a loopback port until its server takes over. Raises LocalStackError when it is taken."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind(("127.0.0.1", port))
    except OSError as error:
        holder.close()
        raise LocalStackError(
            f"Port {port} is taken: another program listens on it ({error.strerror}). "
            f"Stop that program, or choose another port: {variable}={port + 1000} make run"
        ) from error
    return holder


def free_port() -> int:
    """A port that is free now; somebody else may take it before it is used."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    # Without it a killed `make run` would leave the emulator behind. Linux only; elsewhere a clean stop still
    # ends every child, only `kill -9` of the stack does not.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(frozen=True)
class Child:
    """One program of the stack, with all it prints in `log`."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(
        cls, name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path, folder: Path
    ) -> "Child":
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  # no threads yet
            )
        return cls(name, process, log)

    def running(self) -> bool:
        return self.process.poll() is None

    def obituary(self) -> str:
        """What to tell when it died by itself."""
        return f"{self.name} ended with code {self.process.poll()}. The end of {self.log}:\n{tail(self.log)}"

    def wait_until_ready(self, url: str, *, seconds: float = 30.0) -> None:
        """Poll `url` until it answers 200; raises LocalStackError when the child dies or takes too long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.running():
                raise LocalStackError(self.obituary())
            if answers(url):
                return
            time.sleep(_POLL_SECONDS)
        raise LocalStackError(
            f"{self.name} is not ready after {seconds:.0f} s. {self.log}:\n{tail(self.log)}"
        )

    def stop(self) -> None:
        """Ask, wait, then insist: afterwards nothing of its process group runs."""
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                print(f"{self.name} did not stop in {_STOP_SECONDS:.0f} s and was killed", file=sys.stderr)
        self._kill_group()
        self.process.wait()

    def _kill_group(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # the whole group is gone, as it should be


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log, set off to be shown."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join("  | " + line for line in text.splitlines()[-lines:]) or "  | (nothing)"


def answers(url: str) -> bool:
    """Whether a GET of `url` gives 200 now."""
    try:
        return httpx.get(url, timeout=5.0, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
