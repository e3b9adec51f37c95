"""The provider's API: what 360dialog answers at waba-v2.360dialog.io."""

import json
from collections.abc import Awaitable, Callable
from http.client import responses as phrases
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.simulator import health, templates
from local.simulator.faults import Fault, Where
from local.simulator.media import LINK_PATH
from local.simulator.media_routes import MediaRoutes
from local.simulator.messaging import accepted_answer, mark_as_read
from local.simulator.numbers import Number
from local.simulator.phones import digits_of
from local.simulator.refusals import RefusalError
from local.simulator.responses import DroppedConnection, HeldConnection
from local.simulator.simulator import Simulator

Handle = Callable[[Number, Request], Awaitable[Response]]

INVALID_KEY = "Invalid api token"
WITHOUT_BODY = (204, 304)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Provider:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._media = MediaRoutes(simulator)

    def routes(self) -> list[Route]:
        return [
            self._route("/messages", "POST", "messages", self.post_message),
            self._route("/health_status", "GET", "health", self.get_health),
            self._route("/v1/configs/webhook", "GET", "webhook_config", self.get_webhook),
            self._route("/v1/configs/webhook", "POST", "webhook_config", self.post_webhook),
            self._route("/message_templates", "GET", "templates", self.get_templates),
            self._route("/media", "POST", "media_upload", self._media.upload),
            self._route(LINK_PATH, "GET", "media_download", self._media.download),
            self._route("/{media_id}", "GET", "media", self._media.look_up),  # last: any word fits
            self._route("/{media_id}", "DELETE", "media", self._media.delete),
        ]

    async def post_message(self, number: Number, request: Request) -> Response:
        body = await _json_object(request)
        if "status" in body:
            return JSONResponse(mark_as_read(number, body))
        message = self._simulator.accept(number, body)
        return JSONResponse(accepted_answer(body, number, message))

    async def get_health(self, number: Number, request: Request) -> Response:
        return JSONResponse(health.status_of(number, _fields(request)))

    async def get_webhook(self, number: Number, _request: Request) -> Response:
        return JSONResponse({"url": number.webhook_url, "headers": number.webhook_headers})

    async def post_webhook(self, number: Number, request: Request) -> Response:
        try:
            body = await _json_object(request)
        except RefusalError as refusal:
            return meta_error(400, "Invalid payload", [refusal.details])
        headers = body.get("headers") or {}
        wrong = wrong_url(body.get("url")) or wrong_headers(headers)
        if wrong:
            return meta_error(400, "Invalid payload", [wrong])
        number.webhook_url, number.webhook_headers = body["url"], headers
        self._simulator.changed()
        return JSONResponse({"url": number.webhook_url, "headers": number.webhook_headers})

    async def get_templates(self, number: Number, request: Request) -> Response:
        query = request.query_params
        limit = _limit(query.get("limit"))
        fields = _fields(request) or templates.DEFAULT_FIELDS
        known = {*templates.DEFAULT_FIELDS, *templates.FURTHER_FIELDS}
        health.refuse_unknown_fields(fields, known, "WhatsAppMessageTemplate")
        rows, cursors, more = templates.list_page(
            number.templates,
            limit=limit,
            after=query.get("after", ""),
            before=query.get("before", ""),
            fields=fields,
        )
        answer: dict[str, Any] = {"data": rows}
        if cursors:
            answer["paging"] = {"cursors": cursors}
            if more:
                following = request.url.remove_query_params("before")
                answer["paging"]["next"] = str(following.include_query_params(after=cursors["after"]))
        return JSONResponse(answer)

    def _route(self, path: str, method: str, on: Where, handle: Handle) -> Route:
        async def endpoint(request: Request) -> Response:
            number = self._simulator.state.with_key(request.headers.get("d360-api-key", ""))
            if number is None:
                return _unauthorised(on)
            if method == "GET" and on in ("media", "media_download"):
                return await self._throttled(on, handle, number, request)
            return await self._called(on, handle, number, request)

        return Route(path, endpoint, methods=[method])

    async def _called(self, on: Where, handle: Handle, number: Number, request: Request) -> Response:
        fault = self._simulator.faults.take(on, number, await _customer_named(request))
        if fault is None:
            return await self._answer(handle, number, request)
        return await self._fail(fault, handle, number, request)

    async def _throttled(self, on: Where, handle: Handle, number: Number, request: Request) -> Response:
        """Too many errors block the endpoint."""
        throttle = self._simulator.throttle_of(number)
        if throttle.is_blocked(self._simulator.clock.now()):
            return JSONResponse({"error": "Endpoint disabled after too many errors"}, 429)
        answer = await self._called(on, handle, number, request)
        if answer.status_code >= 400:
            throttle.count_error(self._simulator.clock.now())
        return answer

    async def _answer(self, handle: Handle, number: Number, request: Request) -> Response:
        try:
            return await handle(number, request)
        except RefusalError as refusal:
            trace_id = self._simulator.chance.trace_id()
            return JSONResponse(refusal.body(trace_id), refusal.status_code)

    async def _fail(self, fault: Fault, handle: Handle, number: Number, request: Request) -> Response:
        match fault.kind:
            case "status":
                return _ordered_answer(fault)
            case "delay":
                await self._simulator.background.pause(fault.delay_ms / 1000)
                return await self._answer(handle, number, request)
            case "drop":
                if fault.accepted:
                    await self._answer(handle, number, request)
                return DroppedConnection()
            case "timeout_after":
                await self._answer(handle, number, request)
        return HeldConnection(self._simulator.background.stopping)


