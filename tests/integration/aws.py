"""The deployment's AWS resources in the embedded emulator, and where tests see its traffic."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import urllib3
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from moto import mock_aws
from moto.core.models import botocore_stubber

REGION = "eu-central-1"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}


_stubber: Any = type(botocore_stubber)
_answered = _stubber.__call__
_atomic = threading.RLock()


def _one_at_a_time(stubber: Any, *given: Any, **named: Any) -> Any:
    """DynamoDB checks and writes an item in one step; the emulator does so only if it is asked one by one."""
    with _atomic:
        return _answered(stubber, *given, **named)


_stubber.__call__ = _one_at_a_time


@cache
def _session() -> Any:
    """One for all tests: it keeps the service descriptions, which take long to read."""
    make: Any = boto3.Session
    return make(**CREDENTIALS)


@cache
def boto(service: str) -> Any:
    return _session().client(service)


@dataclass
class Aws:
    """Names of what was made, and a client for each service."""

    channels: str = "channels"
    templates: str = "templates"
    contacts: str = "contacts"
    messages: str = "messages"
    bucket: str = "payloads"
    media_bucket: str = "files"
    bus: str = "kanal"
    key_id: str = ""
    queues: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    """Every call through a client made by `client`: operation and parameters."""
    clients: list[Any] = field(default_factory=list)
    """What `client` made, for tests that hook into its events."""

    def client(self, service: str) -> Any:
        """Counts its calls in `calls`."""
        made = _session().client(service)

        def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
            self.calls.append((f"{service}.{model.name}", params))

        made.meta.events.register("provide-client-params.*", note)
        made.meta.events.register("provide-client-params.sqs.SendMessage", _at_once)
        made.meta.events.register("provide-client-params.sqs.SendMessageBatch", _all_at_once)
        self.clients.append(made)
        return made

    def waiting(self, queue: str) -> int:
        answer = boto("sqs").get_queue_attributes(
            QueueUrl=self.queues[queue], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def take(self, queue: str, count: int = 10) -> list[dict[str, Any]]:
        """Up to `count` messages as records of a Lambda event. They stay until `delete`."""
        answer = boto("sqs").receive_message(
            QueueUrl=self.queues[queue],
            MaxNumberOfMessages=count,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        )
        return [_record(message) for message in answer.get("Messages", [])]

    def delete(self, queue: str, record: Mapping[str, Any]) -> None:
        boto("sqs").delete_message(QueueUrl=self.queues[queue], ReceiptHandle=record["receiptHandle"])

    def show_again(self, queue: str, record: Mapping[str, Any]) -> None:
        """As when the time of a message that nobody deleted is over."""
        boto("sqs").change_message_visibility(
            QueueUrl=self.queues[queue], ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
        )

    def events(self) -> list[dict[str, Any]]:
        """What the bus carried since the last look, oldest first."""
        seen = []
        while records := self.take("events"):
            for record in records:
                seen.append(json.loads(record["body"]))
                self.delete("events", record)
        return seen


class StubbedPool(urllib3.PoolManager):
    """For the hand-signed client: its requests reach the emulator without a network."""

    def request(self, method: str, url: str, **given: Any) -> Any:  # type: ignore[override]  # as it is called
        headers: Any = HeadersDict(given["headers"])
        answer: Any = botocore_stubber(
            "before-send", AWSPreparedRequest(method, url, headers, given["body"], False)
        )
        return urllib3.HTTPResponse(body=answer.content, status=answer.status_code, preload_content=True)


@contextmanager
def embedded_aws() -> Iterator[Aws]:
    with mock_aws():
        aws = Aws()
        dynamodb = boto("dynamodb")
        for name in (aws.channels, aws.templates, aws.contacts, aws.messages):
            dynamodb.create_table(**_table(name))
        sqs = boto("sqs")
        for name in (
            "inbound",
            "inbound-dead-letters",
            "send",
            "release",
            "media",
            "template-sync",
            "broadcast",
            "events",
        ):
            aws.queues[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
        for bucket in (aws.bucket, aws.media_bucket):
            boto("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        # The emulator makes a key pair for every kind of key, and this one is the quickest to make.
        aws.key_id = boto("kms").create_key(KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
        _watch_bus(aws)
        yield aws


def _at_once(params: Mapping[str, Any], **_: Any) -> dict[str, Any]:
    """The emulator's queue delays by the machine's clock; a test lets its own time pass."""
    return {name: value for name, value in params.items() if name != "DelaySeconds"}


def _all_at_once(params: Mapping[str, Any], **_: Any) -> dict[str, Any]:
    return {**params, "Entries": [_at_once(entry) for entry in params["Entries"]]}


_INDEXES = {
    "channels": [("by_shard", "shard", "sk")],
    "contacts": [("by_channel", "channel", "listed")],
    "messages": [("by_contact", "stream", "stream_at")],
}
"""Index, its partition and its sort key, by table."""


def _table(name: str) -> Any:
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    attributes = [{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")]
    table: dict[str, Any] = {
        "TableName": name,
        "KeySchema": keys,
        "AttributeDefinitions": attributes,
        "BillingMode": "PAY_PER_REQUEST",
    }
    indexes = []
    for index, hash_key, range_key in _INDEXES.get(name, ()):
        attributes += [
            {"AttributeName": key, "AttributeType": "S"}
            for key in (hash_key, range_key)
            if key not in {each["AttributeName"] for each in attributes}
        ]
        index_keys = [
            {"AttributeName": hash_key, "KeyType": "HASH"},
            {"AttributeName": range_key, "KeyType": "RANGE"},
        ]
        indexes.append(
            {"IndexName": index, "KeySchema": index_keys, "Projection": {"ProjectionType": "KEYS_ONLY"}}
        )
    if indexes:
        table["GlobalSecondaryIndexes"] = indexes
    return table


def _watch_bus(aws: Aws) -> None:
    events = boto("events")
    events.create_event_bus(Name=aws.bus)
    events.put_rule(Name="all", EventBusName=aws.bus, EventPattern=json.dumps({"source": ["kanal"]}))
    sqs = boto("sqs")
    url = aws.queues["events"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_targets(Rule="all", EventBusName=aws.bus, Targets=[{"Id": "queue", "Arn": arn}])


def _record(message: Mapping[str, Any]) -> dict[str, Any]:
    attributes = message.get("MessageAttributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {
            name: {"stringValue": value["StringValue"], "dataType": "String"}
            for name, value in attributes.items()
        },
    }
