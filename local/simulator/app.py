"""The ASGI application: both faces of the simulator, and its start and end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.origin import own_callers_only
from local.simulator.chance import Chance
from local.simulator.clock import Clock, SystemClock
from local.simulator.control import Control
from local.simulator.provider import Provider
from local.simulator.simulator import Simulator
from local.simulator.store import Store
from local.simulator.webhooks import TIMEOUT_SECONDS


def create_app(
    data: Path | None = None,
    *,
    clock: Clock | None = None,
    chance: Chance | None = None,
    webhook_transport: httpx.AsyncBaseTransport | None = None,
    webhook_timeout_seconds: float = TIMEOUT_SECONDS,
) -> Starlette:
    """`data` is the folder that keeps the state between runs; without it, the state ends with the app.

    The simulator itself is at `app.state.simulator`.
    """
    simulator = Simulator(
        clock=clock or SystemClock(),
        chance=chance or Chance(),
        store=Store(data) if data else None,
        webhook_transport=webhook_transport,
        webhook_timeout_seconds=webhook_timeout_seconds,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await simulator.stop()

    app = Starlette(
        routes=[*Provider(simulator).routes(), *Control(simulator).routes()],
        middleware=own_callers_only("/_control"),
        exception_handlers={HTTPException: _plain_error},
        lifespan=lifespan,
    )
    app.state.simulator = simulator
    return app


async def _plain_error(_request: Request, error: Exception) -> Response:
    status_code = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "internal error"
    return JSONResponse({"error": detail}, status_code)
