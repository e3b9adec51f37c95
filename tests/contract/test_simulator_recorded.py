"""The simulator's answers have the shape of those recorded from the real API, where records are at hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contract.simulator_world import PHONE, World, message

# Lies beside the repository, not in it.
RECORDED = Path(__file__).parents[3] / "shared" / "fixtures" / "responses"

# Present in some records and absent in others of the same kind.
OPTIONAL = {
    ".error.fbtrace_id",
    ".error.error_subcode",
    ".messages[].message_status",
    ".data[].parameter_format",
    ".data[].previous_category",
    ".data[].sub_category",
    ".data[].cta_url_link_tracking_opted_out",
    ".paging",
    ".paging.cursors",
    ".paging.cursors.before",
    ".paging.cursors.after",
    ".paging.next",
}


def test_answers_have_the_shape_of_the_recorded_ones(world: World) -> None:
    """Key by key, apart from what the records themselves disagree about."""
    differences = {}
    for prefix, ask in QUESTIONS.items():
        for path in sorted(RECORDED.glob(f"{prefix}*.json")):
            world.begin()
            ours, recorded = ask(world), json.loads(path.read_text())
            different = (paths_of(ours) ^ paths_of(recorded)) - OPTIONAL
            if different or title_of(ours) != title_of(recorded):
                differences[path.name] = (sorted(different), title_of(ours), title_of(recorded))
    assert differences == {}


def paths_of(value: Any, path: str = "") -> set[str]:
    """Every key with its way down to it; a list counts as its elements. Components are the caller's own."""
    if isinstance(value, list):
        return {found for element in value for found in paths_of(element, path + "[]")}
    if not isinstance(value, dict):
        return set()
    found = set()
    for key, element in value.items():
        found.add(f"{path}.{key}")
        if key != "components":
            found |= paths_of(element, f"{path}.{key}")
    return found


def title_of(answer: Any) -> Any:
    """Code and title of an error."""
    return answer.get("error", {}).get("message")


def text(world: World) -> Any:
    world.customer_writes()
    return world.send_text().json()


def interactive(world: World) -> Any:
    world.customer_writes()
    buttons = [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]
    content = {"type": "button", "body": {"text": "Shall we?"}, "action": {"buttons": buttons}}
    return world.post("/messages", message("interactive", content)).json()


def template(world: World) -> Any:
    return world.send_template("hello_world", "en_US").json()


def closed_window(world: World) -> Any:
    return world.send_text().json()


def too_fast(world: World) -> Any:
    world.control("numbers", {"phone_number": PHONE, "messages_per_second": 1})
    world.send_template("hello_world", "en_US")
    return world.send_template("hello_world", "en_US").json()


def unknown_read(world: World) -> Any:
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.none"}
    return world.post("/messages", body).json()


def listed(world: World) -> Any:
    return world.get("/message_templates").json()


def listed_empty(world: World) -> Any:
    world.control("numbers", {"phone_number": PHONE, "templates": []})
    return listed(world)


# First part of a record's name, and how to get the same answer here.
QUESTIONS: dict[str, Callable[[World], Any]] = {
    "send_ok.": text,
    "send_ok_text": text,
    "send_ok_interactive": interactive,
    "send_ok_send_": interactive,
    "send_ok_reaction": interactive,
    "send_ok_template": template,
    "error_131047": closed_window,
    "error_130429": too_fast,
    "mark_read_error_": unknown_read,
    "templates_list_ok.": listed,
    "templates_list_ok_empty": listed_empty,
}
