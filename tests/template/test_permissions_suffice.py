"""Each role allows what its function does, and nothing that it does not."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from kanal import observability
from kanal.ids import ChannelId, ChannelRef, WorkspaceId, inbound_message_id
from local.simulator.app import create_app
from local.simulator.serve import running_simulator
from local.simulator.templates import DEFAULT_TEMPLATES
from tests.integration.aws import boto, embedded_aws
from tests.template.deployment import Deployment, http_event
from tests.template.stack import translated
from tests.template.usage import Use, grants
from tests.template.waiting import everything_that_waits

PHONE = "+4930901820"
_API_KEY = "key-of-the-test-number"
_PLATFORM_SECRET = "platform-secret"
_CUSTOMER = "4915112345678"
_LARGE = "x" * 350_000
_TEXT = {"type": "text", "text": {"body": "Hello"}}
_TEMPLATE = {"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}}
_WITH_PICTURE: Any = {
    "name": "with_picture",
    "language": "en",
    "components": [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hello."}],
}

# What Lambda does in the function's name: it writes the log, empties the queue, keeps failed events.
_BY_LAMBDA = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
}
_FAILED_EVENTS = ("sqs:SendMessage", "SchedulesDeadLetterQueue")


class _Provider:
    """The simulator on one side, the webhook's function on the other."""

    def __init__(self) -> None:
        self.http = httpx.Client(timeout=10, trust_env=False)
        self.deployment: Deployment | None = None
        self.statuses: list[int] = []

    def close(self) -> None:
        self.http.close()
        if self.deployment:
            self.deployment.close()

    def control(self, call: str, body: Any) -> Any:
        answer = self.http.post(f"/_control/{call}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def sent(self) -> Any:
        return self.http.get("/_control/sent").json()

    def deliver(self, request: httpx.Request) -> httpx.Response:
        assert self.deployment is not None
        signature = hmac.digest(_PLATFORM_SECRET.encode(), request.content, hashlib.sha256).hex()
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers["x-360dialog-signature"] = signature
        _, _, provider, webhook_id = request.url.path.split("/")
        event = http_event("POST", request.url.path, request.content.decode(), headers=headers)
        event["pathParameters"] = {"provider": provider, "webhook_id": webhook_id}
        answer = self.deployment.invoke("WebhookReceiveFunction", event)
        self.statuses.append(answer["statusCode"])
        return httpx.Response(answer["statusCode"])


@pytest.fixture(scope="module")
def uses() -> Iterator[dict[str, set[Use]]]:
    """Every function did all its kinds of work once."""
    with pytest.MonkeyPatch.context() as patch, embedded_aws() as aws:
        patch.setattr(observability.metrics.provider, "namespace", "Kanal")
        provider = _Provider()
        transport = httpx.MockTransport(provider.deliver)
        with running_simulator(lambda: create_app(webhook_transport=transport)) as url:
            provider.http.base_url = httpx.URL(url)
            secret = boto("secretsmanager").create_secret(Name="platform", SecretString=_PLATFORM_SECRET)
            parameters = {
                "Dialog360BaseUrl": url,
                "WebhookBaseUrl": "https://kanal.example",
                "WorkspaceClaim": "workspace_id",
                "PlatformSecretArn": secret["ARN"],
                "LogLevel": "CRITICAL",
            }
            provider.deployment = Deployment(aws, parameters, patch)
            _everything(provider.deployment, provider)
            assert set(provider.statuses) == {200}
            provider.close()
            yield provider.deployment.uses


def _everything(deployment: Deployment, provider: _Provider) -> None:
    number = {"phone_number": PHONE, "api_key": _API_KEY}
    offer = {"name": "offer", "language": "en_US"}
    provider.control("numbers", {**number, "templates": [*DEFAULT_TEMPLATES, _WITH_PICTURE, offer]})
    provider.control("settings", {"auto_statuses": False})
    channel = _configure(deployment)
    received = _receive(deployment, provider, channel)
    _fetch(deployment, provider, channel)
    _sync(deployment, channel)
    everything_that_waits(deployment, provider.control, PHONE, channel)
    _send_files(deployment, channel)
    _review(deployment, provider)
    _broadcast(deployment, channel)
    _send(deployment, provider, channel)
    _contacts(deployment, channel)
    _recover(deployment, provider, channel, received)
    deployment.call("ChannelsApiFunction", "DELETE", f"/v1/channels/{channel}", "channels:write")


def _configure(deployment: Deployment) -> str:
    api = "ChannelsApiFunction"
    wanted = {"name": "Support", "api_key": _API_KEY}
    channel = deployment.call(api, "POST", "/v1/channels", "channels:write", wanted)["id"]
    deployment.call(api, "GET", "/v1/health")
    deployment.call(api, "GET", "/v1/channels", "channels:read")
    deployment.call(api, "GET", f"/v1/channels/{channel}", "channels:read")
    deployment.call(api, "PATCH", f"/v1/channels/{channel}", "channels:write", {"name": "Help"})
    return str(channel)


def _receive(deployment: Deployment, provider: _Provider, channel: str) -> str:
    """The path of what a customer wrote."""
    someone = {"phone_number": PHONE, "from": _CUSTOMER}
    provider.control("inbound", {**someone, "profile_name": "Ada", "message": _TEXT})
    deployment.consume("WebhookProcessFunction", "inbound")
    later: Any = {**_TEXT, "timestamp": str(int(time.time()) + 9)}  # a new name is found, the old one is not
    written = provider.control("inbound", {**someone, "profile_name": "Mia", "message": later})
    deployment.consume("WebhookProcessFunction", "inbound")
    inbound = deployment.aws.queues["inbound"]
    boto("sqs").send_message(QueueUrl=inbound, MessageBody="not a webhook of ours")  # to be tried again
    deployment.consume("WebhookProcessFunction", "inbound")
    changed = {"field": "account_update", "value": {"event": _LARGE}}
    poisoned = {"field": "messages", "value": {"messages": [{"id": _LARGE}]}}
    other_number = {"field": "messages", "value": {"metadata": {"phone_number_id": "1"}, "statuses": [{}]}}
    many = {"field": "messages", "value": {"errors": [{"code": number} for number in range(60)]}}
    rush = {"field": "messages", "value": {"messages": [{"id": str(number)} for number in range(3)]}}
    for change in (changed, poisoned, other_number, many, rush):
        body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
        provider.control("webhook", {"phone_number": PHONE, "body": body})
        deployment.consume("WebhookProcessFunction", "inbound")
    ref = ChannelRef(WorkspaceId("acme"), ChannelId(channel))
    return f"/v1/channels/{channel}/messages/{inbound_message_id(ref, written['wamid'])}"


def _contacts(deployment: Deployment, channel: str) -> None:
    api, path = "ContactsApiFunction", f"/v1/channels/{channel}/contacts"
    query = {"queryStringParameters": {"q": "mia"}}
    event = http_event("GET", path, None, scope="contacts:read")
    assert deployment.invoke(api, {**event, **query})["statusCode"] == 200
    one, other = deployment.call(api, "GET", path, "contacts:read")["data"][:2]
    deployment.call(api, "GET", f"{path}/{one['id']}", "contacts:read")
    deployment.call(api, "GET", f"{path}/{one['id']}/messages", "messages:read")
    named = {"contact_id": other["id"]}
    deployment.call(api, "POST", f"{path}/{one['id']}/merge", "contacts:write", named)
    deployment.call(api, "POST", f"{path}/{one['id']}/unmerge", "contacts:write", named)


def _fetch(deployment: Deployment, provider: _Provider, channel: str) -> None:
    file = {"phone_number": PHONE, "mime_type": "image/png", "size_bytes": 10}
    provider.control("faults", {"on": "media", "kind": "status", "status": 500, "times": 1})
    told: Any = None
    for _ in range(2):  # one is given back, one is stored
        message = {"type": "image", "image": provider.control("media", file)}
        told = provider.control("inbound", {"phone_number": PHONE, "from": _CUSTOMER, "message": message})
        deployment.consume("WebhookProcessFunction", "inbound")
        deployment.consume("MediaFetchFunction", "media")
    ref = ChannelRef(WorkspaceId("acme"), ChannelId(channel))
    path = f"/v1/channels/{channel}/messages/{inbound_message_id(ref, told['wamid'])}/media"
    deployment.call("MediaApiFunction", "GET", path, "messages:read")


def _upload(deployment: Deployment, channel: str) -> str:
    """The id of a file that was uploaded."""
    path, content = f"/v1/channels/{channel}/media", b"\x89PNG\r\n\x1a\n"
    wanted = {"type": "image", "mime_type": "image/png", "size_bytes": len(content)}
    upload = deployment.call("MediaApiFunction", "POST", path, "messages:write", wanted)
    key, bucket = upload["upload"]["fields"]["key"], deployment.aws.media_bucket
    # Whoever fills the form in acts with the function's right.
    deployment.uses["MediaApiFunction"].add(Use("s3:PutObject", f"MediaBucket/{key}"))
    boto("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType="image/png")
    return str(upload["id"])


def _send_files(deployment: Deployment, channel: str) -> None:
    """Whether a file is there is looked up by whoever asks first."""
    looked_up, not_looked_up = _upload(deployment, channel), _upload(deployment, channel)
    path = f"/v1/channels/{channel}"
    deployment.call("MediaApiFunction", "GET", f"{path}/media/{looked_up}", "messages:read")
    for media_id in (looked_up, not_looked_up):
        _send_one(deployment, f"{path}/messages", {"type": "image", "image": {"id": media_id}})


def _send(deployment: Deployment, provider: _Provider, channel: str) -> None:
    path = f"/v1/channels/{channel}/messages"
    message = _send_one(deployment, path, _TEXT)
    deployment.call("SendApiFunction", "GET", f"{path}/{message['id']}", "messages:read")
    provider.control("webhook", {"phone_number": PHONE, "body": _delivered(provider.sent()[0]["wamid"])})
    deployment.consume("WebhookProcessFunction", "inbound")
    _send_one(deployment, path, {**_TEMPLATE, "to": "+4915198765432"})  # a new contact
    known_otherwise = [{"input": "+5541988887777", "wa_id": "554188887777"}]
    _answer(provider, 200, {"contacts": known_otherwise, "messages": [{"id": "wamid.otherwise"}]})
    _send_one(deployment, path, {**_TEMPLATE, "to": "+5541988887777"})
    _answer(provider, 429, {})  # wait and try again
    _send_and_take_back(deployment, path, "+4915198765432")
    _answer(
        provider, 400, {"error": {"message": "Re-engagement message", "code": 131047}}
    )  # closes the window
    _send_one(deployment, path, _TEXT)
    with _leased_far_ahead(deployment, channel):
        _send_and_take_back(deployment, path, "+4915198765434")
    with _lines_held(deployment, channel):
        _send_and_take_back(deployment, path, "+4915198765435")
    with _lines_unreadable(deployment, channel):  # the turn is given back
        _send_and_take_back(deployment, path, "+4915198765436")
    offer = {"type": "template", "template": {"name": "offer", "language": {"code": "en_US"}}}
    for code in (132001, 132016):  # asks for a sync, stops the template
        _answer(provider, 404, {"error": {"message": "Template", "code": code}})
        _send_one(deployment, path, {**offer, "to": f"+4915198{code}"})
    _answer(provider, 401, {})  # closes the channel
    _send_one(deployment, path, {**_TEMPLATE, "to": "+4915198765433"})


def _send_one(deployment: Deployment, path: str, content: Mapping[str, Any]) -> Any:
    headers = {"idempotency-key": str(len(deployment.invoked))}
    body = {"to": f"+{_CUSTOMER}", **content}
    _forget_pair_rates(deployment)
    message = deployment.call("SendApiFunction", "POST", path, "messages:write", body, headers=headers)
    deployment.consume("SendWorkerFunction", "send")
    return message


def _send_and_take_back(deployment: Deployment, path: str, to: str) -> None:
    """It has to wait; a later answer of the provider must not become its own."""
    message = _send_one(deployment, path, {**_TEMPLATE, "to": to})
    deployment.call("SendApiFunction", "DELETE", f"{path}/{message['id']}", "messages:write")


def _forget_pair_rates(deployment: Deployment) -> None:
    """As if nobody had been written to for a while, however slow this machine is."""
    for item in boto("dynamodb").scan(TableName=deployment.aws.channels)["Items"]:
        if item["sk"]["S"] == "pair":
            key = {name: item[name] for name in ("pk", "sk")}
            boto("dynamodb").delete_item(TableName=deployment.aws.channels, Key=key)


@contextmanager
def _leased_far_ahead(deployment: Deployment, channel: str) -> Iterator[None]:
    """As if other workers had a minute's messages to send."""
    table, until = deployment.aws.channels, int((time.time() + 60) * 1_000_000)
    key = {"pk": {"S": f"pace#acme#{channel}"}, "sk": {"S": "pace"}}
    leased = {"next_free": {"N": str(until)}, "ceiling": {"N": "80"}, "slowed_at": {"N": "0"}}
    boto("dynamodb").put_item(TableName=table, Item={**key, **leased})
    yield
    boto("dynamodb").delete_item(TableName=table, Key=key)


@contextmanager
def _lines_held(deployment: Deployment, channel: str) -> Iterator[None]:
    """As if another worker drained them."""
    table, until = deployment.aws.messages, str(int((time.time() + 60) * 1_000_000))
    key = {"pk": {"S": f"lines#acme#{channel}"}, "sk": {"S": "lease"}}
    held = {f"until_{line}": {"N": until} for line in range(8)}
    boto("dynamodb").put_item(TableName=table, Item={**key, **held})
    yield
    boto("dynamodb").delete_item(TableName=table, Key=key)


@contextmanager
def _lines_unreadable(deployment: Deployment, channel: str) -> Iterator[None]:
    """As if something else stood in them."""
    table = deployment.aws.messages
    keys = [{"pk": {"S": f"line#acme#{channel}#reply#{line}"}, "sk": {"S": f"{1:016}"}} for line in range(8)]
    for key in keys:
        boto("dynamodb").put_item(TableName=table, Item=key)
    yield
    for key in keys:
        boto("dynamodb").delete_item(TableName=table, Key=key)


def _answer(provider: _Provider, status: int, body: Any) -> None:
    fault = {"on": "messages", "kind": "status", "status": status, "body": body, "times": 1}
    provider.control("faults", fault)


def _delivered(wamid: str) -> Any:
    status = {"id": wamid, "status": "delivered", "timestamp": "1790000000", "recipient_id": _CUSTOMER}
    value = {"messaging_product": "whatsapp", "statuses": [status]}
    changes = [{"field": "messages", "value": value}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}


def _sync(deployment: Deployment, channel: str) -> None:
    path = f"/v1/channels/{channel}/templates"
    deployment.call("SyncTemplatesApiFunction", "POST", f"{path}/sync", "templates:write")
    deployment.call("SyncTemplatesApiFunction", "GET", path, "templates:read")
    deployment.invoke("SyncTemplatesScheduleFunction", {})
    deployment.consume("SyncTemplatesWorkerFunction", "template-sync")


def _review(deployment: Deployment, provider: _Provider) -> None:
    """WhatsApp tells of a template by name, of one by id alone, and of one that nobody knows."""
    names = ({"name": "hello_world", "language": "en_US"}, {"id": 1}, {"name": "new", "language": "en"})
    for named in names:
        whom = {f"message_template_{key}": value for key, value in named.items()}
        change = {"field": "message_template_status_update", "value": {"event": "APPROVED", **whom}}
        entry = {"id": "1", "time": int(time.time()) + 9, "changes": [change]}
        body = {"object": "whatsapp_business_account", "entry": [entry]}
        provider.control("webhook", {"phone_number": PHONE, "body": body})
        deployment.consume("WebhookProcessFunction", "inbound")
    deployment.consume("SyncTemplatesWorkerFunction", "template-sync")


def _broadcast(deployment: Deployment, channel: str) -> None:
    """One row is wrong, so that there is a file of failures; one names a contact."""
    api, path = "BroadcastsApiFunction", f"/v1/channels/{channel}/broadcasts"
    recipients = [{"to": f"+{_CUSTOMER}"}, {"to": "+4915198765432"}, {"to": "nobody"}]
    wanted = {"name": "News", "template": _TEMPLATE["template"], "recipients": recipients}
    headers = {"headers": {"idempotency-key": "news"}}
    made = deployment.call(api, "POST", path, "broadcasts:write", wanted, **headers)
    picture = {"type": "image", "image": {"id": _upload(deployment, channel)}}
    header = [{"type": "header", "parameters": [picture]}]
    template = {"name": "with_picture", "language": {"code": "en"}, "components": header}
    with_file = {"name": "Pictures", "template": template}
    headers = {"headers": {"idempotency-key": "pictures"}}
    assert deployment.call(api, "POST", path, "broadcasts:write", with_file, **headers)["upload"]
    _take_steps(deployment)
    own = f"{path}/{made['id']}"
    deployment.call(api, "POST", f"{own}/start", "broadcasts:write")
    early = {"workspace_id": "acme", "channel_id": channel, "broadcast_id": made["id"], "kind": "feed"}
    queue = deployment.aws.queues["broadcast"]
    boto("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps({**early, "number": 9}))  # comes again
    for shown in ("", "/recipients"):
        deployment.call(api, "GET", f"{own}{shown}", "broadcasts:read")
    _take_steps(deployment)
    deployment.call(api, "GET", f"{own}/failures", "broadcasts:read")
    deployment.call(api, "GET", path, "broadcasts:read")


def _take_steps(deployment: Deployment) -> None:
    while deployment.aws.waiting("broadcast"):
        deployment.consume("BroadcastsWorkerFunction", "broadcast")


def _recover(deployment: Deployment, provider: _Provider, channel: str, received: str) -> None:
    """The channel was stopped: a sync lets it send again, and a call with a rejected key stops it."""
    path = f"/v1/channels/{channel}/templates/sync"
    deployment.call("SyncTemplatesApiFunction", "POST", path, "templates:write")
    _answer(provider, 401, {})
    event = http_event("POST", f"{received}/read", None, scope="messages:write")
    assert deployment.invoke("SendApiFunction", event)["statusCode"] == 502
    deployment.call("SyncTemplatesApiFunction", "POST", path, "templates:write")
    provider.control("faults", {"on": "templates", "kind": "status", "status": 401, "times": 1})
    for _ in range(2):  # the second lets it send again
        deployment.invoke("SyncTemplatesScheduleFunction", {})
        deployment.consume("SyncTemplatesWorkerFunction", "template-sync")


_FUNCTIONS = sorted(translated().written("AWS::Serverless::Function"))


@pytest.mark.parametrize("function", _FUNCTIONS)
def test_a_role_allows_what_its_function_does(uses: dict[str, set[Use]], function: str) -> None:
    allowed = list(grants(function))
    assert uses[function]
    assert [use for use in uses[function] if not any(grant.covers(use) for grant in allowed)] == []


@pytest.mark.parametrize("function", _FUNCTIONS)
def test_a_role_allows_nothing_that_its_function_does_not(uses: dict[str, set[Use]], function: str) -> None:
    idle = [
        grant
        for grant in grants(function)
        if grant.action not in _BY_LAMBDA
        and (grant.action, grant.resource) != _FAILED_EVENTS
        and not any(grant.covers(use) for use in uses[function])
    ]
    assert idle == []
