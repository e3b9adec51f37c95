"""The send queue and its workers, run by hand: what a worker leaves comes again when the test says so."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from kanal.aws.table import Table
from kanal.channels.credentials import Providers
from kanal.channels.model import Channel
from kanal.sending.batch import Batch, deliver_batch
from kanal.sending.deliver import Sending
from kanal.sending.pacestore import PaceStore
from kanal.sending.queue import Job, job_of
from tests.integration.world import CUSTOMER, TIMEOUTS, World


class SendLine:
    """One SendQueue with its workers, one batch at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._taken: dict[str, Mapping[str, Any]] = {}
        self.deadline_seconds = 60.0

    def take(self, count: int = 10) -> list[Job]:
        """What the queue gives a worker. Whatever earlier workers left is visible again."""
        for record in self._taken.values():
            self._world.aws.show_again("send", record)
        records = self._world.aws.take("send", count)
        self._taken = {record["messageId"]: record for record in records}
        return [job_of(record) for record in records]

    def deliver(
        self, jobs: list[Job], sending: Sending | None = None, pace: PaceStore | None = None
    ) -> list[str]:
        """A worker handles what it was given; the ids it leaves to come again."""
        world = self._world
        deadline = world.clock() + timedelta(seconds=self.deadline_seconds)
        parts = sending or world.new_sending(), pace or new_pace(world)
        batch = Batch(*parts, world.send_queue, deadline)
        left = deliver_batch(batch, jobs)
        for job in jobs:
            if job.queue_id not in left and (record := self._taken.pop(job.queue_id, None)):
                world.aws.delete("send", record)
        return left

    def run(self, sending: Sending | None = None, count: int = 10) -> list[str]:
        return self.deliver(self.take(count), sending)

    def run_to_end(self) -> None:
        """Fresh workers, as long as there is something to send; time passes as they ask for it."""
        for _ in range(60):
            if not self._taken and not self._world.aws.waiting("send"):
                return
            if self.run():
                self._world.clock.advance(seconds=asked_to_wait(self._world))
        raise AssertionError("the send queue does not empty")


def new_pace(world: World) -> PaceStore:
    """As in a fresh container."""
    dynamodb = next(
        client for client in world.aws.clients if client.meta.service_model.service_name == "dynamodb"
    )
    return PaceStore(Table(world.aws.channels, dynamodb), world.clock)


def asked_to_wait(world: World) -> int:
    """After how many seconds the queue was last asked to show a message again."""
    waits = [
        given["VisibilityTimeout"] for call, given in world.aws.calls if call == "sqs.ChangeMessageVisibility"
    ]
    return int(waits[-1])


class Watched(httpx.HTTPTransport):
    """The network to the provider, with something that happens before and after each call."""

    def __init__(
        self,
        *,
        before: Callable[[], None] = lambda: None,
        after: Callable[[], None] = lambda: None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self._before = before
        self._after = after
        self._headers = headers or {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._before()
        try:
            answer = super().handle_request(request)
        finally:
            self._after()
        answer.headers.update(self._headers)
        return answer


@contextmanager
def sending_over(
    world: World, transport: httpx.BaseTransport, base_url: str | None = None
) -> Iterator[Sending]:
    """A worker in a fresh container, with its own way to the provider."""
    way = world.provider_http
    with httpx.Client(
        base_url=base_url or way.base_url, timeout=way.timeout, transport=transport, trust_env=False
    ) as http:
        providers = Providers(http, world.secrets, TIMEOUTS)
        yield replace(world.new_sending(), providers=providers, uploading=world.new_uploading(providers))


def ready(world: World, **fields: Any) -> Channel:
    """A channel to which the customer has just written; nothing on the bus."""
    world.control("settings", {"pair_rate": False})
    channel = world.connect(**fields)
    write_in(world)
    return channel


def write_in(world: World, sender: str = CUSTOMER) -> None:
    world.customer_writes(sender=sender)
    world.process_all()
    world.aws.events()


def fail(world: World, kind: str = "status", times: int = 1, **fault: Any) -> None:
    """The provider's next answers to a send."""
    world.control("faults", {"on": "messages", "kind": kind, "times": times, **fault})


def refusal(code: int, details: str = "Details of WhatsApp.") -> dict[str, Any]:
    """WhatsApp's error body."""
    return {
        "error": {
            "message": f"(#{code}) Title of WhatsApp",
            "type": "OAuthException",
            "code": code,
            "error_data": {"messaging_product": "whatsapp", "details": details},
            "fbtrace_id": "Atrace",
        }
    }


def reported(world: World) -> list[tuple[str, str]]:
    """The status events since the last look: message id and status."""
    return [
        (event["detail"]["message"]["id"], event["detail"]["status"])
        for event in world.aws.events()
        if event["detail-type"] == "message.status"
    ]


def taken_by_provider(world: World, customer: str = CUSTOMER) -> list[dict[str, Any]]:
    """What the provider accepted for that customer, in its order."""
    return [sent for sent in world.accepted_by_provider() if sent["to"] == customer]
