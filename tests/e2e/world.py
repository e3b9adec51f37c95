"""The local stack as a user sees it: HTTP to the front and to the simulator, and nothing else."""

import itertools
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

Found = TypeVar("Found")
_numbers = itertools.count(1)


def eventually(look: Callable[[], Found | None], *, seconds: float = 15.0) -> Found:
    """The first thing found; the stack works behind queues, so a user looks again too."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:.0f} s")


@dataclass(frozen=True)
class World:
    """The front with the token of a workspace, and the simulator."""

    front_url: str
    simulator_url: str
    front: httpx.Client
    simulator: httpx.Client
    process_id: int

    def token(self, workspace_id: str = "demo", scopes: Sequence[str] | None = None) -> str:
        wanted = {"workspace_id": workspace_id} | ({} if scopes is None else {"scopes": list(scopes)})
        answer = self.front.post("/_local/token", json=wanted)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def as_bearer(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.front_url, headers=headers, timeout=40, trust_env=False)

    def tell_simulator(self, path: str, **body: Any) -> Any:
        answer = self.simulator.post(f"/_control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def connect(self) -> "Channel":
        """A number that nobody else uses, connected as a channel."""
        phone_number = f"+49301{next(_numbers):06}"
        key = f"key-{uuid.uuid4().hex}"
        self.tell_simulator("numbers", phone_number=phone_number, api_key=key)
        answer = self.front.post(
            "/v1/channels",
            json={"name": f"Channel of {phone_number}", "api_key": key},
            headers={"Idempotency-Key": key},
        )
        assert answer.status_code == 201, answer.text
        return Channel(self, answer.json()["id"], phone_number)

    def queue(self, name: str) -> Any:
        rows = {row["name"]: row for row in self.front.get("/_local/queues").json()}
        return rows[name]

    def run_template_sync(self) -> Any:
        answer = self.front.post("/_local/schedules/TemplateSyncSchedule/run")
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass(frozen=True)
class Channel:
    world: World
    id: str
    phone_number: str

    @property
    def path(self) -> str:
        return f"/v1/channels/{self.id}"

    def phone_number_id(self) -> str:
        return str(self.world.front.get(self.path).json()["phone_number_id"])

    def customer_writes(self, text: str = "Hello", sender: str = "+4915112345678") -> Any:
        return self.world.tell_simulator(
            "inbound",
            phone_number=self.phone_number,
            **{"from": sender},
            profile_name="Ada",
            message={"type": "text", "text": {"body": text}},
        )

    def open_window(self, customer: str = "+4915112345678") -> str:
        """The customer has written; returns the contact's id."""
        self.customer_writes(sender=customer)
        event = eventually(lambda: next(iter(self.events("message.received", sender=customer)), None))
        return str(event["contact"]["id"])

    def events(self, detail_type: str, *, sender: str | None = None) -> list[Any]:
        """The details of this channel's events, oldest first."""
        found = self.world.front.get("/_local/events", params={"detail_type": detail_type, "limit": 10_000})
        details = [event["detail"] for event in found.json()]
        return [
            detail
            for detail in details
            if detail["channel_id"] == self.id
            and sender in {None, detail.get("contact", {}).get("phone_number")}
        ]

    def received(self, count: int = 1) -> list[Any]:
        """The message.received events, as soon as there are that many."""

        def look() -> Any:
            events = self.events("message.received")
            return events if len(events) >= count else None

        return eventually(look)

    def send(self, content: Any, *, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self.world.front.post(f"{self.path}/messages", json=content, headers=headers)

    def send_text(self, text: str = "Hi", to: str = "+4915112345678", *, key: str | None = None) -> Any:
        """The accepted message."""
        answer = self.send({"to": to, "type": "text", "text": {"body": text}}, key=key)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def message(self, message_id: str) -> Any:
        answer = self.world.front.get(f"{self.path}/messages/{message_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def message_once(self, message_id: str, *states: str, seconds: float = 20.0) -> Any:
        """The message as soon as its state is one of those."""

        def look() -> Any:
            message = self.message(message_id)
            return message if message["state"] in states else None

        return eventually(look, seconds=seconds)

    def accepted_by_provider(self) -> list[Any]:
        answer = self.world.simulator.get("/_control/sent", params={"phone_number": self.phone_number})
        return list(answer.json())

    def provider_fails(self, on: str = "messages", *, times: int | None = 1, **fault: Any) -> None:
        self.world.tell_simulator("faults", on=on, phone_number=self.phone_number, times=times, **fault)

    def webhook_url(self) -> str:
        numbers = self.world.simulator.get("/_control/numbers").json()
        return str(next(n["webhook_url"] for n in numbers if n["phone_number"] == self.phone_number))

    def deliver(self, body: Any, *, times: int = 1) -> Any:
        """Any webhook body, with the registered headers."""
        return self.world.tell_simulator("webhook", phone_number=self.phone_number, body=body, times=times)
