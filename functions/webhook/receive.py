"""POST /webhooks/{provider}/{webhook_id}: the provider delivers. Answers 200 only when the body is safe."""

import base64
import json
import logging
import os
from functools import cache
from typing import Any

from kanal.aws.quick import Credentials, QuickAws
from kanal.clock import utc_now
from kanal.errors import KanalError, WebhookRefused
from kanal.inbox.receive import Destination, Receiver
from kanal.settings import settings

_log = logging.getLogger(__name__)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    path = event["pathParameters"]
    body = event.get("body") or ""
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    try:
        _receiver().receive(path["provider"], path["webhook_id"], headers, raw)
    except WebhookRefused as refusal:
        return _answer(refusal.status, {"code": refusal.reason, "detail": refusal.detail})
    except KanalError as error:
        _log.error("Webhook not taken: %s", error.code)  # the trace says no more than the code
        return _answer(503, {"code": error.code, "detail": "Not stored; deliver it again."})
    return _answer(200, {})


@cache
def _receiver() -> Receiver:
    destination = Destination(
        channels_table=settings().channels_table,
        queue_url=settings().inbound_queue_url,
        bucket=settings().payloads_bucket,
        platform_secret_id=settings().platform_secret_id,
    )
    return Receiver(QuickAws(Credentials.from_environment(os.environ), utc_now), destination, utc_now)


def _answer(status: int, body: dict[str, str]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json" if status == 200 else "application/problem+json"},
        "body": json.dumps(body),
    }
