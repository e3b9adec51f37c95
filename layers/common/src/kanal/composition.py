"""Puts the parts together, once per container and only those that a function asks for. Entry points only."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

import httpx

from kanal.aws.bus import Bus
from kanal.aws.clients import client
from kanal.aws.outbox import Outbox
from kanal.aws.queue import Queue
from kanal.aws.secret import Secrets
from kanal.aws.table import Table
from kanal.channels.cached import RecentChannels
from kanal.channels.connect import Connecting
from kanal.channels.credentials import Providers
from kanal.channels.facts import ChannelFacts
from kanal.channels.store import ChannelStore
from kanal.clock import utc_now
from kanal.contacts.desk import Desk
from kanal.contacts.store import ContactStore
from kanal.ids import new_token
from kanal.inbox.apply import Stores
from kanal.inbox.fetch import Fetching
from kanal.inbox.inflow import Inflow
from kanal.inbox.keeping import Bucket, DeadLetters, RawItems
from kanal.inbox.link import Linking
from kanal.inbox.process import Inbox
from kanal.media.announce import Announcing
from kanal.media.bucket import MediaBucket
from kanal.media.budgetstore import BudgetStore
from kanal.media.jobs import MediaQueue
from kanal.media.uploads import UploadStore
from kanal.messages.gate import BroadcastGate
from kanal.messages.store import MessageStore
from kanal.messages.stream import Streams
from kanal.providers.dialog360 import http_client
from kanal.sending.accept import Accepting
from kanal.sending.cancel import Cancelling
from kanal.sending.deliver import Sending
from kanal.sending.drain import Draining
from kanal.sending.due import DueList
from kanal.sending.effects import Affected
from kanal.sending.lineleases import LineLeases
from kanal.sending.lines import Lines
from kanal.sending.mark_read import MarkingRead
from kanal.sending.pacestore import PaceStore
from kanal.sending.pairstore import PairStore
from kanal.sending.placing import Places
from kanal.sending.queue import SendQueue
from kanal.sending.release import Releasing
from kanal.sending.releases import ReleaseQueue
from kanal.sending.uploads import Uploading
from kanal.sending.waitingroom import WaitingRoom
from kanal.settings import settings
from kanal.templates.apply import Updating
from kanal.templates.jobs import SyncJobs, SyncRequests
from kanal.templates.store import TemplateStore
from kanal.templates.sync import Syncing


@cache
def channels() -> ChannelStore:
    return ChannelStore(_table(settings().channels_table))


@cache
def contacts() -> ContactStore:
    return ContactStore(_table(settings().contacts_table), new_token)


@cache
def messages() -> MessageStore:
    return MessageStore(_table(settings().messages_table))


@cache
def templates() -> TemplateStore:
    return TemplateStore(_table(settings().templates_table))


@cache
def secrets() -> Secrets:
    return Secrets(settings().secrets_key_id, client("kms"))


@cache
def provider_http() -> httpx.Client:
    return http_client(settings().dialog360_base_url)


@cache
def providers() -> Providers:
    return Providers(provider_http(), secrets())


@cache
def lines() -> Lines:
    return Lines(_table(settings().messages_table))


@cache
def due_list() -> DueList:
    return DueList(_table(settings().messages_table))


@cache
def releases() -> ReleaseQueue:
    return ReleaseQueue(settings().release_queue_url, client("sqs"))


@cache
def places() -> Places:
    room = WaitingRoom(_table(settings().messages_table))
    return Places(contacts(), messages(), lines(), send_queue(), room, due_list(), releases(), utc_now)


@cache
def pace() -> PaceStore:
    return PaceStore(_table(settings().channels_table), utc_now)


@cache
def bus() -> Bus:
    return Bus(settings().bus_name, client("events"))


@cache
def desk() -> Desk:
    streams = Streams(_table(settings().messages_table))
    return Desk(channels(), contacts(), streams, bus(), utc_now)


@cache
def bucket() -> Bucket:
    return Bucket(settings().payloads_bucket, client("s3"))


@cache
def inbound_queue() -> Queue:
    return Queue(settings().inbound_queue_url, client("sqs"))


@cache
def inbound_outbox() -> Outbox:
    return Outbox(settings().inbound_queue_url, client("sqs"))


@cache
def send_queue() -> SendQueue:
    return SendQueue(settings().send_queue_url, client("sqs"))


@cache
def media_queue() -> MediaQueue:
    return MediaQueue(settings().media_queue_url, client("sqs"))


@cache
def media_bucket() -> MediaBucket:
    return MediaBucket(settings().media_bucket, client("s3"))


@cache
def uploads() -> UploadStore:
    return UploadStore(_table(settings().messages_table))


@cache
def announcing() -> Announcing:
    return Announcing(channels(), uploads(), media_bucket(), new_token, utc_now)


@cache
def linking() -> Linking:
    return Linking(messages(), media_bucket(), utc_now)


@cache
def budgets() -> BudgetStore:
    return BudgetStore(_table(settings().channels_table), utc_now)


@cache
def sync_jobs() -> SyncJobs:
    return SyncJobs(Outbox(settings().template_sync_queue_url, client("sqs")))


def connecting(webhook_base_url: str) -> Connecting:
    return Connecting(channels(), providers(), secrets(), new_token, utc_now, webhook_base_url)


@cache
def accepting() -> Accepting:
    return Accepting(channels(), templates(), uploads(), media_bucket(), places())


@cache
def cancelling() -> Cancelling:
    return Cancelling(channels(), places(), bus())


@cache
def releasing() -> Releasing:
    return Releasing(places(), bus())


@cache
def marking_read() -> MarkingRead:
    return MarkingRead(channels(), messages(), providers(), utc_now)


@cache
def syncing() -> Syncing:
    return Syncing(channels(), templates(), providers(), utc_now, send_queue().put_turns)


@cache
def updating() -> Updating:
    return Updating(templates(), SyncRequests(sync_jobs(), utc_now))


@cache
def affected() -> Affected:
    return Affected(channels(), contacts(), updating())


@cache
def inbox() -> Inbox:
    recent_channels = RecentChannels(channels(), utc_now, timedelta(minutes=1))
    return Inbox(
        channels=channels(),
        recent_channels=recent_channels,
        stores=Stores(contacts(), messages(), media_queue(), releases(), affected()),
        raw_items=RawItems(_table(settings().messages_table), bucket()),
        dead_letters=DeadLetters(settings().inbound_dead_letter_queue_url, client("sqs"), bucket()),
        channel_facts=ChannelFacts(_table(settings().channels_table)),
        updating=updating(),
        inflow=Inflow(pace(), recent_channels, utc_now),
        bus=bus(),
    )


def fetching(remaining_seconds: Callable[[], float]) -> Fetching:
    return Fetching(
        recent_channels=_channels_to_fetch_for(),
        messages=messages(),
        providers=providers(),
        bucket=media_bucket(),
        budgets=budgets(),
        bus=bus(),
        clock=utc_now,
        new_token=new_token,
        remaining_seconds=remaining_seconds,
    )


@cache
def _channels_to_fetch_for() -> RecentChannels:
    return RecentChannels(channels(), utc_now, timedelta(minutes=1))


@cache
def sending() -> Sending:
    return Sending(
        channels=channels(),
        recent_channels=RecentChannels(channels(), utc_now, timedelta(seconds=5)),
        contacts=contacts(),
        messages=messages(),
        providers=providers(),
        uploading=Uploading(uploads(), media_bucket(), providers(), utc_now),
        pace=pace(),
        pairs=PairStore(_table(settings().channels_table), utc_now),
        gate=BroadcastGate(_table(settings().messages_table), utc_now),
        affected=affected(),
        places=places(),
        bus=bus(),
        clock=utc_now,
        new_token=new_token,
        sleep=time.sleep,
    )


def draining(deadline: datetime) -> Draining:
    leases = LineLeases(_table(settings().messages_table), utc_now)
    return Draining(sending(), lines(), leases, send_queue(), deadline)


def _table(name: str) -> Table:
    return Table(name, client("dynamodb"))
