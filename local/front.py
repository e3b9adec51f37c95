"""The address of the local stack: passes requests to the deployed HTTP API and answers /_local itself."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from local.control import Control, problem
from local.origin import own_callers_only

# API Gateway's own limits.
_BODY_BYTES = 10 * 1024 * 1024
_INTEGRATION_SECONDS = 30.0
# A call more starts a process more of its function; beyond the cores it is quicker to wait for a free one.
_CALLS_AT_ONCE = max(4, 2 * (os.cpu_count() or 1))
_HOP_BY_HOP = {
    *(b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"),
    *(b"host", b"content-length", b"proxy-connection", b"expect"),
}
# The emulator refuses what comes from a web page; the page's business is with the front alone.
_BROWSERS_OWN = (b"origin", b"sec-fetch-")
_EMULATORS_OWN = (b"access-control-", b"x-amz", b"date", b"server")
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_WELCOME = """Kanal, local stack

  API        {api}/v1/...          (bearer token: POST {api}/_local/token {{"workspace_id": "demo"}})
  Simulator  {simulator}/_control/...   (the 360dialog side: numbers, customers who write, faults)
  Control    {api}/_local/ready, token, events, queues, queues/<name>/redrive, schedules/<id>/run
"""


class Gateway:
    """The deployed API, by its path on the emulator: its host name also serves the emulator's own paths."""

    def __init__(self, emulator_url: str, api_id: str) -> None:
        self._root = f"/_aws/execute-api/{api_id}/$default".encode()
        self._client = httpx.AsyncClient(base_url=emulator_url, trust_env=False, timeout=_INTEGRATION_SECONDS)
        self._places = asyncio.Semaphore(_CALLS_AT_ONCE)

    async def forward(self, request: Request) -> Response:
        body = await request.body()
        if len(body) > _BODY_BYTES:
            return _gateway_error(413, "Request Entity Too Large")
        query = request.scope["query_string"]
        target = self._root + request.scope["raw_path"] + (b"?" + query if query else b"")
        headers = [
            (name, value)
            for name, value in request.headers.raw
            if name not in _HOP_BY_HOP and not name.startswith(_BROWSERS_OWN)
        ]
        url = self._client.base_url.copy_with(raw_path=target)
        # Not built by the client, which would add headers of its own.
        outgoing = httpx.Request(request.method, url, headers=headers, content=body)
        async with self._places:
            try:
                answer = await self._client.send(outgoing)
            except httpx.HTTPError:
                return _gateway_error(503, "Service Unavailable")
        return _passed_on(answer)

    async def close(self) -> None:
        await self._client.aclose()


def _passed_on(answer: httpx.Response) -> Response:
    response = Response(answer.content, answer.status_code)
    kept = (
        (name.lower(), value)
        for name, value in answer.headers.raw
        if name.lower() not in _HOP_BY_HOP | {b"content-encoding"}
        and not name.lower().startswith(_EMULATORS_OWN)
    )
    response.raw_headers = [*response.raw_headers, *kept]
    return response


def _gateway_error(status: int, message: str) -> Response:
    """In the words and form of API Gateway, which never reached the function either."""
    return Response(f'{{"message":"{message}"}}', status, media_type="application/json")


def create_front(gateway: Gateway, control: Control) -> Starlette:
    async def welcome(_: Request) -> Response:
        return PlainTextResponse(_WELCOME.format(api=control.api_url, simulator=control.simulator_url))

    async def unknown_control(request: Request) -> Response:
        return problem(404, "Not found", f"There is no {request.method} {request.url.path}.")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        collector = asyncio.create_task(control.collect_events())
        yield
        collector.cancel()
        await gateway.close()

    control_paths = [*control.routes(), Route("/{rest:path}", unknown_control, methods=_METHODS)]
    return Starlette(
        routes=[
            Route("/", welcome),
            Mount("/_local", routes=control_paths),
            Route("/{path:path}", gateway.forward, methods=_METHODS),
        ],
        middleware=own_callers_only("/_local"),
        lifespan=lifespan,
    )
