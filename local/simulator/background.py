"""Work that goes on after an answer was given, and its orderly end."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from local.simulator.clock import Clock

log = logging.getLogger(__name__)


class Background:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self.stopping = asyncio.Event()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def pause(self, seconds: float) -> None:
        """Sleeps; ends at once when the simulator stops, so that waiting work can still be done."""
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        stopping = asyncio.ensure_future(self.stopping.wait())
        _, pending = await asyncio.wait({sleeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()

    async def drain(self, seconds: float) -> None:
        """Waits until nothing is left to do; what takes longer is given up, and said so."""
        self.stopping.set()
        deadline = time.monotonic() + seconds
        while self._tasks and time.monotonic() < deadline:
            await asyncio.wait(self._tasks, timeout=deadline - time.monotonic())
        if self._tasks:
            log.warning("%d pieces of work given up at shutdown", len(self._tasks))
            await self.cancel()

    async def cancel(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("work after an answer failed", exc_info=task.exception())
