"""Where inbound items go that are not messages or statuses of a contact: kept raw, or set aside as dead
letters.
"""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kanal import rawjson
from kanal.aws.table import ConditionFailed, Item, Table
from kanal.ids import ChannelRef, derived_token
from kanal.inbox.receive import fits_queue
from kanal.times import rfc3339

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_ITEM_BYTES = 300 * 1024
"""A DynamoDB item holds 400 KB, names included; larger ones go to the bucket."""


class Bucket:
    def __init__(self, name: str, client: "S3Client") -> None:
        self._name = name
        self._client = client

    def put(self, key: str, text: str) -> None:
        self._client.put_object(
            Bucket=self._name, Key=key, Body=text.encode(), ContentType="application/json"
        )

    def get(self, key: str) -> str:
        return self._client.get_object(Bucket=self._name, Key=key)["Body"].read().decode()


class RawItems:
    """Items of kinds that Kanal does not act on yet, in the messages table (`workspace#channel#raw#digest`,
    `raw`).
    """

    def __init__(self, table: Table, bucket: Bucket) -> None:
        self._table = table
        self._bucket = bucket

    def keep(self, ref: ChannelRef, field: str, body: Any, received_at: datetime) -> bool:
        """Idempotent: the same item is kept once, whenever and however often it arrives. False if it was
        there.
        """
        text = rawjson.write(body)
        digest = derived_token(hashlib.sha256(text.encode()).hexdigest())
        item: Item = {
            "pk": f"{ref.prefix}#raw#{digest}",
            "sk": "raw",
            "field": rawjson.storable(field)[:100],
            "received_at": rfc3339(received_at),
        }
        if len(text.encode()) > _ITEM_BYTES:
            item["s3_key"] = f"raw/{ref.workspace_id}/{ref.channel_id}/{digest}.json"
            self._bucket.put(item["s3_key"], text)
        else:
            item["raw"] = text
        try:
            self._table.put(item, condition="attribute_not_exists(pk)")
        except ConditionFailed:
            return False
        return True


class DeadLetters:
    """Items that could not be applied. Each is a webhook body of its own: moved back, it is processed
    again.
    """

    def __init__(self, queue_url: str, client: "SQSClient", bucket: Bucket) -> None:
        self._queue_url = queue_url
        self._client = client
        self._bucket = bucket

    def set_aside(self, ref: ChannelRef, body: Any, reason: str, received_at: datetime) -> None:
        text, attributes = carried(ref, rawjson.write(body), received_at, self._bucket)
        attributes["reason"] = reason
        self._client.send_message(
            QueueUrl=self._queue_url,
            MessageBody=text,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )


def carried(ref: ChannelRef, text: str, received_at: datetime, bucket: Bucket) -> tuple[str, dict[str, str]]:
    """Body and attributes of the queue message that carries a webhook body, as `receive` makes them too.

    What SQS does not take goes to the bucket, under a key that follows from its content.
    """
    attributes = {
        "workspace_id": ref.workspace_id,
        "channel_id": ref.channel_id,
        "received_at": rfc3339(received_at),
    }
    if fits_queue(text, len(text.encode())):
        return text, attributes
    digest = derived_token(hashlib.sha256(text.encode()).hexdigest())
    key = f"inbound/{ref.workspace_id}/{ref.channel_id}/{digest}.json"
    bucket.put(key, text)
    return "in the bucket", {**attributes, "s3_key": key}
