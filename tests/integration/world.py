"""Kanal over the embedded emulator and a real simulator, with time under control.

The simulator delivers its webhooks to `receive` in this process; the queues move when a test says so.
"""

import asyncio
import itertools
import ssl
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import TypeAdapter

from kanal.aws.bus import Bus
from kanal.aws.outbox import Outbox
from kanal.aws.quick import Credentials, QuickAws
from kanal.aws.secret import Secrets
from kanal.aws.table import Table
from kanal.channels.cached import RecentChannels
from kanal.channels.connect import Connecting, connect_channel
from kanal.channels.credentials import Providers
from kanal.channels.facts import ChannelFacts
from kanal.channels.model import Channel
from kanal.channels.requests import ConnectChannel
from kanal.channels.store import ChannelStore
from kanal.contacts.store import ContactStore
from kanal.errors import KanalError, WebhookRefused
from kanal.ids import WorkspaceId, derived_token
from kanal.inbox.apply import Stores
from kanal.inbox.inflow import Inflow
from kanal.inbox.keeping import Bucket, DeadLetters, RawItems
from kanal.inbox.process import Inbox, process_body
from kanal.inbox.queued import read_delivery
from kanal.inbox.receive import Destination, Receiver
from kanal.media.bucket import MediaBucket
from kanal.media.jobs import MediaQueue
from kanal.media.uploads import UploadStore
from kanal.messages.gate import BroadcastGate
from kanal.messages.store import MessageStore
from kanal.messages.stream import Streams
from kanal.providers.dialog360 import Timeouts
from kanal.sending.accept import Accepting, accept_message
from kanal.sending.deliver import Sending
from kanal.sending.drain import Draining
from kanal.sending.due import DueList
from kanal.sending.effects import Affected
from kanal.sending.lineleases import LineLeases
from kanal.sending.lines import Lines
from kanal.sending.pacestore import PaceStore
from kanal.sending.pairstore import PairStore
from kanal.sending.placing import Places
from kanal.sending.queue import SendQueue, turn_of
from kanal.sending.release import Releasing, release_batch
from kanal.sending.releases import ReleaseQueue, release_of
from kanal.sending.requests import SendMessage
from kanal.sending.rounds import hand_out_due
from kanal.sending.turns import work_off
from kanal.sending.uploads import Uploading
from kanal.sending.waitingroom import WaitingRoom
from kanal.templates.apply import Updating
from kanal.templates.jobs import SyncJobs, SyncRequests
from kanal.templates.store import TemplateStore
from kanal.templates.sync import Syncing
from tests.integration.aws import Aws, StubbedPool

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WORKSPACE = WorkspaceId("acme")
PHONE = "+4930901820"
API_KEY = "key-of-the-test-number-0001"
CUSTOMER = "4915112345678"
BASE_URL = "https://kanal.example"
_TLS = ssl.create_default_context()
"""One for all clients: making it takes longer than most tests."""
_SEND = TypeAdapter[Any](SendMessage)


TIMEOUTS = Timeouts(quick=httpx.Timeout(0.5), long=httpx.Timeout(0.5), media=httpx.Timeout(0.5))
"""A test does not wait for a provider that does not answer."""


class TestClock:
    """Stands still until told; sleeping moves it."""

    __test__ = False

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        return self._now

    def restart(self) -> None:
        """Each test begins at START."""
        self._now = START

    def advance(self, **delta: float) -> None:
        self.sleep(timedelta(**delta).total_seconds())

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=seconds)


