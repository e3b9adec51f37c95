"""`python -m local.demo`: a whole conversation through a stack of its own, told as it happens.

It starts the stack on free ports, so that it runs beside `make run`, and ends it afterwards.
"""

import sys
import textwrap
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import httpx

from local.processes import LocalStackError, free_port
from local.run import print_step, until_stopped
from local.simulator.phones import user_id_of
from local.stack import Ports, Stack, running_stack

BUSINESS = "+4930901820"
ADA = "+4915112345678"
BEN = "+436601234567"
EVA = "+41791234567"
_QUESTION = "Shall we deliver it, or will you come by?"
_ANSWERS = {"deliver": "Deliver it", "collect": "I will come by"}
_PATIENCE_SECONDS = 30.0

Found = TypeVar("Found")


class Demo:
    """The customer's phone is the simulator; the platform is a client of Kanal's API."""

    def __init__(self, stack: Stack) -> None:
        self._simulator = httpx.Client(base_url=stack.simulator_url, trust_env=False, timeout=40)
        self._kanal = httpx.Client(base_url=stack.api_url, trust_env=False, timeout=40)
        token = _json(self._kanal.post("/_local/token", json={"workspace_id": "demo"}))["access_token"]
        self._kanal.headers["Authorization"] = f"Bearer {token}"

    def run(self) -> None:
        channel = self._connect()
        contact_id = self._customer_writes()
        self._reply(channel, contact_id)
        self._receive_a_picture(channel)
        self._ask_with_buttons(channel, contact_id)
        self._recognise_a_person()
        self._write_to_a_stranger(channel)
        self._send_template(channel)
        say("", "That was a whole conversation. `make run` keeps such a stack open for you to try.")

    def _connect(self) -> str:
        title("Connect a WhatsApp number")
        number = {"phone_number": BUSINESS, "display_name": "Acme Tools"}
        key = _json(self._simulator.post("/_control/numbers", json=number))["api_key"]
        say("360dialog", f"{BUSINESS} is yours; here is its API key.")
        channel = self._post("/v1/channels", {"name": "Support", "api_key": key}, key="connect-support")
        say("Kanal", f'Channel "{channel["name"]}" is {channel["state"]}: {channel["phone_number"]},')
        say("", f"up to {channel['messages_per_second']} messages a second. Key tried, webhook registered.")
        return f"/v1/channels/{channel['id']}"

    def _customer_writes(self) -> str:
        title("A customer writes")
        text = "Hi, is the cordless drill back in stock?"
        say("Ada", text)
        event = self._write(ADA, "Ada", {"type": "text", "text": {"body": text}})
        contact = event["contact"]
        say("Kanal", f"Event message.received: {contact['profile_name']}, {contact['phone_number']}.")
        say("", f"The window to answer is open until {clock(contact['window']['open_until'])}.")
        return str(contact["id"])

    def _reply(self, channel: str, contact_id: str) -> None:
        title("Somebody answers")
        text = "Yes, since this morning. Shall I put one aside for you?"
        say("Acme Tools", text)
        body = {"to": contact_id, "type": "text", "text": {"body": text}}
        self._tell_timeline(channel, self._post(f"{channel}/messages", body, key="reply-to-ada"))

    def _receive_a_picture(self, channel: str) -> None:
        title("The customer sends a picture")
        say("Ada", "(a picture) It is this one.")
        file = {"phone_number": BUSINESS, "mime_type": "image/png", "size_bytes": 120_000}
        image = {**_json(self._simulator.post("/_control/media", json=file)), "caption": "It is this one."}
        message = self._write(ADA, "Ada", {"type": "image", "image": image}, told_as="message.media")[
            "message"
        ]
        media = message["media"]
        say(
            "Kanal",
            f"Event message.media: {media['mime_type']}, {media['size_bytes']} bytes, {media['state']}.",
        )
        link = _json(self._kanal.get(f"{channel}/messages/{message['id']}/media"))
        say("", f"A link to it, good until {clock(link['expires_at'])}: {link['url'][:40]}...")

    def _ask_with_buttons(self, channel: str, contact_id: str) -> None:
        title("Somebody asks with buttons")
        say("Acme Tools", f"{_QUESTION} [{'] ['.join(_ANSWERS.values())}]")
        buttons = [{"type": "reply", "reply": button} for button in map(_button, _ANSWERS)]
        question = {"type": "button", "body": {"text": _QUESTION}, "action": {"buttons": buttons}}
        body = {"to": contact_id, "type": "interactive", "interactive": question}
        asked = self._read(channel, self._post(f"{channel}/messages", body, key="ask-ada"))
        say("", f"It is {asked['wamid'][:40]}...")
        say("Ada", f"(taps) [{_ANSWERS['deliver']}]")
        tapped = {"type": "button_reply", "button_reply": _button("deliver")}
        context = {"from": BUSINESS.lstrip("+"), "id": asked["wamid"]}
        answer = {"type": "interactive", "interactive": tapped, "context": context}
        message = self._write(ADA, "Ada", answer)["message"]
        say("Kanal", f'Event message.received: "{message["interactive"]["button_reply"]["id"]}",')
        say("", f"in answer to {message['context']['message_id'][:40]}...")

    def _recognise_a_person(self) -> None:
        title("Somebody hides her number first, and shows it later")
        words = {user_id_of(EVA.lstrip("+")): "Are you open today?", EVA: "It is me again. Until when?"}
        for sender, text in words.items():
            say("Eva", text)
            contact = self._write(sender, "Eva", {"type": "text", "text": {"body": text}})["contact"]
            say("Kanal", f"{contact['id']}: {contact['user_id']}, {contact['phone_number'] or 'no number'}.")

    def _write_to_a_stranger(self, channel: str) -> None:
        title("Somebody writes to a customer who has not written")
        text = "Hello Ben, your order is on its way!"
        say("Acme Tools", text)
        body = {"to": BEN, "type": "text", "text": {"body": text}}
        answer = self._kanal.post(f"{channel}/messages", json=body, headers={"Idempotency-Key": "free-text"})
        problem = answer.json()
        say("Kanal", f"{answer.status_code} {problem['code']}. {problem['detail']}")

    def _send_template(self, channel: str) -> None:
        title("So it has to be a template")
        report = self._post(f"{channel}/templates/sync", None, key="sync")["report"]
        templates = _json(self._kanal.get(f"{channel}/templates"))["data"]
        say("Kanal", f"Templates compared with WhatsApp: {report['new']} new. To be sent now:")
        for template in templates:
            say("", f"- {template['name']} ({template['language']}): {body_text(template)}")
        values = [{"type": "text", "text": value} for value in ("Ben", "A-1001")]
        content = {
            "name": "order_update",
            "language": {"code": "en"},
            "components": [{"type": "body", "parameters": values}],
        }
        say("Acme Tools", "order_update, with Ben and A-1001")
        body = {"to": BEN, "type": "template", "template": content}
        self._tell_timeline(channel, self._post(f"{channel}/messages", body, key="template-to-ben"))

    def _tell_timeline(self, channel: str, accepted: Any) -> None:
        message = self._read(channel, accepted)
        facts = {fact["state"]: fact["received_at"] for fact in message["timeline"]}
        for state in ("queued", "sent", "delivered", "read"):
            say("Kanal" if state == "queued" else "", f"{clock(facts[state])}  {state}")

    def _read(self, channel: str, accepted: Any) -> Any:
        """The message when the customer has read it."""
        path = f"{channel}/messages/{accepted['id']}"
        return eventually(lambda: read_by_now(_json(self._kanal.get(path))))

    def _write(self, sender: str, name: str, message: Any, told_as: str = "message.received") -> Any:
        """The customer writes; gives the detail of the event that tells of it."""
        inbound = {"phone_number": BUSINESS, "from": sender, "profile_name": name, "message": message}
        written = _json(self._simulator.post("/_control/inbound", json=inbound))
        return eventually(lambda: self._event(told_as, written["wamid"]))

    def _event(self, detail_type: str, wamid: str) -> Any:
        events = _json(self._kanal.get("/_local/events", params={"detail_type": detail_type}))
        details = (event["detail"] for event in events)
        return next((detail for detail in details if detail["message"]["wamid"] == wamid), None)

    def _post(self, path: str, body: Any, *, key: str) -> Any:
        return _json(self._kanal.post(path, json=body, headers={"Idempotency-Key": key}))


