"""Delivery of webhooks: five seconds for an answer, only 200 counts, and again until it does."""

import asyncio
import json
import logging
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import httpx

from local.simulator.background import Background
from local.simulator.faults import Fault, Faults
from local.simulator.numbers import Number

log = logging.getLogger(__name__)

# 360dialog repeats with growing pauses for a day or a week. Here the last attempt comes after some six
# minutes: long enough to restart the receiver, short enough to be watched.
RETRY_DELAYS_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 60.0, 60.0, 60.0, 60.0)
TIMEOUT_SECONDS = 5.0
# Towards one number's receiver. The five seconds count from the sending, not from waiting for a turn.
MOST_AT_ONCE = 64


@dataclass(frozen=True)
class Attempt:
    """status_code is None when nothing came back."""

    status_code: int | None

    @property
    def delivered(self) -> bool:
        return self.status_code == 200


NOTHING = Attempt(None)


class Webhooks:
    def __init__(
        self,
        background: Background,
        faults: Faults,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._background = background
        self._faults = faults
        self._timeout_seconds = timeout_seconds
        # Loopback traffic: a proxy of the environment has no business in between.
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=timeout_seconds,
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=MOST_AT_ONCE),
        )
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(MOST_AT_ONCE)
        )

    async def deliver(self, number: Number, body: dict[str, Any]) -> Attempt:
        """The outcome of the first attempt; the further ones go on in the background."""
        if not number.webhook_url:
            return NOTHING
        content = json.dumps(body, ensure_ascii=False).encode()
        attempt = await self.attempt(number, content)
        if not attempt.delivered:
            self._background.spawn(self._retry(number, content))
        return attempt

    async def attempt(self, number: Number, content: bytes) -> Attempt:
        """Once, with the address and headers registered now."""
        async with self._turns[number.digits]:
            fault = self._faults.take("webhook_delivery", number)
            if fault is None:
                return await self._post(number, content)
            return await self._fail(fault, number, content)

    async def close(self) -> None:
        await self._client.aclose()

    async def _retry(self, number: Number, content: bytes) -> None:
        for delay in RETRY_DELAYS_SECONDS:
            await self._background.pause(delay)
            if (await self.attempt(number, content)).delivered:
                return
            if self._background.stopping.is_set():
                return
        log.warning("a webhook of +%s was never answered with 200", number.digits)

    async def _post(self, number: Number, content: bytes) -> Attempt:
        headers = {"content-type": "application/json", **number.webhook_headers}
        try:
            async with asyncio.timeout(self._timeout_seconds):
                answer = await self._client.post(number.webhook_url, content=content, headers=headers)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            log.info("a webhook of +%s got no answer: %s", number.digits, type(error).__name__)
            return NOTHING
        return Attempt(answer.status_code)

    async def _fail(self, fault: Fault, number: Number, content: bytes) -> Attempt:
        """What the sender believes; with the kinds that accept, the receiver got the webhook all the same."""
        match fault.kind:
            case "status":
                return Attempt(fault.status)
            case "delay":
                await self._background.pause(fault.delay_ms / 1000)
                return await self._post(number, content)
            case "timeout_after":
                await self._post(number, content)
            case "drop" if fault.accepted:
                await self._post(number, content)
        return NOTHING
