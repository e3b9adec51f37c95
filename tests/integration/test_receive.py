"""The webhook's front door: who is let in, what is taken, and that a 200 means the body is safe."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import urllib3

from kanal.channels.configure import disconnect_channel
from kanal.channels.webhook import SECRET_HEADER, secret_digest
from kanal.errors import AwsUnavailable, WebhookRefused
from kanal.inbox.receive import MAX_BODY_BYTES, SIGNATURE_HEADER
from tests.integration.aws import StubbedPool, boto
from tests.integration.inbound import (
    Hook,
    hook_of,
    kinds_stored,
    message,
    messages,
    process_next,
    put,
)
from tests.integration.world import World

PLATFORM_SECRET = "platform-secret-of-the-tests"
BODY = json.dumps(messages(message("wamid.1"))).encode()


@pytest.fixture
def hook(world: World) -> Hook:
    return hook_of(world, world.connect())


def refusal(
    world: World, hook: Hook, body: bytes = BODY, headers: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Status and code of a delivery that must not be taken, after a look that nothing was stored."""
    _, _, provider, webhook_id = hook.path.split("/")
    with pytest.raises(WebhookRefused) as refused:
        world.receiver.receive(provider, webhook_id, {**hook.headers, **(headers or {})}, body)
    assert world.aws.waiting("inbound") == 0
    assert "Contents" not in boto("s3").list_objects_v2(Bucket=world.aws.bucket)
    return refused.value.status, refused.value.reason


class FailingPool(StubbedPool):
    """The first answers are failures, the later ones the emulator's."""

    def __init__(self, failures: int, status: int | None) -> None:
        super().__init__()
        self.asked = 0
        self._failures = failures
        self._status = status

    def request(self, method: str, url: str, **given: Any) -> Any:  # type: ignore[override]  # as it is called
        self.asked += 1
        if self.asked > self._failures:
            return super().request(method, url, **given)
        if self._status is None:
            raise urllib3.exceptions.ProtocolError("connection lost")
        return urllib3.HTTPResponse(body=b"{}", status=self._status, preload_content=True)


# --- who is let in ---


def test_a_delivery_with_the_registered_secret_is_queued_as_it_came(world: World, hook: Hook) -> None:
    """The queue carries the very bytes, and whose they are."""
    assert world.webhook(hook.path, hook.headers, BODY) == 200
    [record] = world.take_inbound()
    assert record["body"].encode() == BODY
    assert record["messageAttributes"]["workspace_id"]["stringValue"] == "acme"
    assert record["messageAttributes"]["channel_id"]["stringValue"].startswith("chn_")


@pytest.mark.parametrize("secret", ["", "wrong", "\u00fc\udcff"], ids=["missing", "wrong", "odd"])
def test_a_delivery_without_the_secret_is_refused(world: World, hook: Hook, secret: str) -> None:
    """401, and nothing is stored."""
    assert refusal(world, hook, headers={SECRET_HEADER: secret}) == (401, "webhook_secret_invalid")


def test_the_secret_of_another_channel_opens_nothing(world: World, hook: Hook) -> None:
    """A secret belongs to one webhook."""
    world.control("numbers", {"phone_number": "+4930901821", "api_key": "key-of-another-number"})
    other = hook_of(world, world.connect("Sales", api_key="key-of-another-number"))
    assert refusal(world, Hook(hook.path, other.headers))[0] == 401


@pytest.mark.parametrize("webhook_id", ["a" * 26, "A" * 26, "x", "a#b", "a" * 300])
def test_an_unknown_webhook_id_is_not_found(world: World, hook: Hook, webhook_id: str) -> None:
    """404, whether well-formed or not."""
    stranger = Hook(f"/webhooks/dialog360/{webhook_id}", hook.headers)
    assert refusal(world, stranger) == (404, "webhook_not_found")


def test_a_webhook_of_another_provider_is_not_found(world: World, hook: Hook) -> None:
    """The path names the provider; a webhook is registered at one."""
    stranger = Hook(hook.path.replace("dialog360", "cloud"), hook.headers)
    assert refusal(world, stranger) == (404, "webhook_not_found")


def test_a_replaced_secret_is_taken_at_once_and_the_old_one_soon_refused(world: World) -> None:
    """A container that knew the old secret looks again before it refuses the new one."""
    channel = world.connect()
    hook = hook_of(world, channel)
    assert world.webhook(hook.path, hook.headers, BODY) == 200
    boto("dynamodb").update_item(
        TableName=world.aws.channels,
        Key={"pk": {"S": f"webhook#{channel.webhook_id}"}, "sk": {"S": "webhook"}},
        UpdateExpression="SET secret_digests = :digests",
        ExpressionAttributeValues={":digests": {"L": [{"S": secret_digest("fresh")}]}},
    )
    world.clock.advance(seconds=1)
    assert world.webhook(hook.path, {SECRET_HEADER: "fresh"}, BODY) == 200
    assert world.webhook(hook.path, hook.headers, BODY) == 401


