"""The simulator put together, and the few things that both its faces (provider, control) do."""

import base64
import json
from typing import Any, Literal

import httpx

from local.simulator.background import Background
from local.simulator.chance import Chance
from local.simulator.clock import Clock
from local.simulator.envelopes import inbound_webhook, status_webhook, template_status_webhook
from local.simulator.faults import Faults
from local.simulator.inbound import note_messages
from local.simulator.limits import Traffic
from local.simulator.media import ErrorThrottle, File, remember
from local.simulator.messaging import accept
from local.simulator.numbers import Customer, Number, SentMessage, State
from local.simulator.store import Store
from local.simulator.templates import Template
from local.simulator.webhooks import TIMEOUT_SECONDS, Attempt, Webhooks

DRAIN_SECONDS = TIMEOUT_SECONDS + 1


class Simulator:
    def __init__(
        self,
        *,
        clock: Clock,
        chance: Chance,
        store: Store | None = None,
        webhook_transport: httpx.AsyncBaseTransport | None = None,
        webhook_timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.clock = clock
        self.chance = chance
        self.faults = Faults(chance)
        self.background = Background(clock)
        self.webhooks = Webhooks(
            self.background,
            self.faults,
            transport=webhook_transport,
            timeout_seconds=webhook_timeout_seconds,
        )
        self.state = store.load() if store else State()
        self._store = store
        self._traffic: dict[str, Traffic] = {}
        self._throttles: dict[str, ErrorThrottle] = {}

    def accept(self, number: Number, body: dict[str, Any]) -> SentMessage:
        message = accept(
            number,
            body,
            traffic=self._traffic_of(number),
            settings=self.state.settings,
            chance=self.chance,
            now=self.clock.now(),
        )
        self.changed()
        self.background.spawn(self._report(number, message))
        return message

    async def receive(
        self, number: Number, customer: Customer, message: dict[str, Any]
    ) -> tuple[str, Attempt]:
        """A customer writes: the wamid, and how the first delivery of the webhook went."""
        wamid = self.chance.inbound_wamid(customer.address)
        webhook = inbound_webhook(number, customer, message, wamid=wamid, now=self.clock.now())
        self.note(number, webhook)
        attempt = await self.webhooks.deliver(number, webhook)
        return str(message.get("id", wamid)), attempt

    async def deliver_as_is(self, number: Number, body: Any) -> Attempt:
        """Any body, once. A string goes out as it stands, so that also what is not JSON can be tried."""
        self.note(number, body)
        content = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
        return await self.webhooks.attempt(number, content)

    def review_pending(self, number: Number) -> None:
        """With auto_review, the reviewer approves a moment later whatever waits."""
        if self.state.settings.auto_review:
            for template in number.templates:
                if template.status == "PENDING":
                    self.background.spawn(self._approve(number, template))

    async def announce_review(self, number: Number, template: Template) -> Attempt:
        return await self.webhooks.deliver(
            number, template_status_webhook(number, template, self.clock.now())
        )

    def keep_file(
        self,
        number: Number,
        source: Literal["inbound", "upload"],
        mime_type: str,
        content: bytes,
        filename: str | None = None,
    ) -> File:
        text = base64.b64encode(content).decode()
        file = File(self.chance.digits(16), source, mime_type, text, self.clock.now(), filename)
        remember(number.files, file)
        self.changed()
        return file

    def note(self, number: Number, webhook: Any) -> None:
        for _ in range(note_messages(number, webhook)):
            self._traffic_of(number).count(self.clock.now())
        self.changed()

    def changed(self) -> None:
        if self._store:
            self._store.changed(self.state)

    async def reset(self) -> None:
        await self.background.cancel()
        self.faults.clear()
        self._traffic.clear()
        self._throttles.clear()
        self.state = State()
        self.changed()

    async def stop(self) -> None:
        await self.background.drain(DRAIN_SECONDS)
        await self.webhooks.close()
        if self._store:
            self._store.save(self.state)

    async def _approve(self, number: Number, template: Template) -> None:
        await self.background.pause(self.state.settings.status_delay_ms / 1000)
        template.review("APPROVED", None, None)
        self.changed()
        await self.announce_review(number, template)

    async def _report(self, number: Number, message: SentMessage) -> None:
        for status in self.state.settings.statuses:
            if status not in message.statuses:
                continue
            await self.background.pause(self.state.settings.status_delay_ms / 1000)
            webhook = status_webhook(number, message, status, self.clock.now())
            await self.webhooks.deliver(number, webhook)

    def throttle_of(self, number: Number) -> ErrorThrottle:
        return self._throttles.setdefault(number.digits, ErrorThrottle())

    def refused_as_too_fast(self, number: Number) -> int:
        """How many messages, since the start."""
        return self._traffic_of(number).refused

    def _traffic_of(self, number: Number) -> Traffic:
        return self._traffic.setdefault(number.digits, Traffic())
