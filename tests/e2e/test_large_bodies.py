"""The largest webhook that WhatsApp sends: acknowledged at once, and in the end all of it is there."""

import json
import time
from typing import Any

from tests.e2e.world import Channel, World, eventually

UPDATES = 1000
_PEOPLE = 40


def test_a_thousand_updates_in_one_webhook_are_all_applied(world: World, channel: Channel) -> None:
    """Of two numbers, with statuses, errors, unknown fields and broken items between the messages."""
    other = world.connect()
    dead_before = world.queue("InboundQueue")["dead_lettered"]
    other_id = other.phone_number_id()
    body = {"entry": [{"id": "2", "changes": [_change(number, other_id) for number in range(UPDATES)]}]}
    size = len(json.dumps(body))
    assert 2_900_000 < size < 3 * 1024 * 1024

    began = time.monotonic()
    assert channel.deliver(body)["status_code"] == 200
    taken = time.monotonic() - began
    eventually(lambda: _is_empty(world.queue("InboundQueue")), seconds=120)
    done = time.monotonic() - began
    print(f"\n{UPDATES} updates in {size:,} bytes: taken after {taken:.1f} s, all there after {done:.1f} s")
    expected = [
        {f"wamid.large-{number}" for number in range(UPDATES) if number % 10 in kinds} for kinds in _MESSAGES
    ]
    eventually(lambda: [_wamids(channel), _wamids(other)] == expected)
    assert world.queue("InboundQueue")["dead_lettered"] == dead_before + UPDATES // 10
    assert world.front.get(channel.path).json()["number"]["error"]["code"] == 131000


def _is_empty(queue: Any) -> bool:
    """The whole is gone only when its parts are there, and a part only when it is applied."""
    return bool(queue["waiting"] + queue["in_flight"] == 0)


_MESSAGES = ({0, 1, 2, 3}, {4, 5, 6})


def _change(number: int, other_id: str) -> dict[str, Any]:
    wamid, kind = f"wamid.large-{number}", number % 10
    person = f"49151{number % _PEOPLE:08}"
    stamp, padding = str(1_790_000_000 + number), "x" * 2800
    message = {"id": wamid, "from": person, "timestamp": stamp, "type": "text", "text": {"body": padding}}
    value: dict[str, Any] = {"contacts": [{"wa_id": person}], "messages": [message]}
    if kind in _MESSAGES[1]:
        value["metadata"] = {"phone_number_id": other_id}
    elif kind == 7:
        value = {"statuses": [{"id": wamid, "status": "read", "timestamp": stamp, "odd": padding}]}
    elif kind == 8:
        value = {"errors": [{"code": 131000, "title": wamid, "details": padding}]}
    elif kind == 9:
        value = {"messages": [{"id": wamid, "text": padding}]}  # of no type: a dead letter
    return {"field": "messages", "value": value}


def _wamids(channel: Channel) -> set[str]:
    return {event["message"]["wamid"] for event in channel.events("message.received")}
