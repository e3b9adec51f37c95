"""The send queue and its workers, run by hand: what a worker leaves comes again when the test says so."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from kanal.channels.credentials import Providers
from kanal.channels.model import Channel
from kanal.sending.deliver import Sending
from kanal.sending.queue import Turn, turn_of
from kanal.sending.turns import work_off
from kanal.times import epoch_microseconds
from tests.integration.aws import boto
from tests.integration.inbound import stored
from tests.integration.world import CUSTOMER, TIMEOUTS, World


class SendLine:
    """The SendQueue with its workers, one batch of turns at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._taken: dict[str, Mapping[str, Any]] = {}
        self.deadline_seconds = 90.0

    def take(self, count: int = 10) -> list[Turn]:
        """What the queue gives a worker by now. Whatever earlier workers left is visible again."""
        self._show_again(self._taken.values())
        records = {record["messageId"]: record for record in self._world.aws.take("send", 10)}
        now = epoch_microseconds(self._world.clock())
        turns = [turn_of(record) for record in records.values()]
        due = [turn for turn in turns if turn.at is None or turn.at <= now][:count]
        self._taken = {turn.queue_id: records.pop(turn.queue_id) for turn in due}
        self._show_again(records.values())
        return due

    def _show_again(self, records: Iterable[Mapping[str, Any]]) -> None:
        for record in records:
            self._world.aws.show_again("send", record)

    def deliver(self, turns: list[Turn], sending: Sending | None = None) -> list[str]:
        """A worker handles what it was given; the messages that still wait in lines."""
        world = self._world
        parts = replace(
            world.draining(sending or world.new_sending()),
            deadline=world.clock() + timedelta(seconds=self.deadline_seconds),
        )
        left = work_off(parts, turns)
        for turn in turns:
            if turn.queue_id not in left and (record := self._taken.pop(turn.queue_id, None)):
                world.aws.delete("send", record)
        return waiting_in_lines(world)

    def run(self, sending: Sending | None = None, count: int = 10) -> list[str]:
        return self.deliver(self.take(count), sending)

    def run_to_end(self) -> None:
        """Fresh workers, as long as there is something to send; time passes as they ask for it."""
        for _ in range(90):
            if not self._taken and not self._world.aws.waiting("send"):
                assert waiting_in_lines(self._world) == [], "messages wait and nobody has their turn"
                return
            self.deliver(self.take())
            if self._taken or not self.take():
                self._world.clock.advance(seconds=max(1, asked_to_wait(self._world)))
        raise AssertionError("the send queue does not empty")


def waiting_in_lines(world: World) -> list[str]:
    """The ids of the messages that stand in any line."""
    return [item["message_id"] for item in stored(world.aws.messages) if item["pk"].startswith("line#")]


def free_lines(world: World, channel: Channel) -> None:
    """As if the lease of its lines had ended."""
    key = {"pk": {"S": f"lines#{channel.ref.prefix}"}, "sk": {"S": "lease"}}
    boto("dynamodb").delete_item(TableName=world.aws.messages, Key=key)


def asked_to_wait(world: World) -> int:
    """After how many seconds a queue was last asked to show something."""
    for call, given in reversed(world.aws.calls):
        if call == "sqs.ChangeMessageVisibility":
            return int(given["VisibilityTimeout"])
        if call == "sqs.SendMessage" and given.get("DelaySeconds") is not None:
            return int(given["DelaySeconds"])
    raise AssertionError("nobody asked for time")


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
