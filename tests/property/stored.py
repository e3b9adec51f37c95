"""The real stores over the embedded emulator: lets a conversation happen, and tells what is known then."""

import itertools
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import httpx

from kanal import rawjson
from kanal.aws.bus import Bus
from kanal.aws.outbox import Outbox
from kanal.aws.secret import Secrets
from kanal.aws.table import Table
from kanal.channels.cached import RecentChannels
from kanal.channels.credentials import Providers
from kanal.channels.facts import ChannelFacts
from kanal.channels.store import ChannelStore
from kanal.contacts.model import Sighting
from kanal.contacts.store import ContactStore
from kanal.contacts.view import as_json as contact_as_json
from kanal.ids import ChannelId, ChannelRef, ContactId, MessageId, WorkspaceId, new_token
from kanal.inbox.apply import Arrival, Stores
from kanal.inbox.inflow import Inflow
from kanal.inbox.keeping import Bucket, DeadLetters, RawItems
from kanal.inbox.process import Inbox, process_body
from kanal.media.bucket import MediaBucket
from kanal.media.jobs import MediaQueue
from kanal.media.uploads import UploadStore
from kanal.messages.gate import BroadcastGate
from kanal.messages.model import Address, Attempt, Message
from kanal.messages.model import as_json as message_as_json
from kanal.messages.store import MessageStore
from kanal.messages.waiting import Place
from kanal.sending.deliver import Sending, deliver
from kanal.sending.due import DueList
from kanal.sending.effects import Affected
from kanal.sending.lines import Entry, Lines
from kanal.sending.pacestore import PaceStore
from kanal.sending.pairstore import PairStore
from kanal.sending.placing import Places
from kanal.sending.queue import SendQueue
from kanal.sending.releases import ReleaseQueue
from kanal.sending.uploads import Uploading
from kanal.sending.waitingroom import WaitingRoom
from kanal.templates.apply import Updating
from kanal.templates.jobs import SyncJobs, SyncRequests
from kanal.templates.store import TemplateStore
from tests.integration.aws import Aws, boto
from tests.property.conversations import ANA, OUTBOUND, START, Happening, Outbound

_NOW = START + timedelta(hours=30)
"""In the middle of the windows."""

PLACE = Place("reply", 0, 1)


