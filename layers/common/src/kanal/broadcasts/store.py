"""Broadcasts in the messages table.

| pk | sk | holds |
|---|---|---|
| broadcast#workspace#channel | time#broadcast id | an entry of the channel's list of broadcasts |
| broadcast#workspace#channel#broadcast id | broadcast | the broadcast: its state, and how far it is |
| the same | part#number | where a part of the file lies, and what became of it |
| the same#rows#part | row | a recipient (rows.py) |
| the same#person#person | person | which row has the person (rows.py) |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kanal.aws.table import ConditionFailed, Item, Table, TransactionFailed
from kanal.broadcasts import records
from kanal.broadcasts.forecast import Forecast
from kanal.broadcasts.model import FINAL, ORDERS, Broadcast, Layout, Order, Position
from kanal.broadcasts.parts import Parts
from kanal.errors import BroadcastStateForbids, NotFound
from kanal.ids import BROADCAST_ID, BroadcastId, ChannelRef
from kanal.rawjson import write
from kanal.times import rfc3339


@dataclass(frozen=True)
class Changed:
    """The broadcast as it is now, and whether this call has changed it."""

    broadcast: Broadcast
    is_new: bool


class BroadcastStore:
    """`parts` are the parts of their files."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.parts = Parts(table)

    def add(self, broadcast: Broadcast) -> Changed:
        """One that has the id already stays as it is."""
        put = self._table.put_request(records.to_item(broadcast), condition="attribute_not_exists(pk)")
        try:
            self._table.transact(("Put", put), ("Put", self._table.put_request(records.listed(broadcast))))
        except TransactionFailed:
            known = self.find(broadcast.ref, broadcast.id)
            if known is None:
                raise
            return Changed(known, is_new=False)
        return Changed(broadcast, is_new=True)

    def find(self, ref: ChannelRef, broadcast_id: BroadcastId) -> Broadcast | None:
        item = self._table.get(records.broadcast_key(ref, broadcast_id))
        return records.from_item(ref, item) if item else None

    def existing(self, ref: ChannelRef, broadcast_id: str) -> Broadcast:
        """The broadcast of an id that a caller wrote. Raises NotFound."""
        known = self.find(ref, BroadcastId(broadcast_id)) if BROADCAST_ID.fullmatch(broadcast_id) else None
        if known is None:
            raise NotFound(f"There is no broadcast {broadcast_id[:40]} in this channel.")
        return known

    def page(self, ref: ChannelRef, after: str | None, limit: int) -> tuple[Sequence[Broadcast], str | None]:
        """The newest first. `after` and the second value are places in the list."""
        pk = records.list_pk(ref)
        start = {"pk": pk, "sk": after} if after else None
        entries, last = self._table.query(pk, after=start, limit=limit, descending=True)
        ids = [BroadcastId(entry["sk"].partition("#")[2]) for entry in entries]
        found = self._table.get_all([records.broadcast_key(ref, each) for each in ids])
        known = {item["id"]: records.from_item(ref, item) for item in found}
        return [known[each] for each in ids if each in known], last["sk"] if last else None

    # --- what the caller orders ---

    def obey(self, broadcast: Broadcast, order: Order, now: datetime) -> Changed:
        """Raises BroadcastStateForbids."""
        target, origins = ORDERS[order]
        times = "started_at = if_not_exists(started_at, :now)" if target == "running" else ""
        times = "ended_at = :now" if target in FINAL else times
        changed = self._move(broadcast, target, origins, times, {":now": rfc3339(now)} if times else {})
        if not changed.is_new and changed.broadcast.state != target:
            raise BroadcastStateForbids(
                f"The broadcast is {changed.broadcast.state}, so there is nothing to {order}.",
                state=changed.broadcast.state,
            )
        return changed

    # --- importing ---

    def begin_import(self, broadcast: Broadcast, layout: Layout) -> Changed:
        values = {":layout": records.layout_to_item(layout)}
        return self._move(broadcast, "importing", {"uploading"}, "layout = :layout", values)

    def record_parts(self, broadcast: Broadcast, parts: int) -> Broadcast:
        """The whole file was seen. Idempotent."""
        return self._set(broadcast, "parts = :parts", {":parts": parts})

    def record_ready(self, broadcast: Broadcast, forecast: Forecast) -> Changed:
        values = {":forecast": write(forecast.as_json())}
        return self._move(broadcast, "ready", {"importing"}, "forecast = :forecast", values)

    def record_problem(self, broadcast: Broadcast, problem: Mapping[str, Any], now: datetime) -> Changed:
        """It cannot go on."""
        values = {":problem": write(problem), ":now": rfc3339(now)}
        origins = {"uploading", "importing", "ready", "running"}
        return self._move(broadcast, "failed", origins, "problem = :problem, ended_at = :now", values)

    # --- feeding: one step at a time, whoever holds the lease ---

    def lease(self, broadcast: Broadcast, holder: str, now: datetime, until: datetime) -> Broadcast | None:
        """For the step that comes next, while it is running; None if it is somebody else's turn."""
        return self._update(
            broadcast,
            "SET lease = :holder, lease_until = :until",
            "#state = :running AND step = :step AND (attribute_not_exists(lease_until) OR lease_until < :now"
            " OR lease = :holder)",
            {
                ":holder": holder,
                ":until": rfc3339(until),
                ":now": rfc3339(now),
                ":step": broadcast.step,
                ":running": "running",
            },
        )

    def end_step(
        self, broadcast: Broadcast, holder: str, fed: Position, *, is_fed: bool, waits_for: str | None
    ) -> Broadcast | None:
        """The next step may begin. None if the lease was lost; then nothing is recorded."""
        waits = ", waits_for = :waits_for" if waits_for else ""
        return self._update(
            broadcast,
            f"SET step = step + :one, fed = :fed, is_fed = :is_fed{waits} REMOVE lease, lease_until"
            + ("" if waits_for else ", waits_for"),
            "lease = :holder AND step = :step",
            {
                ":holder": holder,
                ":step": broadcast.step,
                ":one": 1,
                ":fed": records.position_text(fed),
                ":is_fed": is_fed,
                **({":waits_for": waits_for} if waits_for else {}),
            },
        )

    def complete(self, broadcast: Broadcast, now: datetime) -> Changed:
        return self._move(broadcast, "completed", {"running"}, "ended_at = :now", {":now": rfc3339(now)})

    # --- counting ---

    def begin_counting(self, broadcast: Broadcast, now: datetime, until: datetime) -> bool:
        """False while somebody else is counting."""
        begun = self._update(
            broadcast,
            "SET counting_until = :until",
            "attribute_not_exists(counting_until) OR counting_until < :now",
            {":until": rfc3339(until), ":now": rfc3339(now)},
        )
        return begun is not None

    def record_counts(
        self, broadcast: Broadcast, counts: Mapping[str, int], failures: int, now: datetime
    ) -> Broadcast:
        values = {":counts": dict(counts), ":failures": failures, ":now": rfc3339(now)}
        what = "counts = :counts, failures = :failures, counted_at = :now"
        return self._set(broadcast, what, values, removing="counting_until")

    # --- writing ---

    def _move(
        self,
        broadcast: Broadcast,
        target: str,
        origins: "frozenset[Any] | set[Any]",
        further: str,
        values: Mapping[str, Any],
    ) -> Changed:
        allowed = {f":from{number}": origin for number, origin in enumerate(sorted(origins))}
        expression = "SET #state = :target, changes = changes + :one" + (f", {further}" if further else "")
        condition = f"#state IN ({', '.join(allowed)})"
        named = {**values, **allowed, ":target": target, ":one": 1}
        try:
            item = self._write(broadcast, expression, condition, named)
        except ConditionFailed as failure:
            if failure.item is None:
                raise NotFound("The broadcast is gone.") from failure
            return Changed(records.from_item(broadcast.ref, failure.item), is_new=False)
        return Changed(records.from_item(broadcast.ref, item), is_new=True)

    def _update(
        self, broadcast: Broadcast, expression: str, condition: str, values: Mapping[str, Any]
    ) -> Broadcast | None:
        try:
            item = self._write(broadcast, expression, f"attribute_exists(pk) AND ({condition})", values)
        except ConditionFailed:
            return None
        return records.from_item(broadcast.ref, item)

    def _set(
        self, broadcast: Broadcast, what: str, values: Mapping[str, Any], removing: str = ""
    ) -> Broadcast:
        expression = f"SET {what}" + (f" REMOVE {removing}" if removing else "")
        return records.from_item(
            broadcast.ref, self._write(broadcast, expression, "attribute_exists(pk)", values)
        )

    def _write(
        self, broadcast: Broadcast, expression: str, condition: str, values: Mapping[str, Any]
    ) -> Item:
        names = {"#state": "state"} if "#state" in expression + condition else None
        return self._table.update(
            records.broadcast_key(broadcast.ref, broadcast.id),
            expression,
            values=values,
            names=names,
            condition=condition,
            returning="ALL_NEW",
        )
