"""The files of messages: what the tests of fetching and uploading share."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx

from kanal.aws.table import Table
from kanal.channels.cached import RecentChannels
from kanal.channels.credentials import Providers
from kanal.channels.model import Channel
from kanal.inbox.fetch import Fetching, fetch_jobs
from kanal.media.budgetstore import BudgetStore
from kanal.media.jobs import Job, job_of
from tests.integration.aws import boto
from tests.integration.world import PHONE, TIMEOUTS, World

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def file_arrives(
    world: World, content: bytes = PNG, kind: str = "image", timestamp: str | None = None, **announced: Any
) -> dict[str, Any]:
    """A customer sends a file; `process` has not run yet. What WhatsApp announces can be changed."""
    encoded = base64.b64encode(content).decode()
    told = world.control(
        "media", {"phone_number": PHONE, "mime_type": "image/png", "content_base64": encoded}
    )
    message: dict[str, Any] = {"type": kind, kind: {**told, **announced}}
    return world.customer_writes(**message, **({"timestamp": timestamp} if timestamp else {}))


class FetchLine:
    """The queue of files with its workers, one job at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._taken: dict[str, Mapping[str, Any]] = {}

    def take(self) -> list[Job]:
        """What the queue gives a worker. Whatever earlier workers left is visible again."""
        for record in self._taken.values():
            self._world.aws.show_again("media", record)
        records = self._world.aws.take("media", 1)
        self._taken = {record["messageId"]: record for record in records}
        return [job_of(record) for record in records]

    def fetch(self, jobs: list[Job], fetching: Fetching | None = None) -> list[str]:
        world = self._world
        left = fetch_jobs(fetching or new_fetching(world), world.media_queue, jobs)
        for job in jobs:
            if job.queue_id not in left and (record := self._taken.pop(job.queue_id, None)):
                world.aws.delete("media", record)
        return left

    def run(self, fetching: Fetching | None = None) -> list[str]:
        return self.fetch(self.take(), fetching)

    def run_to_end(self, most: int = 300) -> int:
        """Fresh workers, as long as there is something to fetch, at the times they ask for; how often."""
        for turn in range(most):
            if not self._taken and not self._world.aws.waiting("media"):
                return turn
            if self.run():
                self._world.clock.advance(seconds=asked_to_wait(self._world))
        raise AssertionError("the queue of files does not empty")


def asked_to_wait(world: World) -> int:
    """After how many seconds the queue was last asked to show a job again."""
    waits = [
        given["VisibilityTimeout"] for call, given in world.aws.calls if call.endswith("MessageVisibility")
    ]
    return int(waits[-1])


def new_fetching(world: World, http: httpx.Client | None = None) -> Fetching:
    """As in a fresh container."""
    dynamodb = next(made for made in world.aws.clients if made.meta.service_model.service_name == "dynamodb")
    return Fetching(
        recent_channels=RecentChannels(world.channels, world.clock, timedelta(0)),
        messages=world.messages,
        providers=Providers(http, world.secrets, TIMEOUTS) if http else world.providers,
        bucket=world.media_bucket,
        budgets=BudgetStore(Table(world.aws.channels, dynamodb), world.clock),
        bus=world.bus,
        clock=world.clock,
        new_token=world.tokens,
        remaining_seconds=lambda: 300.0,
        jitter=lambda: 1.0,
    )


@contextmanager
def fetching_over(world: World, transport: httpx.BaseTransport) -> Iterator[Fetching]:
    """A worker in a fresh container, with its own way to the provider."""
    way = world.provider_http
    with httpx.Client(
        base_url=way.base_url, timeout=way.timeout, transport=transport, trust_env=False
    ) as http:
        yield new_fetching(world, http)


def kept(world: World, key: str) -> bytes | None:
    """What lies in the bucket of files."""
    try:
        answer = boto("s3").get_object(Bucket=world.aws.media_bucket, Key=key)
    except boto("s3").exceptions.NoSuchKey:
        return None
    return bytes(answer["Body"].read())


def kept_of(world: World, channel: Channel, message_id: str) -> bytes | None:
    return kept(world, f"media/{channel.ref.workspace_id}/{channel.ref.channel_id}/{message_id}")


def reported(world: World) -> list[dict[str, Any]]:
    """The media of the `message.media` events since the last look."""
    return [
        event["detail"]["message"]["media"]
        for event in world.aws.events()
        if event["detail-type"] == "message.media"
    ]
