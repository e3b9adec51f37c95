"""Decides whether a webhook delivery is acknowledged, and puts its body where `process` finds it.

Does as little as an honest 200 needs, and imports as little: no boto3, httpx, pydantic or phonenumbers.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kanal import rawjson
from kanal.aws.quick import QuickAws
from kanal.channels.webhook import SECRET_HEADER, is_secret
from kanal.clock import Clock
from kanal.errors import WebhookRefused
from kanal.ids import derived_token
from kanal.times import rfc3339

SIGNATURE_HEADER = "x-360dialog-signature"
"""HMAC-SHA256 of the raw body with the partner's platform secret, as hex; direct clients get none."""

MAX_BODY_BYTES = 3 * 1024 * 1024
"""WhatsApp's own limit for a webhook."""
INLINE_BYTES = 240 * 1024
"""Larger bodies go to the bucket: a queue message has a limit of 256 KB in every version of SQS."""
NOT_FOR_SQS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that SQS refuses in a message; a body with one of them goes to the bucket."""
_WEBHOOK_ID = re.compile(r"[a-z2-7]{26}")
_BELIEVED_FOR = timedelta(seconds=30)


@dataclass(frozen=True)
class Webhook:
    """One registered webhook. `secret_digests` are SHA-256 in hex; two are valid while a secret is
    replaced.
    """

    provider: str
    workspace_id: str
    channel_id: str
    secret_digests: tuple[str, ...]
    read_at: datetime


@dataclass(frozen=True)
class Destination:
    channels_table: str
    queue_url: str
    bucket: str
    platform_secret_id: str | None


class Receiver:
    def __init__(self, aws: QuickAws, destination: Destination, clock: Clock) -> None:
        self._aws = aws
        self._to = destination
        self._clock = clock
        self._known: dict[str, Webhook] = {}
        self._platform_secret: tuple[str, datetime] | None = None

    def receive(self, provider: str, webhook_id: str, headers: Mapping[str, str], body: bytes) -> None:
        """Returns when the body is safe on the queue. Header names are lower case.

        Raises WebhookRefused (nothing was stored) and AwsUnavailable (the provider must try again).
        """
        if len(body) > MAX_BODY_BYTES:
            raise WebhookRefused(
                413, "payload_too_large", f"The body is over the limit of {MAX_BODY_BYTES} bytes."
            )
        webhook = self._authentic(provider, webhook_id, headers.get(SECRET_HEADER, ""))
        self._check_signature(headers.get(SIGNATURE_HEADER), body)
        _check_json(body)
        self._enqueue(webhook, body)

    def _authentic(self, provider: str, webhook_id: str, secret: str) -> Webhook:
        webhook = self._webhook(webhook_id, at_least=self._clock() - _BELIEVED_FOR)
        if not is_secret(secret, webhook.secret_digests) and webhook.read_at < self._clock():
            webhook = self._webhook(webhook_id, at_least=self._clock())  # replaced since we looked?
        if not is_secret(secret, webhook.secret_digests):
            raise WebhookRefused(
                401, "webhook_secret_invalid", f"The header {SECRET_HEADER} is missing or wrong."
            )
        if webhook.provider != provider:
            raise _not_found()
        return webhook

    def _webhook(self, webhook_id: str, at_least: datetime) -> Webhook:
        known = self._known.get(webhook_id)
        if known and known.read_at >= at_least:
            return known
        if not _WEBHOOK_ID.fullmatch(webhook_id):
            raise _not_found()
        item = self._aws.get_item(self._to.channels_table, f"webhook#{webhook_id}", "webhook")
        if item is None or _is_over(item, self._clock()):
            self._known.pop(webhook_id, None)
            raise _not_found()
        self._known[webhook_id] = webhook = Webhook(
            provider=item["provider"]["S"],
            workspace_id=item["workspace_id"]["S"],
            channel_id=item["channel_id"]["S"],
            secret_digests=tuple(digest["S"] for digest in item["secret_digests"]["L"]),
            read_at=self._clock(),
        )
        return webhook

    def _check_signature(self, signature: str | None, body: bytes) -> None:
        if signature is None or self._to.platform_secret_id is None:
            return
        expected = hmac.digest(self._platform_key(self._to.platform_secret_id), body, "sha256").hex()
        given = signature.strip().removeprefix("sha256=")
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise WebhookRefused(
                401, "webhook_signature_invalid", f"{SIGNATURE_HEADER} does not fit the body."
            )

    def _platform_key(self, secret_id: str) -> bytes:
        now = self._clock()
        if self._platform_secret is None or now - self._platform_secret[1] > _BELIEVED_FOR:
            self._platform_secret = (self._aws.secret_value(secret_id), now)
        return self._platform_secret[0].encode()

    def _enqueue(self, webhook: Webhook, body: bytes) -> None:
        attributes = {
            "workspace_id": webhook.workspace_id,
            "channel_id": webhook.channel_id,
            "received_at": rfc3339(self._clock()),
        }
        text = body.decode()
        if not fits_queue(text, len(body)):
            digest = derived_token(hashlib.sha256(body).hexdigest())
            key = f"inbound/{webhook.workspace_id}/{webhook.channel_id}/{digest}.json"
            self._aws.put_object(self._to.bucket, key, body)
            attributes["s3_key"] = key
            text = "in the bucket"
        self._aws.send_message(self._to.queue_url, text, attributes, group=webhook.channel_id)


def fits_queue(text: str, size: int) -> bool:
    """Whether SQS takes the text, of `size` bytes, as a message; what it does not take goes to the bucket."""
    return size <= INLINE_BYTES and not NOT_FOR_SQS.search(text)


def _is_over(item: Mapping[str, Any], now: datetime) -> bool:
    """A connection that died half-way: its channel never came to be, and nobody would see what came in."""
    expires_at = item.get("expires_at")
    return expires_at is not None and int(expires_at["N"]) < now.timestamp()


def _check_json(body: bytes) -> None:
    if not body.strip():
        raise WebhookRefused(400, "empty_body", "The body is empty; a webhook is a JSON object.")
    try:
        rawjson.read(body.decode())
    except ValueError as error:  # not UTF-8, or not JSON
        raise WebhookRefused(400, "invalid_json", "The body is not JSON in UTF-8.") from error


def _not_found() -> WebhookRefused:
    return WebhookRefused(404, "webhook_not_found", "No channel has this webhook.")