class SilentEvents:
    """Stands for the client of EventBridge: events are no state, and the emulator is slow at them."""

    def put_events(self, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803  # as boto3 calls it
        return {"FailedEntryCount": 0, "Entries": [{} for _ in Entries]}


class House:
    """Each `play` is another channel, so that all share one emulator."""

    def __init__(self, aws: Aws) -> None:
        self._dynamodb = boto("dynamodb")
        contacts, messages = Table(aws.contacts, self._dynamodb), Table(aws.messages, self._dynamodb)
        self._contacts, self._messages = ContactStore(contacts, new_token), MessageStore(messages)
        self._channels = ChannelStore(Table(aws.channels, self._dynamodb))
        self._tables = (aws.contacts, aws.messages)
        self._numbers = itertools.count()
        recent = RecentChannels(self._channels, lambda: _NOW, timedelta(days=1))
        events: Any = SilentEvents()
        bus, bucket = Bus(aws.bus, events), Bucket(aws.bucket, boto("s3"))
        releases = ReleaseQueue(aws.queues["release"], boto("sqs"))
        updating = Updating(
            TemplateStore(Table(aws.templates, self._dynamodb)),
            SyncRequests(SyncJobs(Outbox(aws.queues["template-sync"], boto("sqs"))), lambda: _NOW),
        )
        affected = Affected(self._channels, self._contacts, updating)
        media_queue = MediaQueue(aws.queues["media"], boto("sqs"))
        self._inbox = Inbox(
            channels=self._channels,
            recent_channels=recent,
            stores=Stores(self._contacts, self._messages, media_queue, releases, affected),
            raw_items=RawItems(messages, bucket),
            dead_letters=DeadLetters(aws.queues["inbound-dead-letters"], boto("sqs"), bucket),
            channel_facts=ChannelFacts(Table(aws.channels, self._dynamodb)),
            updating=updating,
            inflow=Inflow(PaceStore(Table(aws.channels, self._dynamodb), lambda: _NOW), recent, lambda: _NOW),
            bus=bus,
        )
        providers = Providers(httpx.Client(), Secrets(aws.key_id, boto("kms")))
        files = MediaBucket(aws.media_bucket, boto("s3"))
        self._sending = Sending(
            channels=self._channels,
            recent_channels=recent,
            contacts=self._contacts,
            messages=self._messages,
            providers=providers,
            uploading=Uploading(UploadStore(messages), files, providers, lambda: _NOW),
            pace=PaceStore(Table(aws.channels, self._dynamodb), lambda: _NOW),
            pairs=PairStore(Table(aws.channels, self._dynamodb), lambda: _NOW),
            gate=BroadcastGate(messages, lambda: _NOW),
            affected=affected,
            places=Places(
                self._contacts,
                self._messages,
                Lines(messages),
                SendQueue(aws.queues["send"], boto("sqs")),
                WaitingRoom(messages),
                DueList(messages),
                releases,
                lambda: _NOW,
            ),
            bus=bus,
            clock=lambda: START + timedelta(seconds=2),
            new_token=new_token,
            sleep=_never,
        )

    def play(self, happenings: Iterable[Happening]) -> dict[str, Any]:
        """What is known in the end. The sender always looks for early statuses at last."""
        ref = ChannelRef(WorkspaceId("acme"), ChannelId(f"chn_{next(self._numbers)}"))
        sent = {message: self._claimed(ref, message) for message in OUTBOUND}
        for what, subject, at in happenings:
            if what == "body":
                process_body(self._inbox, ref, rawjson.write(subject), Arrival(at, may_be_repeated=False))
            elif what == "recorded":
                self._record(sent[subject], subject)
            else:
                self._look_for_early_statuses(sent[subject])
        for message in sent.values():
            self._look_for_early_statuses(message)
        return self._known(ref)

    def _claimed(self, ref: ChannelRef, outbound: Outbound) -> Message:
        """A message to Ana whose bytes are on their way."""
        contact = self._contacts.sight(ref, Sighting("", wa_id=ANA.wa_id), START)
        message = Message(
            id=outbound.id,
            ref=ref,
            contact_id=contact.id,
            direction="outbound",
            type="text",
            content={"body": "Hello"},
            created_at=START,
            address=Address(ANA.wa_id),
            place=PLACE,
        )
        assert self._messages.add(message)
        attempt = Attempt("try", START, START + timedelta(seconds=30))
        self._messages.attempts.claim(ref, message.id, PLACE, attempt)
        return message

    def _record(self, message: Message, outbound: Outbound) -> None:
        self._messages.attempts.record_accepted(message, "try", outbound.wamid, START + timedelta(seconds=1))

    def _look_for_early_statuses(self, message: Message) -> None:
        """As when the queue shows a message again that was sent."""
        entry = Entry(message.ref, PLACE, message.id, message.contact_id, START)
        deliver(self._sending, entry, None, {}, _never)

    # --- what is known ---

    def _known(self, ref: ChannelRef) -> dict[str, Any]:
        """By names that do not change from play to play: contacts by their identities, messages by wamid."""
        contacts, messages = (self._items(table, ref) for table in self._tables)
        names: dict[str, list[str]] = {}
        for item in contacts:
            if item["sk"]["S"] == "identity":
                names.setdefault(self._person(ref, item["contact_id"]["S"]), []).append(_local(item, ref))
        people = {contact: " ".join(sorted(identities)) for contact, identities in names.items()}
        return {
            "contacts": [
                self._contact(ref, contact, people) for contact in sorted(people, key=people.__getitem__)
            ],
            "messages": sorted(
                (
                    self._message(ref, item["id"]["S"], people)
                    for item in messages
                    if item["sk"]["S"] == "message" and "id" in item
                ),
                key=lambda message: (str(message["wamid"]), str(message["raw"])),
            ),
            "early": sorted(
                name
                for item in messages
                if item["sk"]["S"] == "message" and "id" not in item
                for name in item
                if name.startswith("version_")
            ),
            "raw": sorted(_local(item, ref) for item in messages if item["sk"]["S"] == "raw"),
            "wamids": sorted(
                (_local(item, ref), "message_id" in item) for item in messages if item["sk"]["S"] == "wamid"
            ),
        }

    def _items(self, table: str, ref: ChannelRef) -> list[dict[str, Any]]:
        answer = self._dynamodb.scan(
            TableName=table,
            FilterExpression="begins_with(pk, :prefix)",
            ExpressionAttributeValues={":prefix": {"S": f"{ref.prefix}#"}},
        )
        items: list[dict[str, Any]] = answer["Items"]
        return items

    def _person(self, ref: ChannelRef, contact_id: str) -> str:
        """The contact as a whole, whatever part of it the id names."""
        contact = self._contacts.get(ref, ContactId(contact_id))
        assert contact is not None
        return contact.id

    def _contact(self, ref: ChannelRef, contact_id: str, people: dict[str, str]) -> dict[str, Any]:
        """Without what tells how it was found: when it was made, and of what parts."""
        contact = self._contacts.get(ref, ContactId(contact_id))
        assert contact is not None
        shown = {**contact_as_json(contact, _NOW), "id": people[contact_id], "channel_id": ""}
        found = {"created_at": None, "merged": None}
        return {**shown, **found, "closed_at": contact.window.closed_at}

    def _message(self, ref: ChannelRef, message_id: str, people: dict[str, str]) -> dict[str, Any]:
        message = self._messages.get(ref, MessageId(message_id))
        assert message is not None
        shown = {
            **message_as_json(message),
            "contact_id": people[self._person(ref, message.contact_id)],
            "channel_id": "",
        }
        own_id = message.id if message.origin == "api" else ""
        return {
            **shown,
            "id": own_id,
            "stream_at": message.stream_at.partition("#")[0],
            "stage": message.stage,
            "facts": dict(message.facts),
            "raw": _without_status(message.raw),
        }


def _without_status(raw: Any) -> Any:
    """Of accounts of one message that say equally much the first is kept; what state history had reached by
    then is a fact of the message.
    """
    return {key: part for key, part in raw.items() if key != "history_context"} if raw else raw


def _local(item: dict[str, Any], ref: ChannelRef) -> str:
    return str(item["pk"]["S"]).removeprefix(f"{ref.prefix}#")


def _never(*_: Any) -> Any:
    raise AssertionError("nothing is sent here")
