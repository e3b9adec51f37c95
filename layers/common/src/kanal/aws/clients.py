"""boto3 clients: made when first asked for, shared by the container."""

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# Short of the shortest function timeout, so that a hanging call is an error we see, not a killed function.
# As many connections are kept as the sender has threads: each more would be made anew for every call.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=64,
    retries={"mode": "standard", "total_max_attempts": 4},
)


@overload
def client(service: Literal["dynamodb"]) -> "DynamoDBClient": ...
@overload
def client(service: Literal["events"]) -> "EventBridgeClient": ...
@overload
def client(service: Literal["kms"]) -> "KMSClient": ...
@overload
def client(service: Literal["s3"]) -> "S3Client": ...
@overload
def client(service: Literal["sqs"]) -> "SQSClient": ...
def client(service: Any) -> Any:
    return _client(service)


# Links and forms that we sign have to work in every region, and at the bucket's own address there.
_OF_S3 = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})


@cache
def _client(service: str) -> Any:
    config = _CONFIG.merge(_OF_S3) if service == "s3" else _CONFIG
    return boto3.client(service, config=config)  # type: ignore[call-overload]  # the name is checked above
