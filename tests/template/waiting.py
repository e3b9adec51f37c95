"""All that is done with messages that wait, once: for what the functions ask of AWS then."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.aws import boto
from tests.template.deployment import Deployment

_API, _RELEASE = "SendApiFunction", "SendReleaseFunction"
_SOMEBODY_NEW = "+4917612345678"
_TEXT = {"type": "text", "text": {"body": "Hello"}}
_TEMPLATE = {"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}}
_PARKS = {"if_window_closed": "park_until_reply"}

Control = Callable[[str, Any], Any]


def everything_that_waits(deployment: Deployment, control: Control, phone: str, channel: str) -> None:
    """The channel is active, before and after. Each message goes to somebody else: none waits for a pace."""
    house = _House(deployment, control, f"/v1/channels/{channel}", phone)
    house.pause_and_resume()
    house.take_back()
    house.park_until_reply()
    house.doubt()
    for each in ("due", "sweep"):
        deployment.invoke("SendScheduleFunction", {"round": each})


class _House:
    def __init__(self, deployment: Deployment, control: Control, path: str, phone: str) -> None:
        self._deployment, self._control, self._path, self._phone = deployment, control, path, phone

    def pause_and_resume(self) -> None:
        for state in ("paused", "active"):
            self._deployment.call(
                "ChannelsApiFunction", "PATCH", self._path, "channels:write", {"state": state}
            )

    def take_back(self) -> None:
        """One that stands in line, and one for the next minute, of which another is left for the schedule."""
        soon = {"send_at": (datetime.now(UTC) + timedelta(seconds=50)).isoformat()}
        for options in ({}, soon):
            message = self._accept(options)
            self._deployment.call(_API, "DELETE", f"{self._path}/messages/{message['id']}", "messages:write")
        self._accept(soon)

    def park_until_reply(self) -> None:
        """One is parked when it is accepted, one by the worker, whose belief in the window was wrong."""
        self._accept({**_PARKS, "to": _SOMEBODY_NEW})
        self._reply(0)
        self._fail(status=400, body={"error": {"message": "Re-engagement message", "code": 131047}})
        self._send({**_PARKS, "to": _SOMEBODY_NEW})
        self._reply(9)  # WhatsApp's refusal is about what was written before it

    def _reply(self, seconds: int) -> None:
        written = {**_TEXT, "timestamp": str(int(datetime.now(UTC).timestamp()) + seconds)}
        told = {"phone_number": self._phone, "from": _SOMEBODY_NEW.lstrip("+"), "message": written}
        self._control("inbound", told)
        self._deployment.consume("WebhookProcessFunction", "inbound")
        self._deployment.consume(_RELEASE, "release")
        self._deployment.consume("SendWorkerFunction", "send")

    def doubt(self) -> None:
        """A look that is too early, one that tells of an end again, and what the worker notes of a doubt."""
        self._fail(status=500, body={})
        doubtful = self._send({"on_unconfirmed": "fail"})
        self._fail(status=400, body={"error": {"message": "Invalid parameter", "code": 100}})
        failed = self._send({"on_unconfirmed": "fail"})
        for message in (doubtful, failed):
            self._look(message)
        self._look(failed, at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())

    def _look(self, message: Mapping[str, Any], at: str = "2026-01-01T00:00:00.000Z") -> None:
        """As if its time had come, or as if the queue had been too quick."""
        whose = {"workspace_id": "acme", "channel_id": message["channel_id"], "message_id": message["id"]}
        body = json.dumps({"kind": "due", **whose, "at": at, "noted_at": at})
        boto("sqs").send_message(QueueUrl=self._deployment.aws.queues["release"], MessageBody=body)
        self._deployment.consume(_RELEASE, "release")

    def _fail(self, **fault: Any) -> None:
        self._control("faults", {"on": "messages", "kind": "status", "times": 1, **fault})

    def _accept(self, options: Mapping[str, Any]) -> Any:
        headers = {"idempotency-key": f"waiting-{len(self._deployment.invoked)}"}
        kind = _TEXT if "if_window_closed" in options else _TEMPLATE
        body = {"to": f"+49176{len(self._deployment.invoked):08d}", **kind, **options}
        path = f"{self._path}/messages"
        return self._deployment.call(_API, "POST", path, "messages:write", body, headers=headers)

    def _send(self, options: Mapping[str, Any]) -> Any:
        message = self._accept(options)
        self._deployment.consume("SendWorkerFunction", "send")
        return message
