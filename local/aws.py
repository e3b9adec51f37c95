"""Typed clients of the embedded AWS."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient

REGION: Final = "eu-central-1"
ACCOUNT = "000000000000"


class Aws:
    """Made on first use; with the emulator's dummy credentials, never those of the person."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = boto3.Session(
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="test",  # noqa: S106  # the emulator asks for none
            region_name=REGION,
        )
        # A function may take as long as its own timeout; proxies of the machine are not for loopback.
        self._config = Config(read_timeout=900, retries={"total_max_attempts": 1}, proxies={})

    @cached_property
    def apigateway(self) -> Any:
        return self._session.client("apigatewayv2", endpoint_url=self.url, config=self._config)

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        return self._session.client("cloudformation", endpoint_url=self.url, config=self._config)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self._session.client("dynamodb", endpoint_url=self.url, config=self._config)

    @cached_property
    def events(self) -> "EventBridgeClient":
        return self._session.client("events", endpoint_url=self.url, config=self._config)

    @cached_property
    def functions(self) -> "LambdaClient":
        return self._session.client("lambda", endpoint_url=self.url, config=self._config)

    @cached_property
    def s3(self) -> "S3Client":
        return self._session.client("s3", endpoint_url=self.url, config=self._config)

    @cached_property
    def scheduler(self) -> "EventBridgeSchedulerClient":
        return self._session.client("scheduler", endpoint_url=self.url, config=self._config)

    @cached_property
    def sqs(self) -> "SQSClient":
        return self._session.client("sqs", endpoint_url=self.url, config=self._config)