def test_a_disconnected_channel_soon_takes_no_webhook(world: World) -> None:
    """A container that knew the webhook forgets it within half a minute, a fresh one never knew it."""
    channel = world.connect()
    hook = hook_of(world, channel)
    assert world.webhook(hook.path, hook.headers, BODY) == 200
    disconnect_channel(world.channels, world.providers, channel.ref)
    _, _, provider, webhook_id = hook.path.split("/")
    with pytest.raises(WebhookRefused, match="No channel"):
        world.new_receiver().receive(provider, webhook_id, hook.headers, BODY)
    world.clock.advance(seconds=31)
    assert world.webhook(hook.path, hook.headers, BODY) == 404


def test_a_connection_that_died_takes_no_webhook_after_its_time(world: World) -> None:
    """What came in would belong to a channel that nobody can see: the provider keeps it and tries again."""
    channel = world.connect()
    hook = hook_of(world, channel)
    disconnect_channel(world.channels, world.providers, channel.ref)
    dead = replace(channel, state="connecting")
    world.channels.reserve(
        replace(dead, ref=replace(dead.ref, channel_id=type(dead.ref.channel_id)("chn_dead"))),
        secret_digest(hook.headers[SECRET_HEADER]),
        world.clock(),
    )
    assert world.webhook(hook.path, hook.headers, BODY) == 200
    world.clock.advance(minutes=3)
    assert world.webhook(hook.path, hook.headers, BODY) == 404


# --- the provider's own signature ---


@pytest.fixture
def signed_world(world: World) -> World:
    """A deployment that knows 360dialog's platform secret."""
    made = boto("secretsmanager").create_secret(Name="platform", SecretString=PLATFORM_SECRET)
    world.receiver = world.new_receiver(platform_secret_id=made["ARN"])
    return world


@pytest.mark.parametrize("prefix", ["", "sha256="])
def test_the_platforms_signature_is_checked_beside_the_secret(signed_world: World, prefix: str) -> None:
    """A signature over these bytes is let in, over others not."""
    hook = hook_of(signed_world, signed_world.connect())
    right = prefix + hmac.digest(PLATFORM_SECRET.encode(), BODY, hashlib.sha256).hex()
    assert refusal(signed_world, hook, BODY + b" ", {SIGNATURE_HEADER: right}) == (
        401,
        "webhook_signature_invalid",
    )
    assert signed_world.webhook(hook.path, {**hook.headers, SIGNATURE_HEADER: right}, BODY) == 200


def test_a_delivery_without_signature_is_let_in_by_its_secret(signed_world: World) -> None:
    """Direct clients of 360dialog get no signature."""
    hook = hook_of(signed_world, signed_world.connect())
    assert signed_world.webhook(hook.path, hook.headers, BODY) == 200


def test_a_good_signature_does_not_stand_in_for_the_secret(signed_world: World) -> None:
    """Both are checked, the secret always."""
    hook = hook_of(signed_world, signed_world.connect())
    right = hmac.digest(PLATFORM_SECRET.encode(), BODY, hashlib.sha256).hex()
    assert refusal(signed_world, hook, headers={SIGNATURE_HEADER: right, SECRET_HEADER: "no"})[0] == 401


def test_a_rotated_platform_secret_is_known_soon(signed_world: World) -> None:
    """A container looks it up again after half a minute."""
    hook = hook_of(signed_world, signed_world.connect())
    first = hmac.digest(PLATFORM_SECRET.encode(), BODY, hashlib.sha256).hex()
    assert signed_world.webhook(hook.path, {**hook.headers, SIGNATURE_HEADER: first}, BODY) == 200
    boto("secretsmanager").put_secret_value(SecretId="platform", SecretString="rotated")
    signed_world.clock.advance(seconds=31)
    second = hmac.digest(b"rotated", BODY, hashlib.sha256).hex()
    assert signed_world.webhook(hook.path, {**hook.headers, SIGNATURE_HEADER: second}, BODY) == 200


# --- what is taken ---


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b" \r\n", "empty_body"),
        (b"{", "invalid_json"),
        (b"entry=1", "invalid_json"),
        (b'{"a": "\xff"}', "invalid_json"),
        (b'{"a": NaN}', "invalid_json"),
        (b"[" * 100_000 + b"]" * 100_000, "invalid_json"),
        (b'{"a":' * 201 + b"1" + b"}" * 201, "invalid_json"),
        (b'{"a": 1} {"b": 2}', "invalid_json"),
        (b'{"a": ' + b"1" * 5000 + b"}", "invalid_json"),
    ],
    ids=["empty", "blank", "cut", "form", "not-utf8", "nan", "very-deep", "deep", "two", "endless-number"],
)
def test_what_is_no_json_is_refused(world: World, hook: Hook, body: bytes, code: str) -> None:
    """400, and nothing is stored."""
    assert refusal(world, hook, body) == (400, code)


def test_depth_that_could_still_be_a_payload_is_taken(world: World, hook: Hook) -> None:
    """200 levels, and any number of brackets beside one another or in a text."""
    deep = "[" * 199 + "]" * 199
    body = json.dumps({"deep": "DEEP", "wide": [[]] * 1000, "text": "[{" * 1000}).replace('"DEEP"', deep)
    assert world.webhook(hook.path, hook.headers, body.encode()) == 200


