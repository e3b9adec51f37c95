"""Channels and what they claim, in the channels table.

| pk | sk | holds |
|---|---|---|
| workspace#id | channel#id | the channel |
| workspace#id | name#key | which channel has the name |
| number#provider#phone number id | number | which channel has the number |
| webhook#webhook id | webhook | what `receive` needs to know |

All four are written at once. Until the channel is activated each carries `expires_at` (TTL, seconds): a
connection that died half-way vanishes by itself, and its claims can be taken over from that moment.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kanal.aws.table import ConditionFailed, Item, Key, Table, TransactionFailed, Write
from kanal.channels.model import Channel, State, name_key
from kanal.channels.records import from_item, to_item
from kanal.errors import ChannelNameTaken, Contended, NotFound, NumberAlreadyConnected
from kanal.ids import ChannelId, ChannelRef, WorkspaceId
from kanal.times import rfc3339

CONNECTING_FOR = timedelta(minutes=2)
_SHARDS = 8


class ChannelStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, ref: ChannelRef) -> Channel:
        """Raises NotFound, also for a channel that is not connected yet."""
        channel = self.find(ref)
        if channel is None or channel.state == "connecting":
            raise no_channel(ref)
        return channel

    def find(self, ref: ChannelRef) -> Channel | None:
        item = self._table.get(channel_key(ref))
        return from_item(ref.workspace_id, item) if item else None

    def page(
        self, workspace_id: WorkspaceId, after: str | None, limit: int
    ) -> tuple[Sequence[Channel], ChannelId | None]:
        """In order of id. `after` is the second value of the page before."""
        pk = _workspace(workspace_id)
        start = {"pk": pk, "sk": f"channel#{after}"} if after else None
        items, last = self._table.query(pk, prefix="channel#", after=start, limit=limit)
        channels = [from_item(workspace_id, item) for item in items]
        shown = [channel for channel in channels if channel.state != "connecting"]
        return shown, ChannelId(last["sk"].removeprefix("channel#")) if last else None

    def all_connected(self) -> Iterator[ChannelRef]:
        """Every connected channel of every workspace; for scheduled work only."""
        for shard in range(_SHARDS):
            for item in self._table.query_index("by_shard", "shard", str(shard)):
                workspace = WorkspaceId(item["pk"].removeprefix("workspace#"))
                yield ChannelRef(workspace, ChannelId(item["sk"].removeprefix("channel#")))

    def number_owner(self, provider: str, phone_number_id: str) -> ChannelRef | None:
        """The channel to which a number is connected, in whatever workspace."""
        item = self._table.get(_number_key(provider, phone_number_id))
        return ChannelRef.named_in(item) if item else None

    # --- connecting ---

    def reserve(self, channel: Channel, secret_digest: str, now: datetime) -> None:
        """Claims name and number and makes the webhook known, for CONNECTING_FOR.

        Raises ChannelNameTaken, NumberAlreadyConnected, Contended; nothing is written then.
        """
        expires_at = int((now + CONNECTING_FOR).timestamp())
        items = [*_claims(channel), {**_base(channel_key(channel.ref), channel), **to_item(channel)}]
        items.append({**_webhook_item(channel), "secret_digests": [secret_digest]})
        expiring = [{**item, "expires_at": expires_at} for item in items]
        puts = [self._table.put_request(item, condition=_FREE, values=_at(now)) for item in expiring]
        try:
            self._table.transact(*(("Put", put) for put in puts))
        except TransactionFailed as failure:
            raise _taken(channel, failure.failed) from failure

    def activate(self, channel: Channel) -> Channel:
        """From now on the channel is there for good. Raises Contended if the reservation was lost."""
        active = replace(channel, state="active")
        own = {":id": channel.ref.channel_id}
        keep = [
            self._table.update_request(key, "REMOVE expires_at", condition=_OWN, values=own)
            for key in _claim_keys(channel)
        ]
        # The webhook is in use by now: what it reported of the number stays.
        begin = self._table.update_request(
            channel_key(channel.ref),
            "SET #state = :active, #shard = :shard REMOVE expires_at",
            names={"#state": "state", "#shard": "shard"},
            values={**own, ":active": active.state, ":shard": _shard(channel.ref)},
            condition=_OWN,
        )
        try:
            self._table.transact(*(("Update", update) for update in [*keep, begin]))
        except TransactionFailed as failure:
            raise Contended("The reservation of the channel ended before it was connected.") from failure
        return active

    def release(self, channel: Channel) -> None:
        """Undoes `reserve`. Raises Contended."""
        self._transact_alone(self._deletes(channel, [*_claim_keys(channel), channel_key(channel.ref)]))

    def _deletes(self, channel: Channel, keys: Sequence[Key]) -> list[Write]:
        """Of what the channel still owns; what another has taken over since stays."""
        values = {":id": channel.ref.channel_id}
        condition = f"attribute_not_exists(pk) OR {_OWN}"
        return [
            ("Delete", self._table.delete_request(key, condition=condition, values=values)) for key in keys
        ]

    # --- afterwards ---

    def change(self, channel: Channel, changed: Channel, now: datetime) -> None:
        """Name, pace, burst and country, as far as they differ. Raises ChannelNameTaken, Contended."""
        fields = {
            name: getattr(changed, name) or ""
            for name in ("name", "messages_per_second", "contact_burst", "default_country")
            if getattr(changed, name) != getattr(channel, name)
        }
        update = self._table.update_request(
            channel_key(channel.ref),
            "SET " + ", ".join(f"#{name} = :{name}" for name in fields),
            names={"#state": "state", "#name": "name", **{f"#{name}": name for name in fields}},
            values={":gone": "disconnected", ":read": channel.name, **_named(fields)},
            condition=f"#state <> :gone AND {_AS_READ}",
        )
        writes: list[Write] = [("Update", update)]
        if name_key(changed.name) != name_key(channel.name):
            claim = self._table.put_request(_name_item(changed), condition=_FREE, values=_at(now))
            writes = [("Put", claim), ("Update", update), *self._deletes(channel, [_name_key(channel)])]
        try:
            self._table.transact(*writes)
        except TransactionFailed as failure:
            if 0 in failure.failed and len(writes) > 1:
                raise _name_taken(changed.name) from failure
            raise Contended("The channel was changed by somebody else; read it and try again.") from failure

    def set_state(self, ref: ChannelRef, state: State) -> bool:
        """For what the provider tells while sending. False if the channel is in that state, or
        disconnected.
        """
        try:
            self._table.update(
                channel_key(ref),
                "SET #state = :state",
                names={"#state": "state"},
                values={":state": state, ":gone": "disconnected"},
                condition="attribute_exists(pk) AND NOT #state IN (:state, :gone)",
            )
        except ConditionFailed:
            return False
        return True

    def pause_bulk(self, ref: ChannelRef, at: datetime, until: datetime) -> bool:
        """From `at` on. False if bulk is paused at that time already, or the channel is gone: many messages
        are refused at once, and are one reason to pause.
        """
        try:
            self._table.update(
                channel_key(ref),
                "SET bulk_paused_until = :until",
                names={"#state": "state"},
                values={":at": rfc3339(at), ":until": rfc3339(until), ":gone": "disconnected"},
                condition="attribute_exists(pk) AND #state <> :gone"
                " AND (attribute_not_exists(bulk_paused_until) OR bulk_paused_until < :at)",
            )
        except ConditionFailed:
            return False
        return True

    def switch(self, channel: Channel, state: State) -> bool:
        """From the state that was read to another; False if it has changed meanwhile."""
        try:
            self._table.update(
                channel_key(channel.ref),
                "SET #state = :state",
                names={"#state": "state"},
                values={":state": state, ":read": channel.state},
                condition="#state = :read",
            )
        except ConditionFailed:
            return False
        return True

    def disconnect(self, channel: Channel, webhook_cleared: bool) -> None:
        """Gives back name and number, forgets the webhook, destroys the API key. Idempotent.

        Raises Contended.
        """
        update = self._table.update_request(
            channel_key(channel.ref),
            "SET #state = :gone, webhook_cleared = :cleared REMOVE encrypted_api_key, #shard",
            names={"#state": "state", "#shard": "shard", "#name": "name"},
            values={
                ":gone": "disconnected",
                ":cleared": webhook_cleared,
                ":id": channel.ref.channel_id,
                ":read": channel.name,
            },
            condition=f"{_OWN} AND {_AS_READ}",
        )
        self._transact_alone([("Update", update), *self._deletes(channel, _claim_keys(channel))])

    def _transact_alone(self, writes: Sequence[Write]) -> None:
        try:
            self._table.transact(*writes)
        except TransactionFailed as failure:
            raise Contended("The channel is being changed by another request right now.") from failure


def no_channel(ref: ChannelRef) -> NotFound:
    return NotFound(f"There is no channel {ref.channel_id[:40]} in this workspace.")


_FREE = "attribute_not_exists(pk) OR expires_at < :now"
_OWN = "channel_id = :id"
_AS_READ = "#name = :read"
"""Nobody has renamed the channel since: its name is what is given back."""


def _named(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {f":{name}": value for name, value in fields.items()}


def _at(now: datetime) -> dict[str, int]:
    return {":now": int(now.timestamp())}


def _workspace(workspace_id: WorkspaceId) -> str:
    return f"workspace#{workspace_id}"


def channel_key(ref: ChannelRef) -> Key:
    return Key(_workspace(ref.workspace_id), f"channel#{ref.channel_id}")


def _name_key(channel: Channel) -> Key:
    return Key(_workspace(channel.ref.workspace_id), f"name#{name_key(channel.name)}")


def _number_key(provider: str, phone_number_id: str) -> Key:
    return Key(f"number#{provider}#{phone_number_id}", "number")


def _webhook_key(channel: Channel) -> Key:
    return Key(f"webhook#{channel.webhook_id}", "webhook")


def _claim_keys(channel: Channel) -> list[Key]:
    return [_name_key(channel), _number_key(channel.provider, channel.phone_number_id), _webhook_key(channel)]


def _base(key: Key, channel: Channel) -> Item:
    ref = channel.ref
    return {"pk": key.pk, "sk": key.sk, "workspace_id": ref.workspace_id, "channel_id": ref.channel_id}


def _name_item(channel: Channel) -> Item:
    return _base(_name_key(channel), channel)


def _claims(channel: Channel) -> list[Item]:
    return [_name_item(channel), _base(_number_key(channel.provider, channel.phone_number_id), channel)]


def _webhook_item(channel: Channel) -> Item:
    return {**_base(_webhook_key(channel), channel), "provider": channel.provider}


def _shard(ref: ChannelRef) -> str:
    """Spreads scheduled reading over partitions; the same for one channel always."""
    return str(sum(ref.channel_id.encode()) % _SHARDS)


def _taken(channel: Channel, failed: Sequence[int]) -> Exception:
    if 0 in failed:
        return _name_taken(channel.name)
    if 1 in failed:
        return NumberAlreadyConnected(
            f"The number {channel.phone_number} is already connected. A number has one webhook, so it can be"
            " connected once; disconnect it there first.",
        )
    return Contended("The channel is being connected by another request right now.")


def _name_taken(name: str) -> ChannelNameTaken:
    return ChannelNameTaken(
        f"Another channel of this workspace is named “{name}”. Names are unique, whatever their case."
    )