def meta_error(status_code: int, message: str, details: list[str] | None = None) -> Response:
    """The shape of errors below /v1/configs."""
    meta: dict[str, Any] = {"success": False, "http_code": status_code, "developer_message": message}
    if details:
        meta["details"] = details
    return JSONResponse({"meta": meta}, status_code)


def wrong_url(url: Any) -> str | None:
    """The rules of 360dialog, but for this machine itself, where people try things without TLS."""
    if not isinstance(url, str):
        return "url: a web address is required"
    if not url:
        return None  # clears it; how 360dialog takes this is not documented, and Kanal copes with a refusal
    try:
        parts = urlsplit(url)
    except ValueError:
        return "url: is not a web address"
    if parts.hostname in LOOPBACK and parts.scheme in ("http", "https"):
        return None
    if parts.scheme != "https" or not parts.hostname:
        return "url: must be an https address"
    if "_" in parts.hostname or ":" in parts.netloc:
        return "url: no underscore and no port are allowed in the domain"
    return None


def wrong_headers(headers: Any) -> str | None:
    if not isinstance(headers, dict):
        return "headers: must be an object"
    if all(isinstance(value, str) and (name + value).isascii() for name, value in headers.items()):
        return None
    return "headers: names and values must be plain ASCII strings"


def _unauthorised(on: Where) -> Response:
    if on == "webhook_config":
        return meta_error(401, INVALID_KEY)
    return JSONResponse({"error": INVALID_KEY}, 401)


def _ordered_answer(fault: Fault) -> Response:
    if isinstance(fault.body, str):
        return Response(fault.body, fault.status, fault.headers)
    if fault.status in WITHOUT_BODY:
        return Response(status_code=fault.status, headers=fault.headers)
    body = {"error": phrases.get(fault.status, "Error")} if fault.body is None else fault.body
    return JSONResponse(body, fault.status, fault.headers)


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise RefusalError(100, "Invalid JSON in request body") from error
    if not isinstance(body, dict):
        raise RefusalError(100, "The request body must be a JSON object")
    return body


async def _customer_named(request: Request) -> str | None:
    """Whom a call is about, whatever else is wrong with it; a fault can be for one customer only."""
    try:
        body = await _json_object(request)
    except RefusalError:
        return None
    if isinstance(body.get("to"), str):
        return digits_of(body["to"])
    return body["recipient"] if isinstance(body.get("recipient"), str) else None


def _fields(request: Request) -> list[str]:
    return [name for name in request.query_params.get("fields", "").split(",") if name]


def _limit(text: str | None) -> int:
    if text is None:
        return templates.DEFAULT_PAGE
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= templates.LARGEST_PAGE:
        raise RefusalError(100, f"Param limit must be between 1 and {templates.LARGEST_PAGE}")
    return int(text)
