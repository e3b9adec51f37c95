"""The local stack as one thing: embedded AWS with the deployed template, simulator, issuer and front."""

import contextlib
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import uvicorn

from local.aws import Aws
from local.control import Control
from local.deploy import Deployment, deploy
from local.emulator import start_emulator
from local.events import EventFeed
from local.folder_lock import take_folder
from local.front import Gateway, create_front
from local.issuer import AUDIENCE, Issuer
from local.package import ROOT
from local.processes import Child, LocalStackError, answers, reserve_port, tail
from local.queues import Queues
from local.routes import add_routes, add_time_to_live
from local.schedules import Schedules

# Each batch in flight is a process of its own; with AWS's value they would only fight for the cores.
_SEND_CONCURRENCY = 4
_MEDIA_CONCURRENCY = 2
_FIRST_ANSWER_SECONDS = 30.0

Step = Callable[[str], contextlib.AbstractContextManager[None]]


@dataclass(frozen=True)
class Ports:
    front: int
    simulator: int


@dataclass
class Stack:
    """Start with `start`, and whatever happens then, end with `stop`. `data` is an absolute path."""

    ports: Ports
    data: Path | None
    step: Step
    run_folder: Path = field(init=False)
    aws: Aws = field(init=False)
    deployment: Deployment = field(init=False)
    children: list[Child] = field(init=False, default_factory=list)
    _lock: TextIO | None = field(init=False, default=None)
    _server: uvicorn.Server | None = field(init=False, default=None)
    _thread: threading.Thread | None = field(init=False, default=None)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.front}"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.simulator}"

    def start(self) -> None:
        """Raises LocalStackError with what to tell the person."""
        # First of all: what another stack stores there must not be touched.
        self._lock = take_folder(self.data) if self.data else None
        listener = reserve_port(self.ports.front, "KANAL_PORT")
        reserve_port(self.ports.simulator, "KANAL_SIM_PORT").close()
        self.run_folder = self._make_run_folder()
        issuer = Issuer.create(f"{self.api_url}/_local/issuer", self.data)
        with self.step("Starting the embedded AWS and the 360dialog simulator"):
            simulator = self._start_simulator()
            emulator, self.aws = start_emulator(self.run_folder, self.data)
            self.children.append(emulator)
            simulator.wait_until_ready(f"{self.simulator_url}/_control/ready")
        with self.step("Packaging and deploying template.yaml"):
            aws, self.deployment = self.aws, deploy(self.aws, self._parameters(issuer))
            api_id = add_routes(aws, self.deployment, issuer=issuer.url, audience=AUDIENCE)
            add_time_to_live(aws, self.deployment)
        with self.step("Opening the front and calling the API once"):
            self._serve(listener, aws, api_id, self._control(aws, self.deployment, issuer))

    def died(self) -> Child | None:
        """A program of the stack that ended by itself."""
        return next((child for child in self.children if not child.running()), None)

    def stop(self) -> None:
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join()
        for child in reversed(self.children):
            child.stop()
        if self.data is None and hasattr(self, "run_folder"):
            shutil.rmtree(self.run_folder, ignore_errors=True)
        if self._lock:
            self._lock.close()

    def _make_run_folder(self) -> Path:
        if self.data is None:
            return Path(tempfile.mkdtemp(prefix="kanal-"))
        run_folder = self.data / "kanal-run"
        try:
            shutil.rmtree(run_folder, ignore_errors=True)
            run_folder.mkdir(parents=True)
        except OSError as error:
            raise LocalStackError(f"The folder {self.data} cannot be used: {error.strerror}.") from error
        return run_folder

    def _start_simulator(self) -> Child:
        command = [sys.executable, "-m", "local.simulator", "--port", str(self.ports.simulator)]
        if self.data is not None:
            command += ["--data", str(self.data / "simulator")]
        log = self.run_folder / "simulator.log"
        child = Child.start("The simulator", command, environment=os.environ, log=log, folder=ROOT)
        self.children.append(child)
        return child

    def _parameters(self, issuer: Issuer) -> dict[str, str]:
        return {
            "JwtIssuer": issuer.url,
            "JwtAudience": AUDIENCE,
            "Dialog360BaseUrl": self.simulator_url,
            "WebhookBaseUrl": self.api_url,
            "SendConcurrency": str(_SEND_CONCURRENCY),
            "MediaConcurrency": str(_MEDIA_CONCURRENCY),
        }

    def _control(self, aws: Aws, deployment: Deployment, issuer: Issuer) -> Control:
        return Control(
            api_url=self.api_url,
            simulator_url=self.simulator_url,
            emulator_url=aws.url,
            issuer=issuer,
            events=EventFeed(aws, deployment),
            queues=Queues(aws, deployment),
            schedules=Schedules(aws, deployment),
        )

    def _serve(self, listener: socket.socket, aws: Aws, api_id: str, control: Control) -> None:
        config = uvicorn.Config(
            create_front(Gateway(aws.url, api_id), control),
            ws="none",
            log_level="warning",
            timeout_keep_alive=75,
        )
        self._server = uvicorn.Server(config)
        run = self._server.run
        self._thread = threading.Thread(target=run, args=([listener],), name="front", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _FIRST_ANSWER_SECONDS
        while not answers(f"{self.api_url}/_local/ready"):
            if child := self.died():
                raise LocalStackError(child.obituary())
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise LocalStackError(
                    f"The API does not answer. Its functions' log:\n{self._functions_log()}"
                )
            time.sleep(0.1)

    def _functions_log(self) -> str:
        return tail(self.run_folder / "functions.log")


@contextlib.contextmanager
def running_stack(ports: Ports, data: Path | None, step: Step) -> Iterator[Stack]:
    """A started stack, stopped at the end in any case."""
    stack = Stack(ports, data, step)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
