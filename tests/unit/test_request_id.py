"""The request id of a problem leads to what was logged about it."""

import json

import pytest

from functions.send.api import handler
from kanal.observability import logger


class _Context:
    aws_request_id = "lambda's own"


def test_a_problem_and_its_log_entry_have_one_request_id(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployment without its settings: the caller names the id, the operator finds the line."""
    monkeypatch.delenv("CHANNELS_TABLE", raising=False)
    claims = {"workspace_id": "acme", "scope": "messages:read"}
    path = f"/v1/channels/chn_{'a' * 26}/messages/msg_{'a' * 26}"
    event = {
        "version": "2.0",
        "rawPath": path,
        "headers": {},
        "requestContext": {
            "requestId": "request-17",
            "stage": "$default",
            "http": {"method": "GET", "path": path},
            "authorizer": {"jwt": {"claims": claims}},
        },
    }
    problem = json.loads(handler(event, _Context())["body"])
    assert (problem["code"], problem["request_id"]) == ("configuration_error", "request-17")
    [record] = caplog.records
    line = json.loads(logger.registered_formatter.format(record))
    assert (line["code"], line["request_id"]) == ("configuration_error", "request-17")
