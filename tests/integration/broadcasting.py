"""Broadcasts run by hand: the queue's steps are taken when a test says so, whatever delay they asked for."""

from collections.abc import Mapping
from typing import Any

from kanal.aws.table import Table
from kanal.broadcasts.counting import Counting
from kanal.broadcasts.cutting import Cutting
from kanal.broadcasts.feeding import Feeding
from kanal.broadcasts.files import BroadcastFiles
from kanal.broadcasts.handover import HandingOver
from kanal.broadcasts.importing import Importing
from kanal.broadcasts.jobs import BroadcastQueue, job_of
from kanal.broadcasts.listing import Listing, get_broadcast, link_to_failures, list_recipients
from kanal.broadcasts.making import Making, make_broadcast
from kanal.broadcasts.model import Broadcast, Order
from kanal.broadcasts.ordering import Ordering, obey_caller
from kanal.broadcasts.requests import CreateBroadcast
from kanal.broadcasts.rows import Rows
from kanal.broadcasts.steps import Stepping, take_steps
from kanal.broadcasts.store import BroadcastStore
from kanal.channels.model import Channel
from kanal.templates.sync import sync_templates
from tests.integration.aws import boto
from tests.integration.outbound import ready
from tests.integration.world import PHONE, World

TEMPLATES: list[dict[str, Any]] = [
    {
        "name": "summer",
        "language": "en",
        "category": "MARKETING",
        "components": [{"type": "BODY", "text": "Hi {{1}}, use {{2}} now."}],
    },
    {
        "name": "greeting",
        "language": "en",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Hi."}],
    },
]
COMPONENTS = [
    {
        "type": "body",
        "parameters": [
            {"type": "text", "text": {"column": "name"}},
            {"type": "text", "text": {"column": "code"}},
        ],
    }
]
SUMMER = {"name": "summer", "language": {"code": "en"}, "components": COMPONENTS}
GREETING = {"name": "greeting", "language": {"code": "en"}}


class Studio:
    """A channel with templates, and everything that broadcasts need."""

    def __init__(self, world: World, channel: Channel | None = None) -> None:
        self.world = world
        self.channel = channel or with_templates(world)
        aws, clock = world.aws, world.clock
        dynamodb = aws.client("dynamodb")
        self.broadcasts = BroadcastStore(Table(aws.messages, dynamodb))
        self.rows = Rows(Table(aws.messages, dynamodb))
        self.files = BroadcastFiles(aws.media_bucket, aws.client("s3"))
        self.queue = BroadcastQueue(aws.queues["broadcast"], aws.client("sqs"))
        self._taken: list[dict[str, Any]] = []
        self.ordering = Ordering(world.channels, self.broadcasts, self.queue, world.bus, clock)

    @property
    def making(self) -> Making:
        world = self.world
        return Making(
            world.channels,
            world.templates,
            world.uploads,
            world.media_bucket,
            self.broadcasts,
            self.files,
            self.queue,
            world.clock,
        )

    @property
    def listing(self) -> Listing:
        world = self.world
        return Listing(
            world.channels, self.broadcasts, self.rows, world.messages, self.files, self.queue, world.clock
        )

    @property
    def stepping(self) -> Stepping:
        """As in a fresh container."""
        world = self.world
        cutting = Cutting(self.broadcasts, self.files, self.queue, world.bus, world.clock)
        return Stepping(
            broadcasts=self.broadcasts,
            queue=self.queue,
            importing=Importing(cutting, self.rows, world.channels, world.contacts, world.templates),
            ordering=self.ordering,
            counting=Counting(
                self.broadcasts, self.rows, world.messages, self.files, self.queue, world.clock
            ),
            feeding=Feeding(
                self.ordering,
                HandingOver(self.rows, world.contacts, world.messages, world.lines, world.clock),
                world.templates,
                world.send_queue,
                world.tokens,
            ),
        )

    # --- what people do ---

    def make(self, key: str = "key", **request: Any) -> dict[str, Any]:
        body = {"name": "Summer", "template": SUMMER, **request}
        return make_broadcast(self.making, self.channel.ref, key, CreateBroadcast.model_validate(body))

    def upload(self, broadcast: Mapping[str, Any], text: str | bytes) -> None:
        """As the form allows it."""
        key = broadcast["upload"]["fields"]["key"]
        body = text if isinstance(text, bytes) else text.encode()
        boto("s3").put_object(Bucket=self.world.aws.media_bucket, Key=key, Body=body, ContentType="text/csv")

    def import_file(self, text: str | bytes, key: str = "key", **request: Any) -> Broadcast:
        """Made, uploaded and imported."""
        made = self.make(key, **request)
        self.upload(made, text)
        self.run()
        return self.found(made["id"])

    def order(self, broadcast_id: str, order: Order) -> dict[str, Any]:
        return obey_caller(self.ordering, self.channel.ref, broadcast_id, order)

    def found(self, broadcast_id: str) -> Broadcast:
        return self.broadcasts.existing(self.channel.ref, broadcast_id)

    def recipients(self, broadcast_id: str, state: str | None = None) -> list[dict[str, Any]]:
        return list_recipients(self.listing, self.channel.ref, broadcast_id, state, None, 100)[0]

    def shown(self, broadcast_id: str) -> dict[str, Any]:
        return get_broadcast(self.listing, self.channel.ref, broadcast_id)

    def failures(self, broadcast_id: str) -> str:
        """What the link leads to."""
        assert link_to_failures(self.listing, self.channel.ref, broadcast_id)["url"]
        ref = self.channel.ref
        key = f"broadcasts/{ref.workspace_id}/{ref.channel_id}/{broadcast_id}/failures.csv"
        answer = boto("s3").get_object(Bucket=self.world.aws.media_bucket, Key=key)
        text: str = answer["Body"].read().decode()
        return text

    # --- what the workers do ---

    def step(self) -> bool:
        """One step, if there is any."""
        records = self._taken = self.world.aws.take("broadcast", 1)
        left = self.handle(records)
        for record in records:
            if record["messageId"] in left:
                self.world.aws.show_again("broadcast", record)
            else:
                self.world.aws.delete("broadcast", record)
        return bool(records)

    def show_again(self) -> None:
        """What a worker that died had taken."""
        for record in self._taken:
            self.world.aws.show_again("broadcast", record)

    def handle(self, records: list[dict[str, Any]]) -> list[str]:
        return take_steps(self.stepping, [job_of(record) for record in records])

    def run(self, most: int = 200) -> None:
        """Until there is nothing to do; a second passes with each step."""
        for _ in range(most):
            if not self.step():
                return
            self.world.clock.sleep(1)
        raise AssertionError("the queue of broadcasts does not empty")


def with_templates(world: World) -> Channel:
    world.control("numbers", {"phone_number": PHONE, "templates": TEMPLATES})
    channel = ready(world)
    sync_templates(world.syncing, channel.ref)
    return channel