def test_a_body_over_three_megabytes_is_refused(world: World, hook: Hook) -> None:
    """413; WhatsApp's own limit is 3 MB."""
    assert refusal(world, hook, b" " * (MAX_BODY_BYTES + 1)) == (413, "payload_too_large")


def test_a_body_just_under_three_megabytes_goes_over_the_bucket_and_is_processed(world: World) -> None:
    """Too large for a queue message: the queue carries a pointer, and no item is lost."""
    channel = world.connect()
    many = [message(f"wamid.{number}", "x" * 3800) for number in range(3)]
    filler = {"field": "history", "value": {"history": "y" * (MAX_BODY_BYTES - 20_000)}}
    body = messages(*many)
    body["entry"][0]["changes"].append(filler)
    raw = json.dumps(body).encode()
    assert MAX_BODY_BYTES - 10_000 < len(raw) <= MAX_BODY_BYTES
    put(world, channel, raw)
    [record] = world.take_inbound()
    key = record["messageAttributes"]["s3_key"]["stringValue"]
    assert world.bucket.get(key).encode() == raw
    world.aws.show_again("inbound", record)
    assert process_next(world) == {"message": 3, "unknown": 1}
    kept = kinds_stored(world)
    assert len(kept["message"]) == 3
    assert json.loads(world.bucket.get(kept["raw"][0]["s3_key"]))["entry"][0]["changes"] == [filler]


@pytest.mark.parametrize(
    ("odd", "escaped"),
    [
        *((odd, False) for odd in ("\x7f", "\ufffe", "\uffff", "\U0010ffff")),
        *((odd, True) for odd in ("\ufffe", "\ud83d", "\x00")),
    ],
    ids=ascii,
)
def test_every_character_of_json_survives(world: World, odd: str, escaped: bool) -> None:
    """Some characters SQS refuses; what a person wrote arrives all the same. Half a pair comes as escape."""
    channel = world.connect()
    body = messages(message("wamid.1", f"odd {odd} end"))
    put(world, channel, json.dumps(body, ensure_ascii=escaped).encode())
    process_next(world)
    [kept] = kinds_stored(world)["message"]
    assert json.loads(kept["raw"])["text"]["body"] == f"odd {odd} end"
    assert [event["detail-type"] for event in world.aws.events()] == ["message.received"]


# --- when AWS fails ---


@pytest.mark.parametrize("status", [500, 503, 400, None], ids=str)
def test_the_provider_is_told_to_try_again_while_aws_does_not_answer(
    world: World, hook: Hook, status: int | None
) -> None:
    """No 200 for what is not safe; two tries, no more."""
    pool = FailingPool(failures=10, status=status)
    world.receiver = world.new_receiver(pool=pool)
    assert world.webhook(hook.path, hook.headers, BODY) == 503
    assert pool.asked == 2
    assert world.aws.waiting("inbound") == 0


@pytest.mark.parametrize("status", [500, None], ids=str)
def test_a_call_that_failed_once_is_tried_again(world: World, hook: Hook, status: int | None) -> None:
    """A lost connection costs no delivery."""
    world.receiver = world.new_receiver(pool=FailingPool(failures=1, status=status))
    assert world.webhook(hook.path, hook.headers, BODY) == 200
    assert world.aws.waiting("inbound") == 1


def test_a_queue_that_does_not_answer_is_not_covered_up(world: World, hook: Hook) -> None:
    """The webhook is known already, only the queue is gone: still no 200."""
    pool = FailingPool(failures=0, status=500)
    world.receiver = world.new_receiver(pool=pool)
    assert world.webhook(hook.path, hook.headers, BODY) == 200
    boto("sqs").delete_queue(QueueUrl=world.aws.queues["inbound"])
    _, _, provider, webhook_id = hook.path.split("/")
    with pytest.raises(AwsUnavailable, match="sqs did not take the call"):
        world.receiver.receive(provider, webhook_id, hook.headers, BODY)


def test_a_body_that_the_bucket_does_not_take_is_not_acknowledged(world: World, hook: Hook) -> None:
    """A pointer to nothing never gets into the queue."""
    boto("s3").delete_bucket(Bucket=world.aws.bucket)
    large = json.dumps({"entry": "x" * 400_000}).encode()
    assert world.webhook(hook.path, hook.headers, large) == 503
    assert world.aws.waiting("inbound") == 0


def test_a_delivery_is_dated_when_it_arrived(world: World, hook: Hook) -> None:
    """However long it waits, its time is the time of arrival."""
    world.clock.advance(seconds=5)
    arrived = world.clock()
    assert world.webhook(hook.path, hook.headers, BODY) == 200
    [record] = world.take_inbound()
    assert record["messageAttributes"]["received_at"]["stringValue"] == f"{arrived:%Y-%m-%dT%H:%M:%S}.000Z"
    assert world.clock() - arrived < timedelta(seconds=1)
