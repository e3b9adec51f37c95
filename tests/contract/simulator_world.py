"""A running simulator with a clock that jumps and a receiver of its webhooks, for the contract tests."""

import asyncio
import json
import threading
from typing import Any

import httpx

PHONE = "+4930901820"
DIGITS = "4930901820"
CUSTOMER = "+4915112345678"
CUSTOMER_WA_ID = "4915112345678"
WEBHOOK = "https://kanal.example/webhooks/dialog360/abc"
WEBHOOK_HEADERS = {"X-Secret": "open sesame"}
START = 1_790_000_000.0
HOUR = 3600.0


class JumpingClock:
    """Time passes only by sleeping, and sleeping takes no time."""

    def __init__(self) -> None:
        self.time = START
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


class Receiver:
    """Takes webhooks as the platform does. Each entry of `answers` is for one of them, then 200 to all."""

    def __init__(self) -> None:
        self.answers: list[int | None] = []
        self.requests: list[httpx.Request] = []
        self._arrived = threading.Condition()

    async def handle(self, request: httpx.Request) -> httpx.Response:
        with self._arrived:
            self.requests.append(request)
            answer = self.answers.pop(0) if self.answers else 200
            self._arrived.notify_all()
        if answer is None:
            await asyncio.Event().wait()
        return httpx.Response(answer or 200)

    def wait_for(self, count: int) -> list[Any]:
        """The bodies of the webhooks, once so many are there."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.requests) >= count, timeout=10):
                raise AssertionError(f"{len(self.requests)} webhooks came, not {count}")
        return self.bodies()

    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.requests]


class World:
    """One number at the provider, its key, and what a test does with it most."""

    def __init__(self, url: str, clock: JumpingClock, receiver: Receiver) -> None:
        self.clock = clock
        self.receiver = receiver
        self.http = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self.key = ""

    def begin(self) -> None:
        self.control("reset", {})
        self.clock.time = START
        self.clock.slept.clear()
        self.receiver.answers.clear()
        self.receiver.requests.clear()
        self.key = self.control("numbers", {"phone_number": PHONE, "api_key": "key-1"})["api_key"]
        self.control("settings", {"auto_statuses": False})

    def control(self, call: str, body: Any) -> Any:
        answer = self.http.post(f"/_control/{call}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, **params: str | int) -> httpx.Response:
        return self.http.get(path, params=params, headers={"D360-API-KEY": self.key})

    def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        return self.http.post(path, json=body, headers={"D360-API-KEY": self.key}, **options)

    def register_webhook(self) -> None:
        answer = self.post("/v1/configs/webhook", {"url": WEBHOOK, "headers": WEBHOOK_HEADERS})
        assert answer.status_code == 200, answer.text

    def customer_writes(self, text: str = "hello", **message: Any) -> Any:
        content = {"type": "text", "text": {"body": text}, **message}
        return self.control("inbound", {"phone_number": PHONE, "from": CUSTOMER, "message": content})

    def send_text(self, text: str = "hello", to: str = CUSTOMER, **more: Any) -> httpx.Response:
        return self.post("/messages", {**message("text", {"body": text}), "to": to, **more})

    def send_template(self, name: str, language: str, *values: str, **options: Any) -> httpx.Response:
        template: dict[str, Any] = {"name": name, "language": {"code": language}}
        if values:
            parameters = [{"type": "text", "text": value} for value in values]
            template["components"] = [{"type": "body", "parameters": parameters}]
        return self.post("/messages", {**message("template", template), **options})

    def sent(self) -> list[Any]:
        answer = self.http.get("/_control/sent", params={"phone_number": PHONE})
        return list(answer.json())


def message(kind: str, content: Any) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": CUSTOMER,
        "type": kind,
        kind: content,
    }


def error_of(answer: httpx.Response) -> tuple[int, int]:
    """HTTP status and WhatsApp's code."""
    return answer.status_code, answer.json()["error"]["code"]


def statuses_of(body: Any) -> list[Any]:
    return list(body["entry"][0]["changes"][0]["value"].get("statuses", []))
