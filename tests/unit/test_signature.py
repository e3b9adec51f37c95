"""The receiver signs its AWS calls itself; botocore is the reference."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from kanal.aws.quick import Credentials, QuickAws
from kanal.errors import AwsUnavailable, ConfigurationError

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "AWS_REGION": "eu-central-1",
}
_CALLS: dict[str, Callable[[QuickAws], Any]] = {
    "dynamodb": lambda aws: aws.get_item("channels", "webhook#abc", "webhook"),
    "sqs": lambda aws: aws.send_message(
        "https://sqs/1/in", "Grüße 🦊", {"workspace_id": "acme"}, group="chn_1"
    ),
    "secretsmanager": lambda aws: aws.secret_value("kanal/platform"),
    "s3": lambda aws: aws.put_object("payloads", "inbound/acme/Grüße & more/~a b+c=d*.json", b"\x00\xff{}"),
}


class _Pool:
    """Stands for urllib3's pool: keeps the requests, answers with the statuses in their order."""

    def __init__(self, *statuses: int) -> None:
        self.requests: list[dict[str, Any]] = []
        self._statuses = list(statuses)

    def request(self, method: str, url: str, **given: Any) -> Any:
        self.requests.append({"method": method, "url": url, **given})
        status = self._statuses.pop(0) if self._statuses else 200
        return SimpleNamespace(status=status, data=b'{"SecretString": "x", "Item": {}}')


def _sent(service: str, credentials: Credentials, now: datetime) -> dict[str, Any]:
    pool: Any = _Pool()
    _CALLS[service](QuickAws(credentials, lambda: now, pool))
    [request] = pool.requests
    return dict(request)


def _signed_by_botocore(service: str, credentials: Credentials, request: dict[str, Any]) -> dict[str, str]:
    ours = {"authorization", "host", "x-amz-date", "x-amz-security-token"}
    headers = {name: value for name, value in request["headers"].items() if name not in ours}
    signed = AWSRequest(request["method"], request["url"], headers=headers, data=request["body"])
    keys = BotoCredentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )
    (S3SigV4Auth if service == "s3" else SigV4Auth)(keys, service, credentials.region).add_auth(signed)
    return {name.lower(): value for name, value in signed.headers.items()}


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:4566", "http://localhost:4566/"])
@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzE//session+token=="])
@pytest.mark.parametrize("service", _CALLS)
def test_a_call_is_signed_as_botocore_signs_it(service: str, token: str | None, endpoint: str | None) -> None:
    """AWS takes the call: roles with session token, any object key, the local stack's endpoint."""
    given = {"AWS_SESSION_TOKEN": token, "AWS_ENDPOINT_URL": endpoint}
    environment = {**_ENVIRONMENT, **{name: value for name, value in given.items() if value}}
    credentials = Credentials.from_environment(environment)
    reference = _signed_by_botocore(
        service, credentials, _sent(service, credentials, datetime(2026, 11, 20, tzinfo=UTC))
    )
    then = datetime.strptime(reference["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    headers = _sent(service, credentials, then)["headers"]
    assert headers["authorization"] == reference["authorization"]
    assert headers.get("x-amz-security-token") == reference.get("x-amz-security-token") == token


def test_the_path_of_an_object_is_encoded_once() -> None:
    """S3 signs the path as it is sent; a key is found under the name it was given."""
    request = _sent("s3", Credentials.from_environment(_ENVIRONMENT), datetime(2026, 11, 20, tzinfo=UTC))
    assert request["url"].endswith(
        "/payloads/inbound/acme/Gr%C3%BC%C3%9Fe%20%26%20more/~a%20b%2Bc%3Dd%2A.json"
    )


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"])
def test_a_missing_credential_is_named(name: str) -> None:
    """A wrong deployment says what is wrong with it."""
    environment = {key: value for key, value in _ENVIRONMENT.items() if key != name}
    with pytest.raises(ConfigurationError, match="AWS_"):
        Credentials.from_environment(environment)


def test_the_region_may_come_by_its_other_name() -> None:
    """Lambda sets AWS_REGION, a shell often AWS_DEFAULT_REGION."""
    environment = {**_ENVIRONMENT, "AWS_DEFAULT_REGION": "eu-west-1"}
    assert Credentials.from_environment(environment).region == "eu-central-1"
    del environment["AWS_REGION"]
    assert Credentials.from_environment(environment).region == "eu-west-1"


@pytest.mark.parametrize(("statuses", "tries"), [([200], 1), ([500, 200], 2)])
def test_a_call_that_failed_once_is_made_again(statuses: list[int], tries: int) -> None:
    """One hiccup of AWS is not the provider's concern."""
    pool: Any = _Pool(*statuses)
    credentials = Credentials.from_environment(_ENVIRONMENT)
    aws = QuickAws(credentials, lambda: datetime(2026, 11, 20, tzinfo=UTC), pool)
    assert aws.get_item("channels", "webhook#abc", "webhook") == {}
    assert len(pool.requests) == tries


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_a_call_that_fails_twice_is_given_up(status: int) -> None:
    """Promise 1: the provider is told to deliver again, within its five seconds."""
    pool: Any = _Pool(status, status, 200)
    credentials = Credentials.from_environment(_ENVIRONMENT)
    aws = QuickAws(credentials, lambda: datetime(2026, 11, 20, tzinfo=UTC), pool)
    with pytest.raises(AwsUnavailable, match=f"dynamodb .* HTTP {status}"):
        aws.get_item("channels", "webhook#abc", "webhook")
    assert len(pool.requests) == 2
