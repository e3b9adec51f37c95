"""Serving the simulator on the loopback interface: for a person on a port, for a test in a thread."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.simulator.app import create_app
from local.simulator.responses import CLOSE

HOST = "127.0.0.1"
START_SECONDS = 10


class ClosableProtocol(H11Protocol):
    """Lets the application close its connection without having answered, which ASGI has no word for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        app: Any = self.app

        async def app_with_close(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[CLOSE] = transport.close
            await app(scope, receive, send)

        self.app = app_with_close


class SimulatorServer(uvicorn.Server):
    """Ends held connections before it waits for them to end."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=ClosableProtocol,
                ws="none",
                lifespan="on",
                timeout_keep_alive=75,
                log_level="warning",
            )
        )
        self._simulator = app.state.simulator

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._simulator.background.stopping.set()
        await super().shutdown(sockets)


def listen(port: int) -> socket.socket:
    """Raises OSError when the port is taken; 0 means any free one."""
    # With the protocol named, asyncio sets TCP_NODELAY; without it, each answer waits 40 milliseconds.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()  # at once: with SO_REUSEADDR two could bind a port of which only one can listen
    except OSError:
        listener.close()
        raise
    return listener


@contextmanager
def running_simulator(make_app: Callable[[], Starlette] = create_app) -> Iterator[str]:
    """A simulator in a thread of this process, on a free port; yields its address."""
    listener = listen(0)
    server = SimulatorServer(make_app())
    thread = threading.Thread(target=server.run, args=([listener],), name="simulator", daemon=True)
    thread.start()
    _await_start(server, thread)
    try:
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def _await_start(server: SimulatorServer, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(START_SECONDS * 100):
        if server.started:
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise RuntimeError("the simulator did not start")
