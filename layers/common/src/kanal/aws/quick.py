"""A signed client for the four AWS calls of the webhook receiver.

The provider gives the receiver five seconds and expects a quarter of one. Importing boto3 and making its
first client takes longer than all the rest of a cold start (docs/decisions), so the receiver signs its calls
itself: AWS Signature Version 4, as documented by AWS ("Create a signed AWS API request"). Everything else
uses boto3.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import urllib3

from kanal.clock import Clock
from kanal.errors import AwsUnavailable, ConfigurationError

_TIMEOUT = urllib3.Timeout(connect=1.0, read=1.5)
_TRIES = 2
"""Both tries fit into the provider's five seconds."""


@dataclass(frozen=True)
class Credentials:
    access_key_id: str
    secret_access_key: str
    session_token: str | None
    region: str
    endpoint: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Credentials":
        try:
            return cls(
                access_key_id=environment["AWS_ACCESS_KEY_ID"],
                secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
                session_token=environment.get("AWS_SESSION_TOKEN"),
                region=environment.get("AWS_REGION") or environment["AWS_DEFAULT_REGION"],
                endpoint=(environment.get("AWS_ENDPOINT_URL") or "").rstrip("/") or None,
            )
        except KeyError as error:
            raise ConfigurationError(f"The environment variable {error.args[0]} is not set.") from error

    def url(self, service: str) -> str:
        """Without a slash at the end, as the host is signed too."""
        return self.endpoint or f"https://{service}.{self.region}.amazonaws.com"


@dataclass(frozen=True)
class Call:
    """One request. The path is URI-encoded, there is no query string; header names are lower case."""

    service: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class QuickAws:
    """Raises AwsUnavailable when a call did not go through after its second try."""

    def __init__(
        self, credentials: Credentials, clock: Clock, pool: urllib3.PoolManager | None = None
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._pool = pool or urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    def get_item(self, table: str, pk: str, sk: str) -> dict[str, Any] | None:
        """The item in DynamoDB's own notation (`{"S": ...}`), read consistently."""
        answer = self._json(
            "dynamodb",
            "DynamoDB_20120810.GetItem",
            {"TableName": table, "Key": {"pk": {"S": pk}, "sk": {"S": sk}}, "ConsistentRead": True},
        )
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def send_message(self, queue_url: str, body: str, attributes: Mapping[str, str], *, group: str) -> None:
        """To a standard queue; `group` makes it a fair queue: one busy tenant does not delay the others."""
        typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        message = {
            "QueueUrl": queue_url,
            "MessageBody": body,
            "MessageAttributes": typed,
            "MessageGroupId": group,
        }
        self._json("sqs", "AmazonSQS.SendMessage", message)

    def put_object(self, bucket: str, key: str, body: bytes) -> None:
        path = f"/{bucket}/{quote(key)}"
        self._send(Call("s3", "PUT", path, {"content-type": "application/json"}, body))

    def secret_value(self, secret_id: str) -> str:
        answer = self._json("secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": secret_id})
        return str(answer["SecretString"])

    def _json(self, service: str, target: str, body: Mapping[str, Any]) -> dict[str, Any]:
        version = "1.1" if service == "secretsmanager" else "1.0"
        headers = {"content-type": f"application/x-amz-json-{version}", "x-amz-target": target}
        call = Call(service, "POST", "/", headers, json.dumps(body).encode())
        answer: dict[str, Any] = json.loads(self._send(call) or b"{}")
        return answer

    def _send(self, call: Call) -> bytes:
        url = self._credentials.url(call.service)
        host = url.partition("://")[2]
        failure = "no answer"
        for _ in range(_TRIES):
            signed = sign(self._credentials, call, host, self._clock())
            try:
                answer = self._pool.request(
                    call.method, url + call.path, body=call.body, headers=signed, redirect=False
                )
            except urllib3.exceptions.HTTPError as error:
                failure = type(error).__name__
                continue
            if answer.status < 300:
                return answer.data
            failure = f"HTTP {answer.status}"
        raise AwsUnavailable(f"{call.service} did not take the call: {failure}")


def sign(credentials: Credentials, call: Call, host: str, now: datetime) -> dict[str, str]:
    """The headers to send: those of the call, and the signature over all of them."""
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    digest = hashlib.sha256(call.body).hexdigest()
    signed = {**call.headers, "host": host, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    if credentials.session_token:
        signed["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(signed))
    canonical_headers = "".join(f"{name}:{signed[name].strip()}\n" for name in sorted(signed))
    canonical = f"{call.method}\n{call.path}\n\n{canonical_headers}\n{names}\n{digest}"
    scope = f"{stamp[:8]}/{credentials.region}/{call.service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key_id}/{scope},"
        f" SignedHeaders={names}, Signature={signature}"
    )
    return signed
