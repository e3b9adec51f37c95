"""One DynamoDB table: items as plain dicts, conditions that tell what stood in the way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from kanal.errors import AwsUnavailable, Contended

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
Values = Mapping[str, Any]
Write = tuple[Literal["Put", "Update", "Delete"], dict[str, Any]]
"""One write of a transaction: a request as `put_request` and its kin make it."""
_TRIES = 4
"""Of a batch of which DynamoDB leaves a part."""
_GETS_PER_CALL = 100
_PUTS_PER_CALL = 25


@dataclass(frozen=True)
class Key:
    pk: str
    sk: str


@dataclass(frozen=True)
class Index:
    """A secondary index, with the attributes that are its keys. No two items share a sort key."""

    name: str
    partition: str
    sort: str


class ConditionFailed(Exception):
    """The condition of a write was not met. `item` is what is stored, None if nothing is."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("condition failed")
        self.item = item


class TransactionFailed(Exception):
    """No write of the transaction was made. `failed` holds the positions whose condition was not met.

    It is empty when the transaction lost against a concurrent one; trying again is then right.
    """

    def __init__(self, failed: Sequence[int]) -> None:
        super().__init__(f"transaction failed at {list(failed)}")
        self.failed = failed


class Table:
    def __init__(self, name: str, client: "DynamoDBClient") -> None:
        self.name = name
        self._client = client

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        answer = self._client.get_item(TableName=self.name, Key=_key(key), ConsistentRead=consistent)
        return _plain(answer["Item"]) if "Item" in answer else None

    def put(self, item: Item, *, condition: str | None = None, values: Values | None = None) -> None:
        """Raises ConditionFailed."""
        try:
            self._client.put_item(**self.put_request(item, condition=condition, values=values))
        except ClientError as error:
            raise _translated(error) from error

    def update(
        self,
        key: Key,
        expression: str,
        *,
        values: Values | None = None,
        names: Mapping[str, str] | None = None,
        condition: str | None = None,
        returning: Literal["ALL_NEW", "ALL_OLD", "NONE"] = "NONE",
    ) -> Item:
        """The item as asked by `returning` (empty for NONE). Raises ConditionFailed."""
        request = self.update_request(key, expression, values=values, names=names, condition=condition)
        try:
            answer = self._client.update_item(**request, ReturnValues=returning)
        except ClientError as error:
            raise _translated(error) from error
        return _plain(answer.get("Attributes", {}))

    def delete(self, key: Key) -> None:
        """Idempotent."""
        self._client.delete_item(TableName=self.name, Key=_key(key))

    def query(
        self,
        pk: str,
        *,
        prefix: str = "",
        after: Mapping[str, Any] | None = None,
        limit: int,
        consistent: bool = False,
        descending: bool = False,
    ) -> tuple[list[Item], Mapping[str, Any] | None]:
        """One page in sort-key order, and where the next begins (None at the end)."""
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": _marshalled({":pk": pk, ":prefix": prefix}),
            "Limit": limit,
            "ConsistentRead": consistent,
            "ScanIndexForward": not descending,
        }
        if not prefix:
            request["KeyConditionExpression"] = "pk = :pk"
            del request["ExpressionAttributeValues"][":prefix"]
        if after:
            request["ExclusiveStartKey"] = _marshalled(after)
        answer = self._client.query(**request)
        last = answer.get("LastEvaluatedKey")
        return [_plain(item) for item in answer["Items"]], _plain(last) if last else None

    def query_between(self, pk: str, first: str, last: str, *, limit: int) -> list[Item]:
        """The first of those whose sort keys lie between the two, both included; read consistently."""
        answer = self._client.query(
            TableName=self.name,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=_marshalled({":pk": pk, ":first": first, ":last": last}),
            Limit=limit,
            ConsistentRead=True,
        )
        return [_plain(item) for item in answer["Items"]]

    def page_of_index(
        self, index: Index, value: str, *, after: str | None, limit: int, descending: bool = False
    ) -> tuple[list[Item], bool]:
        """One page of an index's partition, `after` a sort key; and whether more follows."""
        request: dict[str, Any] = {
            "TableName": self.name,
            "IndexName": index.name,
            "KeyConditionExpression": "#partition = :value",
            "ExpressionAttributeNames": {"#partition": index.partition},
            "ExpressionAttributeValues": _marshalled({":value": value, ":after": after}),
            "Limit": limit,
            "ScanIndexForward": not descending,
        }
        if after is not None:
            request["KeyConditionExpression"] += f" AND #sort {'<' if descending else '>'} :after"
            request["ExpressionAttributeNames"]["#sort"] = index.sort
        answer = self._client.query(**request)
        return [_plain(item) for item in answer["Items"]], "LastEvaluatedKey" in answer

    def get_all(self, keys: Sequence[Key], *, consistent: bool = True) -> list[Item]:
        """The items that are there, in no order."""
        wanted, found = list(dict.fromkeys(keys)), list[Item]()
        for at in range(0, len(wanted), _GETS_PER_CALL):
            found += self._get_batch(wanted[at : at + _GETS_PER_CALL], consistent=consistent)
        return found

    def _get_batch(self, keys: Sequence[Key], *, consistent: bool) -> list[Item]:
        found: list[Item] = []
        wanted: Any = [_key(key) for key in keys]
        for _ in range(_TRIES):
            if not wanted:
                return found
            request: Any = {self.name: {"Keys": wanted, "ConsistentRead": consistent}}
            answer = self._client.batch_get_item(RequestItems=request)
            found += [_plain(item) for item in answer["Responses"].get(self.name, [])]
            left: Any = answer.get("UnprocessedKeys", {})
            wanted = left[self.name]["Keys"] if left else []
        raise AwsUnavailable("DynamoDB did not read all items; it has more to do than it can.")

    def put_all(self, items: Sequence[Item]) -> None:
        """Over whatever is there. Raises AwsUnavailable; some may have been written then."""
        for at in range(0, len(items), _PUTS_PER_CALL):
            left: Any = [
                {"PutRequest": {"Item": _marshalled(item)}} for item in items[at : at + _PUTS_PER_CALL]
            ]
            for _ in range(_TRIES):
                answer = self._client.batch_write_item(RequestItems={self.name: left})
                left = answer.get("UnprocessedItems", {}).get(self.name)
                if not left:
                    break
            else:
                raise AwsUnavailable("DynamoDB did not write all items; it has more to do than it can.")

    def query_index(self, index: str, attribute: str, value: str) -> Iterator[Item]:
        """Everything in one partition of an index, page by page."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self.name,
            IndexName=index,
            KeyConditionExpression="#attribute = :value",
            ExpressionAttributeNames={"#attribute": attribute},
            ExpressionAttributeValues=_marshalled({":value": value}),
        )
        for page in pages:
            yield from (_plain(item) for item in page["Items"])

    # --- requests, for single writes and for transactions alike ---

    def put_request(
        self, item: Item, *, condition: str | None = None, values: Values | None = None
    ) -> dict[str, Any]:
        return self._write({"Item": _marshalled(item)}, condition, values, None)

    def update_request(
        self,
        key: Key,
        expression: str,
        *,
        values: Values | None = None,
        names: Mapping[str, str] | None = None,
        condition: str | None = None,
    ) -> dict[str, Any]:
        return self._write({"Key": _key(key), "UpdateExpression": expression}, condition, values, names)

    def delete_request(
        self, key: Key, *, condition: str | None = None, values: Values | None = None
    ) -> dict[str, Any]:
        return self._write({"Key": _key(key)}, condition, values, None)

    def _write(
        self,
        request: dict[str, Any],
        condition: str | None,
        values: Values | None,
        names: Mapping[str, str] | None,
    ) -> dict[str, Any]:
        request["TableName"] = self.name
        if condition:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if values:
            request["ExpressionAttributeValues"] = _marshalled(values)
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        return request

    def transact(self, *writes: Write) -> None:
        """All of the writes or none. Raises TransactionFailed."""
        try:
            self._client.transact_write_items(TransactItems=_items(writes))
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = error.response.get("CancellationReasons", [])
            codes = [reason.get("Code", "None") for reason in reasons]
            unexpected = set(codes) - {"None", "ConditionalCheckFailed", "TransactionConflict"}
            if unexpected:
                raise
            failed = [at for at, code in enumerate(codes) if code == "ConditionalCheckFailed"]
            raise TransactionFailed(failed) from error


def _items(writes: Sequence[Write]) -> Any:
    return [{kind: request} for kind, request in writes]


_SERIALIZER = TypeSerializer()
_DESERIALIZER = TypeDeserializer()


def _key(key: Key) -> dict[str, Any]:
    return _marshalled({"pk": key.pk, "sk": key.sk})


def _marshalled(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _SERIALIZER.serialize(value) for name, value in item.items() if value is not None}


def _plain(item: Mapping[str, Any]) -> Item:
    return {name: _whole(_DESERIALIZER.deserialize(value)) for name, value in item.items()}


def _whole(value: Any) -> Any:
    """Numbers arrive as Decimal (all that we store are integers), bytes in boto3's own wrapper."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, Binary):
        return bytes(value.value)  # type: ignore[attr-defined]  # missing in the stubs
    if isinstance(value, dict):
        return {name: _whole(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return value


def _translated(error: ClientError) -> Exception:
    code = error.response["Error"]["Code"]
    if code == "TransactionConflictException":
        return Contended("The record is part of another change right now.")
    if code != "ConditionalCheckFailedException":
        return error
    item: Any = error.response.get("Item")
    return ConditionFailed(_plain(item) if item else None)
