"""The local stack with thousands of messages waiting: put into the lines as accepting puts them, in bulk.

What is measured are the workers; accepting so many over HTTP would take longer than sending them.
"""

import os
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from kanal.aws.table import Item, Table
from kanal.ids import (
    ChannelId,
    ChannelRef,
    ContactId,
    MessageId,
    WorkspaceId,
    derived_token,
    outbound_message_id,
)
from kanal.messages.model import Address, Message
from kanal.messages.store import MessageStore
from kanal.messages.waiting import Lane, Place
from kanal.sending.lines import LINES, Lines, entry_of, line_of
from kanal.sending.queue import SendQueue
from local.stack import Stack, running_stack
from tests.e2e.launch import free_ports
from tests.e2e.world import Channel, World

_TICKS = os.sysconf("SC_CLK_TCK")
TEMPLATE = {"name": "hello_world", "language": {"code": "en_US"}}


class _Gathering(Table):
    """Keeps what would be put, to be written in bulk."""

    def __init__(self, table: str, client: Any) -> None:
        super().__init__(table, client)
        self.items: list[Item] = []

    def put(self, item: Item, **_: Any) -> None:
        self.items.append(item)


@dataclass(frozen=True)
class Loaded:
    """A local stack whose parts can be reached from below."""

    world: World
    stack: Stack

    def connect(self, messages_per_second: int) -> Channel:
        channel = self.world.connect()
        self.world.tell_simulator(
            "numbers", phone_number=channel.phone_number, messages_per_second=messages_per_second
        )
        answer = self.world.front.patch(channel.path, json={"messages_per_second": messages_per_second})
        answer.raise_for_status()
        return channel

    def fill(
        self, channel: Channel, count: int, *, contacts: int, in_a_row: int = 1, lane: Lane = "reply"
    ) -> None:
        """So many messages in a row to a contact, and to one contact after the other. Nobody is told yet."""
        ref = _ref(channel)
        table = _Gathering(self._physical("MessagesTable"), self.stack.aws.dynamodb)
        lines, messages, given_out = Lines(table), MessageStore(table), Counter[int]()
        for number in range(count):
            phone = f"49151{number // in_a_row % contacts:08}"
            contact_id = ContactId("con_" + derived_token(phone))
            line = line_of(contact_id)
            given_out[line] += 1
            message = _message(ref, number, phone, contact_id, Place(lane, line, given_out[line]))
            lines.enter(entry_of(message, contact_id, message.created_at))
            messages.add(message)
        table.items += [
            {"pk": f"lines#{ref.prefix}#{lane}#{line}", "sk": "counter", "given_out": last}
            for line, last in given_out.items()
        ]
        table.put_all(table.items)

    def start(self, channel: Channel, lane: Lane = "reply") -> None:
        queue = SendQueue(self._physical("SendQueue"), self.stack.aws.sqs)
        for line in range(LINES):
            queue.put_turn(_ref(channel), (lane, line))

    def sent(self, channel: Channel, count: int) -> list[Any] | None:
        """What the provider has taken, as soon as it is so many."""
        sent = channel.accepted_by_provider()
        return sent if len(sent) >= count else None

    def refused(self, channel: Channel) -> int:
        """What the provider refused as too fast."""
        numbers = self.world.simulator.get("/_control/numbers").json()
        found = next(number for number in numbers if number["phone_number"] == channel.phone_number)
        return int(found["refused_as_too_fast"])

    def messages(self, channel: Channel, count: int) -> list[Message]:
        """Those that `fill` made, as they are stored now, in their order."""
        ref, store = (
            _ref(channel),
            MessageStore(Table(self._physical("MessagesTable"), self.stack.aws.dynamodb)),
        )
        ids = [outbound_message_id(ref, str(number)) for number in range(count)]
        found: dict[MessageId, Message] = {}
        for at in range(0, count, 100):
            found |= store.get_all(ref, ids[at : at + 100])
        return [found[message_id] for message_id in ids]

    def waiting(self, channel: Channel) -> int:
        """How many stand in the channel's lines."""
        count = 0
        for lane in ("reply", "bulk"):
            for line in range(LINES):
                pages = self.stack.aws.dynamodb.get_paginator("query").paginate(
                    TableName=self._physical("MessagesTable"),
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": {"S": f"line#{_ref(channel).prefix}#{lane}#{line}"}},
                    Select="COUNT",
                )
                count += sum(page["Count"] for page in pages)
        return count

    def workers(self) -> dict[int, float]:
        """The processes of the send worker: pid -> seconds of processor used."""
        found = {}
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and self._is_worker(process):
                used = (process / "stat").read_text().rsplit(")", 1)[1].split()[11:13]
                found[int(process.name)] = sum(map(int, used)) / _TICKS
        return found

    def _is_worker(self, process: Path) -> bool:
        """Of this stack: its functions lie in its own folder."""
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            return (
                any(
                    entry.startswith(b"AWS_LAMBDA_FUNCTION_NAME=") and b"SendWorker" in entry
                    for entry in environment
                )
                and str(self.stack.run_folder).encode() in (process / "environ").read_bytes()
            )
        except OSError:
            return False

    def _physical(self, logical_id: str) -> str:
        return self.stack.deployment.physical[logical_id]


@contextmanager
def loaded_stack() -> Iterator[Loaded]:
    with running_stack(free_ports(), None, lambda _: nullcontext()) as stack:
        urls = stack.api_url, stack.simulator_url
        with (
            httpx.Client(base_url=urls[0], timeout=40, trust_env=False) as front,
            httpx.Client(base_url=urls[1], timeout=40, trust_env=False) as simulator,
        ):
            world = World(*urls, front, simulator, os.getpid())
            front.headers["Authorization"] = f"Bearer {world.token()}"
            world.tell_simulator("settings", auto_statuses=False)
            yield Loaded(world, stack)


def moments(sent: Sequence[Any]) -> list[float]:
    """When the provider took each message."""
    return [datetime.fromisoformat(message["accepted_at"]).timestamp() for message in sent]


def most_in_a_second(times: Sequence[float]) -> int:
    """The largest number in any sliding second, wherever it begins."""
    window: deque[float] = deque()
    most = 0
    for at in times:
        window.append(at)
        while window[0] <= at - 1:
            window.popleft()
        most = max(most, len(window))
    return most


def _ref(channel: Channel) -> ChannelRef:
    return ChannelRef(WorkspaceId("demo"), ChannelId(channel.id))


def _message(ref: ChannelRef, number: int, phone: str, contact_id: ContactId, place: Place) -> Message:
    return Message(
        id=outbound_message_id(ref, str(number)),
        ref=ref,
        contact_id=contact_id,
        direction="outbound",
        type="template",
        content=TEMPLATE,
        created_at=datetime.now(UTC),
        address=Address(phone),
        request_digest="",
        place=place,
    )