def eventually(look: Callable[[], Found | None]) -> Found:
    """What is found behind the queues. Raises LocalStackError."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise LocalStackError(f"The expected did not happen within {_PATIENCE_SECONDS:.0f} s.")


def _button(answer: str) -> dict[str, str]:
    return {"id": answer, "title": _ANSWERS[answer]}


def read_by_now(message: Any) -> Any:
    return message if message["state"] == "read" else None


def body_text(template: Any) -> str:
    return str(next(part["text"] for part in template["components"] if part["type"] == "BODY"))


def clock(timestamp: str) -> str:
    """Seconds are enough for a person, and the day says itself."""
    return datetime.fromisoformat(timestamp).astimezone().strftime("%a %H:%M:%S")


def title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def say(who: str, text: str) -> None:
    label = f"{who + ':' if who else '':<12}"
    print(textwrap.fill(text, 100, initial_indent=label, subsequent_indent=" " * 12), flush=True)


def _json(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise LocalStackError(
            f"{answer.request.method} {answer.url} answered {answer.status_code}: {answer.text}"
        )
    return answer.json()


def main() -> int:
    def tell() -> None:
        with running_stack(Ports(free_port(), free_port()), None, print_step) as stack:
            Demo(stack).run()

    return until_stopped(tell)


if __name__ == "__main__":
    sys.exit(main())
