"""Answers that never come: a connection held open, and one closed without a word.

The server must let a connection be closed from inside: see `serve.ClosableProtocol`.
"""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

CLOSE = "kanal.close_connection"


class DroppedConnection(Response):
    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        scope["extensions"][CLOSE]()
        await _gone(receive)


class HeldConnection(Response):
    """Open and silent until the client goes away or the simulator stops."""

    def __init__(self, stopping: asyncio.Event) -> None:
        super().__init__()
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        gone = asyncio.ensure_future(_gone(receive))
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({gone, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not gone.done():
            scope["extensions"][CLOSE]()
        await gone


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
