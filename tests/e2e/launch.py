"""Starts `python -m local.run`, as `make run` does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from local.processes import free_port
from local.stack import Ports
from tests.e2e.world import World

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 180.0  # the first start installs the layer's packages


def free_ports() -> Ports:
    return Ports(front=free_port(), simulator=free_port())


def launch(log: Path, ports: Ports, data: Path | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "local.run", *(["--data", str(data)] if data else [])]
    variables = {"KANAL_PORT": str(ports.front), "KANAL_SIM_PORT": str(ports.simulator)}
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


@contextmanager
def running(log: Path, ports: Ports | None = None, data: Path | None = None) -> Iterator[World]:
    """The stack, on free ports if none are given, until the end of the block, where it has to stop well."""
    ports = ports or free_ports()
    process = launch(log, ports, data)
    front_url, simulator_url = f"http://127.0.0.1:{ports.front}", f"http://127.0.0.1:{ports.simulator}"
    try:
        wait_until_ready(process, front_url, log)
        with (
            httpx.Client(base_url=front_url, timeout=40, trust_env=False) as front,
            httpx.Client(base_url=simulator_url, timeout=40, trust_env=False) as simulator,
        ):
            world = World(front_url, simulator_url, front, simulator, process.pid)
            front.headers["Authorization"] = f"Bearer {world.token()}"
            yield world
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()


def wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/_local/ready", timeout=40, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"the stack did not start:\n{log.read_text()}")
