"""What a piece of work costs: its AWS calls, and DynamoDB's capacity units by the rules of its price list.

Units follow from item sizes, not from what the emulator says. Source: DynamoDB developer guide, "read and
write operations" and "item sizes": a strongly consistent read is one unit per 4 KB, a write one per 1 KB of
the larger of the items before and after, in a transaction twice that; a failed condition costs like a write;
a write that changes what an index holds costs a write there for what it takes out and one for what it puts
in.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.integration.aws import StubbedPool, boto
from tests.integration.hooks import registered
from tests.integration.world import World

_READS = {"GetItem", "BatchGetItem", "Query"}
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}
_INDEX_KEYS = ("shard", "listed", "stream_at")
"""Attributes of which each is the sort key of one index, or alone decides what is in it."""


@dataclass
class Bill:
    calls: Counter[str] = field(default_factory=Counter)
    read_units: float = 0
    write_units: int = 0

    def read(self, size: int, *, consistent: bool) -> None:
        units = max(1, math.ceil(size / 4096))
        self.read_units += units if consistent else units / 2

    def write(self, before: Any, after: Any, *, transaction: bool) -> None:
        units = max(1, math.ceil(max(item_bytes(before), item_bytes(after)) / 1024))
        self.write_units += 2 * units if transaction else units
        for index_key in _INDEX_KEYS:
            indexed = [(item or {}).get(index_key) for item in (before, after)]
            if indexed[0] != indexed[1]:
                self.write_units += sum(key is not None for key in indexed)


def item_bytes(item: Mapping[str, Any] | None) -> int:
    return sum(len(name.encode()) + _value_bytes(value) for name, value in (item or {}).items())


def _value_bytes(typed: Mapping[str, Any]) -> int:
    [(kind, value)] = typed.items()
    match kind:
        case "S":
            return len(value.encode())
        case "B":
            return len(value)
        case "N":
            return math.ceil(len(value.strip("-0.")) / 2) + 1
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(part) for name, part in value.items())
        case "L":
            return 3 + sum(1 + _value_bytes(part) for part in value)
    return 1


class MeteredPool(StubbedPool):
    """The receiver's own client, on the same bill."""

    def __init__(self) -> None:
        super().__init__()
        self.bill = Bill()

    def request(self, method: str, url: str, **given: Any) -> Any:  # type: ignore[override]  # as it is called
        answer = super().request(method, url, **given)
        service, _, operation = given["headers"].get("x-amz-target", "s3.PutObject").rpartition(".")
        service = service.removeprefix("Amazon").partition("_")[0].lower()
        self.bill.calls[f"{service}.{operation}"] += 1
        if operation == "GetItem":
            self.bill.read(item_bytes(json.loads(answer.data).get("Item")), consistent=True)
        return answer


@dataclass(frozen=True)
class _Hooks:
    """Hangs on the clients' events. What is known before a call is kept in the call's own context."""

    bill: Bill

    def before(self, params: Any, model: Any, context: Any, **_: Any) -> None:
        service = model.service_model.service_name
        self.bill.calls[f"{service}.{model.name}"] += 1
        if model.name in _WRITES:
            context["writes"] = [(write, _stored(write)) for write in _writes_of(model.name, params)]
        elif model.name == "BatchGetItem":
            context["consistent"] = all(table["ConsistentRead"] for table in params["RequestItems"].values())
        elif model.name in _READS:
            context["consistent"] = params.get("ConsistentRead", False)
        elif service == "dynamodb":
            raise AssertionError(f"the meter has no rule for {model.name}")

    def after(self, parsed: Any, model: Any, context: Any, **_: Any) -> None:
        if model.name in _READS:
            for size in _read_bytes(parsed):
                self.bill.read(size, consistent=context["consistent"])
        for write, earlier in context.get("writes", ()):
            self.bill.write(earlier, _stored(write), transaction=model.name == "TransactWriteItems")


@contextmanager
def metered(world: World, pool: MeteredPool | None = None) -> Iterator[Bill]:
    """Everything that the parts under test ask of AWS meanwhile."""
    hooks = _Hooks(Bill())
    if pool:
        pool.bill = hooks.bill
    with (
        registered(world, "provide-client-params.*", hooks.before),
        registered(world, "after-call.*", hooks.after),
    ):
        yield hooks.bill


def _read_bytes(answer: Any) -> list[int]:
    """What counts as one read each: an item, each item of a batch, all that a query found together."""
    if "Responses" in answer:
        return [item_bytes(item) for items in answer["Responses"].values() for item in items]
    if "Items" in answer:
        return [sum(map(item_bytes, answer["Items"]))]
    return [item_bytes(answer.get("Item"))]


def _writes_of(operation: str, params: Any) -> list[Any]:
    if operation == "BatchWriteItem":
        return [
            {"TableName": table, **write["PutRequest"]}
            for table, writes in params["RequestItems"].items()
            for write in writes
        ]
    if operation != "TransactWriteItems":
        return [params]
    return [write for part in params["TransactItems"] for write in part.values()]


def _stored(write: Any) -> Any:
    """The item that a write is about, as it is now."""
    key = write.get("Key") or {name: write["Item"][name] for name in ("pk", "sk")}
    answer = boto("dynamodb").get_item(TableName=write["TableName"], Key=key, ConsistentRead=True)
    return answer.get("Item")
