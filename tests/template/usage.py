"""What the functions really ask of AWS, in the words of IAM, and what the roles of the template allow.

No emulator here enforces roles: a missing permission would first show in the account of whoever deploys.
"""

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from tests.integration.aws import Aws
from tests.template.stack import Stack, as_list, translated

Params = Mapping[str, Any]
_IN_TRANSACTION = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}


@dataclass(frozen=True)
class Use:
    """One action on one resource, by logical id and what follows it: `PayloadsBucket/inbound/x.json`."""

    action: str
    resource: str
    partition: str = ""
    """Of an item that is read or written; for conditions on leading keys."""
    context: frozenset[str] = frozenset()
    """Names in the encryption context."""


@dataclass(frozen=True)
class Grant:
    """Of several leading keys each is a grant of its own, so that each has to be used."""

    action: str
    resource: str
    leading_key: str = "*"
    context: str = ""
    """A name that the encryption context must have."""

    def covers(self, use: Use) -> bool:
        return (
            self.action == use.action
            and fnmatch.fnmatchcase(use.resource, self.resource)
            and fnmatch.fnmatchcase(use.partition, self.leading_key)
            and (not self.context or self.context in use.context)
        )


def _conditions(statement: Mapping[str, Any]) -> tuple[list[str], str]:
    """Leading keys and name in the encryption context; for the conditions that the template knows."""
    match statement.get("Condition"):
        case None:
            return ["*"], ""
        case {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}:
            return as_list(keys), ""
        case {"Null": {"kms:EncryptionContext:channel_id": "false"}}:
            return ["*"], "channel_id"
        case unknown:
            raise AssertionError(f"a condition that this test does not know: {unknown}")


def grants(function: str) -> Iterator[Grant]:
    stack = translated("PlatformSecretArn=arn:aws:secretsmanager:eu-central-1:123456789012:secret:platform")
    role = stack.resources[stack.resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]]["Properties"]
    for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
        plain = statement["Fn::If"][1] if "Fn::If" in statement else statement
        keys, context = _conditions(plain)
        granted = product(as_list(plain["Action"]), as_list(plain["Resource"]), keys)
        yield from (Grant(action, _path(resource), key, context) for action, resource, key in granted)


def _path(resource: Any) -> str:
    """A reference of the template as logical id and what follows it."""
    if "Fn::Sub" in resource:
        name, rest = resource["Fn::Sub"].removeprefix("${").split(".Arn}")
        return f"{name}{rest}"
    return str(resource["Ref"] if "Ref" in resource else resource["Fn::GetAtt"][0])


def environment(stack: Stack, function: str, values: Mapping[str, str]) -> dict[str, str]:
    """The function's variables, with `values` for the resources and parameters that they refer to."""
    variables: dict[str, Any] = stack.resources[function]["Properties"]["Environment"]["Variables"]
    return {name: _resolved(value, values) for name, value in variables.items()}


def _resolved(value: Any, values: Mapping[str, str]) -> str:
    if isinstance(value, str):
        return value
    if "Fn::If" in value:
        return _resolved(value["Fn::If"][2], values)  # as with an issuer of one's own
    name = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
    return values[name]


def uses_of(aws: Aws, service: str, operation: str, params: Params) -> Iterator[Use]:
    """What IAM is asked when the call is made."""
    if service == "dynamodb":
        yield from _on_tables(aws, operation, params)
    elif service == "sqs":
        action = operation.removesuffix("Batch")
        yield Use(f"sqs:{action}", _names(aws)[params["QueueUrl"]])
    elif service == "s3" and "Key" not in params:
        return  # signing a form asks nothing of AWS
    elif service == "s3":
        yield Use(f"s3:{operation}", f"{_names(aws)[params['Bucket']]}/{params['Key']}")
    elif service == "kms":
        yield Use(f"kms:{operation}", "SecretsKey", context=frozenset(params["EncryptionContext"]))
    elif service == "events":
        yield from (Use("events:PutEvents", _names(aws)[each["EventBusName"]]) for each in params["Entries"])
    else:
        assert (service, operation) == ("secretsmanager", "GetSecretValue")
        yield Use("secretsmanager:GetSecretValue", "PlatformSecretArn")


def _on_tables(aws: Aws, operation: str, params: Params) -> Iterator[Use]:
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            for kind, request in item.items():
                yield from _on_tables(aws, _IN_TRANSACTION[kind], request)
        return
    for table, wanted in params.get("RequestItems", {}).items():
        for key in wanted["Keys"] if "Keys" in wanted else [put["PutRequest"]["Item"] for put in wanted]:
            yield Use(f"dynamodb:{operation}", _names(aws)[table], key["pk"]["S"])
    if "RequestItems" in params:
        return
    index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    key = params.get("Key") or params.get("Item") or {}
    partition = key["pk"]["S"] if key else ""
    yield Use(f"dynamodb:{operation}", _names(aws)[params["TableName"]] + index, partition)


def resource_values(aws: Aws) -> dict[str, str]:
    """What a reference to each resource of the template gives here."""
    return {
        "ChannelsTable": aws.channels,
        "TemplatesTable": aws.templates,
        "ContactsTable": aws.contacts,
        "MessagesTable": aws.messages,
        "PayloadsBucket": aws.bucket,
        "MediaBucket": aws.media_bucket,
        "EventBus": aws.bus,
        "SecretsKey": aws.key_id,
        "InboundQueue": aws.queues["inbound"],
        "InboundDeadLetterQueue": aws.queues["inbound-dead-letters"],
        "MediaQueue": aws.queues["media"],
        "SendQueue": aws.queues["send"],
        "BroadcastQueue": aws.queues["broadcast"],
        "ReleaseQueue": aws.queues["release"],
        "TemplateSyncQueue": aws.queues["template-sync"],
    }


def _names(aws: Aws) -> dict[str, str]:
    return {value: name for name, value in resource_values(aws).items()}
