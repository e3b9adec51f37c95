"""The control interface under /_local: readiness, development tokens, schedules, events, queues."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.events import EventFeed
from local.issuer import SCOPES, TOKEN_SECONDS, Issuer
from local.queues import Queues, UnknownQueueError
from local.schedules import ScheduleFailedError, Schedules, UnknownScheduleError

_COLLECT_SECONDS = 1.0
_READY_SECONDS = 30.0


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _TokenRequest(_Input):
    workspace_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    scopes: list[str] | None = None

    @field_validator("scopes")
    @classmethod
    def _known(cls, scopes: list[str] | None) -> list[str] | None:
        if unknown := [scope for scope in scopes or [] if scope not in SCOPES]:
            raise ValueError(f"unknown scope {', '.join(unknown)}; there are: {', '.join(SCOPES)}")
        return scopes


class _EventsQuery(_Input):
    detail_type: str | None = None
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1000


def problem(status: int, title: str, detail: str, errors: list[dict[str, str]] | None = None) -> Response:
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(
        body | ({"errors": errors} if errors else {}), status, media_type="application/problem+json"
    )


@dataclass(frozen=True)
class Control:
    """What the front needs to answer for the stack."""

    api_url: str
    simulator_url: str
    emulator_url: str
    issuer: Issuer
    events: EventFeed
    queues: Queues
    schedules: Schedules

    def routes(self) -> list[Route]:
        return [
            Route("/ready", _answering(self._ready)),
            Route("/token", _answering(self._token), methods=["POST"]),
            Route("/issuer/.well-known/openid-configuration", self._discovery),
            Route("/issuer/jwks", self._keys),
            Route("/schedules/{logical_id}/run", _answering(self._run_schedule), methods=["POST"]),
            Route("/events", _answering(self._events)),
            Route("/queues", _answering(self._queues)),
            Route("/queues/{name}/redrive", _answering(self._redrive), methods=["POST"]),
        ]

    async def collect_events(self) -> None:
        """Empties the event queue for as long as the front runs; the next round makes up for a failed one."""
        while True:
            try:
                await run_in_threadpool(self.events.drain)
            except (BotoCoreError, ClientError) as error:
                print(f"Events could not be fetched: {error}", file=sys.stderr)
            await asyncio.sleep(_COLLECT_SECONDS)

    async def _ready(self, _: Request) -> Response:
        checks = {
            "aws": f"{self.emulator_url}/_ministack/health",
            "simulator": f"{self.simulator_url}/_control/ready",
            "api": f"{self.api_url}/v1/health",
        }
        async with httpx.AsyncClient(trust_env=False, timeout=_READY_SECONDS) as client:
            results = await asyncio.gather(*(_answers(client, url) for url in checks.values()))
        if missing := [name for name, up in zip(checks, results, strict=True) if not up]:
            return problem(503, "Not ready", f"No answer yet from: {', '.join(missing)}.")
        urls = {"api": self.api_url, "simulator": self.simulator_url, "console": f"{self.api_url}/"}
        return JSONResponse(urls)

    async def _token(self, request: Request) -> Response:
        asked = _TokenRequest.model_validate(await _json(request))
        scopes = SCOPES if asked.scopes is None else asked.scopes
        token = self.issuer.token(asked.workspace_id, scopes)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})

    async def _discovery(self, _: Request) -> Response:
        return JSONResponse(self.issuer.discovery())

    async def _keys(self, _: Request) -> Response:
        return JSONResponse(self.issuer.keys())

    async def _run_schedule(self, request: Request) -> Response:
        logical_id = request.path_params["logical_id"]
        result = await run_in_threadpool(self.schedules.run, logical_id)
        return JSONResponse({"ran": logical_id, "result": result})

    async def _events(self, request: Request) -> Response:
        query = _EventsQuery.model_validate(dict(request.query_params))
        return JSONResponse(await run_in_threadpool(self.events.latest, query.detail_type, query.limit))

    async def _queues(self, _: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.queues.counts))

    async def _redrive(self, request: Request) -> Response:
        moved = await run_in_threadpool(self.queues.redrive, request.path_params["name"])
        return JSONResponse({"moved": moved})


_Endpoint = Callable[[Request], Awaitable[Response]]


def _answering(endpoint: _Endpoint) -> _Endpoint:
    """Failures as problems that say what to do."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ValidationError as error:
            return problem(422, "Invalid request", "The request is not as it should be.", _pointers(error))
        except (UnknownQueueError, UnknownScheduleError) as error:
            return problem(404, "Not found", str(error))
        except ScheduleFailedError as error:
            return problem(502, "The schedule's function failed", str(error))
        except (BotoCoreError, ClientError) as error:
            return problem(502, "The embedded AWS refused", str(error))

    return answer


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == 200
    except httpx.HTTPError:
        return False


async def _json(request: Request) -> Any:
    """An unreadable body counts as one of the wrong form."""
    try:
        return json.loads(await request.body())
    except ValueError:
        return None


def _pointers(error: ValidationError) -> list[dict[str, str]]:
    return [
        {"pointer": "/" + "/".join(map(str, each["loc"])), "message": each["msg"], "code": each["type"]}
        for each in error.errors(include_url=False, include_context=False)
    ]