class SimulatorClock:
    """The same time for the simulator. Its own waits take none, so that statuses come at once."""

    def __init__(self, clock: TestClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock().timestamp()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class Tokens:
    """Predictable instead of random, and different each time."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    def __call__(self) -> str:
        return derived_token("test", str(next(self._numbers)))


class World:
    """Parts as in the deployment; see `kanal.composition` for the real composition."""

    def __init__(self, aws: Aws, simulator_url: str, clock: TestClock) -> None:
        self.aws = aws
        self.clock = clock
        self.tokens = Tokens()
        dynamodb, sqs = aws.client("dynamodb"), aws.client("sqs")
        self.channels = ChannelStore(Table(aws.channels, dynamodb))
        self.contacts = ContactStore(Table(aws.contacts, dynamodb), self.tokens)
        self.messages = MessageStore(Table(aws.messages, dynamodb))
        self.streams = Streams(Table(aws.messages, dynamodb))
        self.templates = TemplateStore(Table(aws.templates, dynamodb))
        self.sync_jobs = SyncJobs(Outbox(aws.queues["template-sync"], sqs))
        self.secrets = Secrets(aws.key_id, aws.client("kms"))
        self.provider_http = httpx.Client(base_url=simulator_url, timeout=0.5, trust_env=False, verify=_TLS)
        self.providers = Providers(self.provider_http, self.secrets, TIMEOUTS)
        self.bus = Bus(aws.bus, aws.client("events"))
        self.updating = Updating(self.templates, SyncRequests(self.sync_jobs, clock))
        self.affected = Affected(self.channels, self.contacts, self.updating)
        bucket = Bucket(aws.bucket, aws.client("s3"))
        self.media_bucket = MediaBucket(aws.media_bucket, aws.client("s3"))
        self.uploads = UploadStore(Table(aws.messages, dynamodb))
        self.media_queue = MediaQueue(aws.queues["media"], sqs)
        self.pace = PaceStore(Table(aws.channels, dynamodb), clock)
        told_of = RecentChannels(self.channels, clock, timedelta(0))
        self.releases = ReleaseQueue(aws.queues["release"], sqs)
        self.inbox = Inbox(
            channels=self.channels,
            recent_channels=told_of,
            stores=Stores(self.contacts, self.messages, self.media_queue, self.releases, self.affected),
            raw_items=RawItems(Table(aws.messages, dynamodb), bucket),
            dead_letters=DeadLetters(aws.queues["inbound-dead-letters"], sqs, bucket),
            channel_facts=ChannelFacts(Table(aws.channels, dynamodb)),
            updating=self.updating,
            inflow=Inflow(self.pace, told_of, clock),
            bus=self.bus,
        )
        self.bucket = bucket
        self.receiver = self.new_receiver()
        self.send_queue = SendQueue(aws.queues["send"], sqs)
        self.lines = Lines(Table(aws.messages, dynamodb))
        self.leases = LineLeases(Table(aws.messages, dynamodb), clock)
        self.due = DueList(Table(aws.messages, dynamodb))
        self.places = Places(
            self.contacts,
            self.messages,
            self.lines,
            self.send_queue,
            WaitingRoom(Table(aws.messages, dynamodb)),
            self.due,
            self.releases,
            clock,
        )
        self.accepting = Accepting(
            self.channels, self.templates, self.uploads, self.media_bucket, self.places
        )
        self.sending = self.new_sending()
        self.syncing = Syncing(
            self.channels, self.templates, self.providers, clock, self.send_queue.put_turns
        )
        self.simulator = httpx.Client(base_url=simulator_url, timeout=10, trust_env=False, verify=_TLS)

    def new_receiver(
        self, platform_secret_id: str | None = None, pool: StubbedPool | None = None
    ) -> Receiver:
        """As in a fresh container."""
        credentials = Credentials("test", "test", None, "eu-central-1")
        destination = Destination(
            self.aws.channels, self.aws.queues["inbound"], self.aws.bucket, platform_secret_id
        )
        return Receiver(QuickAws(credentials, self.clock, pool or StubbedPool()), destination, self.clock)

    def new_sending(self) -> Sending:
        """As in a fresh container."""
        return Sending(
            channels=self.channels,
            recent_channels=RecentChannels(self.channels, self.clock, timedelta(seconds=5)),
            contacts=self.contacts,
            messages=self.messages,
            providers=self.providers,
            uploading=self.new_uploading(self.providers),
            pace=self.new_pace(),
            pairs=PairStore(Table(self.aws.channels, self.aws.clients[0]), self.clock),
            gate=BroadcastGate(Table(self.aws.messages, self.aws.clients[0]), self.clock),
            affected=self.affected,
            places=self.places,
            bus=self.bus,
            clock=self.clock,
            new_token=self.tokens,
            sleep=self.clock.sleep,
            jitter=lambda: 1.0,
        )

    def new_pace(self) -> PaceStore:
        return PaceStore(Table(self.aws.channels, self.aws.clients[0]), self.clock)

    def new_uploading(self, providers: Providers) -> Uploading:
        return Uploading(self.uploads, self.media_bucket, providers, self.clock, lambda: 1.0)

    # --- what people do ---

    def connect(self, name: str = "Support", **fields: Any) -> Channel:
        parts = Connecting(self.channels, self.providers, self.secrets, self.tokens, self.clock, BASE_URL)
        request = ConnectChannel.model_validate({"name": name, "api_key": API_KEY, **fields})
        return connect_channel(parts, WORKSPACE, request, None)

    def send(self, channel: Channel, key: str, body: Mapping[str, Any]) -> Any:
        return accept_message(self.accepting, channel.ref, key, _SEND.validate_python(body))

    def send_text(self, channel: Channel, key: str, text: str = "Hello", to: str = f"+{CUSTOMER}") -> Any:
        return self.send(channel, key, {"to": to, "type": "text", "text": {"body": text}})

    def customer_writes(self, text: str = "Hi", sender: str = CUSTOMER, **message: Any) -> dict[str, Any]:
        """Through the simulator, which delivers the webhook to `receive`; `process` has not run yet."""
        content = {"type": "text", "text": {"body": text}, **message}
        inbound = {"phone_number": PHONE, "from": sender, "profile_name": "Mia", "message": content}
        answer: dict[str, Any] = self.control("inbound", inbound)
        return answer

    def control(self, call: str, body: Any) -> Any:
        answer = self.simulator.post(f"/_control/{call}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def accepted_by_provider(self) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self.simulator.get("/_control/sent").json()
        return answer

    # --- what the platform does ---

    def webhook(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status that the provider is told."""
        _, _, provider, webhook_id = path.split("/")
        try:
            self.receiver.receive(provider, webhook_id, headers, body)
        except WebhookRefused as refusal:
            return refusal.status
        except KanalError:
            return 503
        return 200

    def process_all(self) -> None:
        """Until nothing waits. A body that fails is shown again, as the queue does."""
        for _ in range(200):
            records = self.take_inbound()
            if not records:
                return
            for record in records:
                delivery = read_delivery(record, self.bucket)
                try:
                    process_body(self.inbox, delivery.ref, delivery.body, delivery.arrival)
                except BaseException:
                    self.aws.show_again("inbound", record)
                    raise
                self.aws.delete("inbound", record)
        raise AssertionError("the inbound queue does not empty")

    def take_inbound(self, count: int = 10) -> list[dict[str, Any]]:
        """Queued at the time of this world: the emulator's queue goes by the machine's clock."""
        records = self.aws.take("inbound", count)
        for record in records:
            record["attributes"]["SentTimestamp"] = str(int(self.clock().timestamp() * 1000))
        return records

    def draining(self, sending: Sending | None = None) -> Draining:
        """A worker with a minute to live and a half."""
        deadline = self.clock() + timedelta(seconds=90)
        return Draining(sending or self.sending, self.lines, self.leases, self.send_queue, deadline)

    def work(self) -> list[str]:
        """One batch of the send worker. What it leaves is hidden as it asked; gives the ids that are left."""
        records = self.aws.take("send")
        left = work_off(self.draining(), [turn_of(record) for record in records])
        for record in records:
            if record["messageId"] not in left:
                self.aws.delete("send", record)
        return left

    def release(self) -> None:
        """What is due by now, and whoever wrote: the schedule's round and the release queue, until nothing is
        left to do.
        """
        hand_out_due(self.due, self.releases, self.clock())
        parts = Releasing(self.places, self.bus)
        for _ in range(20):
            records = self.aws.take("release")
            try:
                left = release_batch(parts, [release_of(record) for record in records])
            except BaseException:
                for record in records:
                    self.aws.show_again("release", record)
                raise
            for record in records:
                if record["messageId"] not in left:
                    self.aws.delete("release", record)
            if len(left) == len(records):
                return

    def message(self, channel: Channel, message_id: Any) -> Any:
        found = self.messages.get(channel.ref, message_id)
        assert found is not None
        return found

    def status(self, wamid: str, status: str, at: datetime, **fields: Any) -> dict[str, Any]:
        """A webhook body in which WhatsApp reports on a message of ours."""
        report = {"id": wamid, "status": status, "timestamp": str(int(at.timestamp())), **fields}
        return webhook_body(statuses=[{"recipient_id": CUSTOMER, **report}])

    def deliver(self, body: Any) -> int:
        """The provider delivers any body to the number's webhook; the status it is told."""
        answer = self.control("webhook", {"phone_number": PHONE, "body": body})
        return int(answer["status_code"])


def webhook_body(**value: Any) -> dict[str, Any]:
    """The envelope of WhatsApp's `messages` webhook."""
    metadata = {"display_phone_number": PHONE.lstrip("+"), "phone_number_id": "100000000000001"}
    change = {
        "field": "messages",
        "value": {"messaging_product": "whatsapp", "metadata": metadata, **value},
    }
    return {"object": "whatsapp_business_account", "entry": [{"id": "200000000000001", "changes": [change]}]}
