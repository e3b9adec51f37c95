"""`python -m local.run [--data DIR]`: the whole stack on this machine until Ctrl-C. `make run` calls it."""

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from local.processes import LocalStackError
from local.stack import Ports, Stack, running_stack

_WATCH_SECONDS = 0.5

READY = """
Kanal is ready, {seconds:.1f} s after the start. Ctrl-C stops it.

  API        {api}/v1
  Simulator  {simulator}/_control   (plays 360dialog: a WhatsApp number without a WhatsApp number)
  Logs       {logs}   (functions.log, aws.log, simulator.log)
  Data       {data}

A development token for the workspace "demo", all scopes, good for {hours} hours:

export KANAL_TOKEN={token}

Try it: a number at the provider, a channel on it, and a customer who writes.

curl -s {simulator}/_control/numbers -H 'Content-Type: application/json' \\
  -d '{{"phone_number": "+4930901820", "display_name": "Acme", "api_key": "demo-api-key"}}'

curl -s {api}/v1/channels -H "Authorization: Bearer $KANAL_TOKEN" -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: first-channel' \\
  -d '{{"name": "Support", "api_key": "demo-api-key", "default_country": "DE"}}'

curl -s {simulator}/_control/inbound -H 'Content-Type: application/json' \\
  -d '{{"phone_number": "+4930901820", "from": "+4915112345678", "profile_name": "Ada",
       "message": {{"type": "text", "text": {{"body": "Hello"}}}}}}'

curl -s '{api}/_local/events?detail_type=message.received'

`make demo` runs a whole conversation and prints it.
"""


class Stopped(Exception):
    """Somebody asked the stack to end."""


def main() -> int:
    data: Path | None = _arguments().data

    def serve() -> None:
        started = time.monotonic()
        with running_stack(_ports(), data and data.resolve(), print_step) as stack:
            print(_ready_text(stack, time.monotonic() - started), flush=True)
            _watch(stack)

    return until_stopped(serve)


def until_stopped(work: Callable[[], None]) -> int:
    """The exit code. Ctrl-C and SIGTERM end `work` in good order; what went wrong is told in plain words."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        work()
    except Stopped:
        print("Stopped.", flush=True)
    except LocalStackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"\nThe embedded AWS failed: {error}", file=sys.stderr)
        return 1
    return 0


def _ports() -> Ports:
    """KANAL_PORT and KANAL_SIM_PORT. Raises LocalStackError."""
    ports = Ports(_port("KANAL_PORT", 8360), _port("KANAL_SIM_PORT", 8361))
    if ports.front == ports.simulator:
        raise LocalStackError(f"KANAL_PORT and KANAL_SIM_PORT must differ, and both are {ports.front}.")
    return ports


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise LocalStackError(f"{variable} should be a port number from 1 to 65535, and is {text!r}.")
    return int(text)


@contextlib.contextmanager
def print_step(text: str) -> Iterator[None]:
    """One line a step: what, and how long it took."""
    started = time.monotonic()
    print(f"{text} ...", end="", flush=True)
    yield
    print(f" {time.monotonic() - started:.1f} s", flush=True)


def _watch(stack: Stack) -> None:
    """Until somebody stops us, or a part of the stack ends by itself."""
    while True:
        if child := stack.died():
            raise LocalStackError(child.obituary())
        time.sleep(_WATCH_SECONDS)


def _stop(*_: object) -> None:
    # A second Ctrl-C must not interrupt the stopping itself, or children would be left behind.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    print("\nStopping ...", flush=True)
    raise Stopped


def _ready_text(stack: Stack, seconds: float) -> str:
    wanted = {"workspace_id": "demo"}
    answer = httpx.post(f"{stack.api_url}/_local/token", json=wanted, trust_env=False).json()
    return READY.format(
        seconds=seconds,
        api=stack.api_url,
        simulator=stack.simulator_url,
        logs=stack.run_folder,
        data=stack.data or "forgotten at the end; `make run DATA=folder` keeps it",
        token=answer["access_token"],
        hours=answer["expires_in"] // 3600,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.run", description="Run Kanal on this machine.")
    parser.add_argument("--data", type=Path, help="folder that keeps everything stored between runs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
