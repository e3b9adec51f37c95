"""Promise 1 over whole folders of webhook bodies: nothing that was answered with 200 is lost."""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kanal.inbox.explode import Item, explode
from tests.integration.aws import boto
from tests.integration.inbound import (
    Hook,
    contacts_stored,
    dead_letters,
    hook_of,
    kinds_stored,
    process_next,
)
from tests.integration.world import World

pytestmark = pytest.mark.slow

HERE = Path(__file__).parents[1]
LISTS = (
    *("messages", "statuses", "errors", "message_echoes", "calls", "state_sync"),
    *("user_preferences", "user_id_update", "groups"),
)
AROUND = {"messaging_product", "metadata", "contacts"}


def folders() -> list[Path]:
    """Our own, and others beside the repository or where KANAL_FIXTURES says."""
    named = os.environ.get("KANAL_FIXTURES")
    others = [Path(named)] if named else sorted(HERE.parents[1].glob("*/fixtures/webhooks"))
    return [HERE / "data" / "webhooks", *others]


def parts(body: Any) -> Iterator[tuple[str, Any]]:
    """What must be found again, read in the plainest way: where it stood, and its JSON."""
    if isinstance(body, dict) and "entry" not in body and "messages" in body:
        body = {"entry": [{"changes": [{"value": body}]}]}  # of the retired on-premise API
    entries = body.get("entry") if isinstance(body, dict) else None
    if not isinstance(entries, list) or body.get("object", "whatsapp_business_account")[:8] != "whatsapp":
        yield "malformed", body
        return
    for entry in entries:
        for change in entry.get("changes", [None]):
            value = change.get("value") if change else None
            if isinstance(value, dict):
                yield from parts_of_value(value)
            else:
                yield "malformed", change or entry


def parts_of_value(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((name, item) for name in LISTS for item in value.get(name, []))
    for chunk in value.get("history", []):
        threads = chunk.get("threads", []) if isinstance(chunk, dict) else []
        told = [message for thread in threads for message in thread.get("messages", [])]
        yield from (("history", message) for message in told or [chunk])
    rest = {name: part for name, part in value.items() if name not in {*LISTS, *AROUND, "history"}}
    if rest:
        yield "value", rest


def holds(whole: Any, part: Any) -> bool:
    """Whether the JSON stands somewhere in the other; of an object all keys, perhaps among others."""
    if whole == part:
        return True
    if isinstance(whole, dict):
        among = (
            isinstance(part, dict)
            and part
            and all(name in whole and whole[name] == value for name, value in part.items())
        )
        return bool(among) or any(holds(value, part) for value in whole.values())
    return isinstance(whole, list) and any(holds(value, part) for value in whole)


class Found:
    """What one body left behind."""

    def __init__(self, world: World) -> None:
        kept = kinds_stored(world)
        self.messages = [json.loads(item["raw"]) for item in kept["message"]]
        self.versions = [
            json.loads(value["raw"]["S"])
            for item in [*kept["message"], *kept["early"]]
            for name, value in item.items()
            if name.startswith("version_")
        ]
        self.facts = {
            (item["pk"].split("#wamid#")[1], name.removeprefix("fact_").partition("@")[0])
            for item in kept["wamid"]
            for name in item
        }
        self.raw = [json.loads(item["raw"]) for item in kept["raw"]]
        self.names = {str(value) for item in contacts_stored(world) for value in item.values()}
        self.letters = [json.loads(letter["text"]) for letter in dead_letters(world)]

    def where(self, item: Any) -> str:
        if item in self.messages:
            return "message"
        if item in self.versions:
            return "version of a message"
        if isinstance(item, dict) and (str(item.get("id")), item.get("status")) in self.facts:
            return "fact of a message"
        if any(holds(body, item) for body in self.raw):
            return "kept raw"
        if any(holds(body, item) for body in self.letters):
            return "dead letter"
        person = item.get("contact") if isinstance(item, dict) else None
        told = {str(value) for value in person.values()} if isinstance(person, dict) else set()
        return "told of a contact" if told & self.names else "LOST"


def send_through(world: World, hook: Hook, raw: bytes) -> Found:
    """Over empty tables."""
    dynamodb = boto("dynamodb")
    for table in (world.aws.messages, world.aws.contacts):
        for item in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    assert world.webhook(hook.path, hook.headers, raw) == 200
    process_next(world)
    return Found(world)


def kind_of(item: Item) -> str:
    """With the type of a message."""
    typed = item.kind in ("message", "echo", "history") and isinstance(item.raw, dict)
    return f"{item.kind} {item.raw.get('type')}" if typed else item.kind


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.parents[1].name)
def test_every_item_of_every_body_is_of_a_named_kind_and_found_again(
    world: World, folder: Path, request: pytest.FixtureRequest
) -> None:
    """Malformed bodies are dead letters, everything else is found by its JSON. -rP shows the table."""
    hook = hook_of(world, world.connect())
    files_of: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    wrong = []
    files = sorted(folder.glob("*.json"))
    assert len(files) > 20
    for file in files:
        raw = file.read_bytes()
        found = send_through(world, hook, raw)
        for item in explode(json.loads(raw)):
            files_of[kind_of(item), found.where(item.raw)].add(file.name)
        for name, part in parts(json.loads(raw)):
            where = found.where(part)
            must_be_dead = file.name.startswith("malformed") or name == "malformed"
            if where == "LOST" or (must_be_dead and where != "dead letter"):
                wrong.append((file.name, name, where))
    table = "\n".join(
        f"{kind:38} {len(names):3} files  {where}" for (kind, where), names in sorted(files_of.items())
    )
    request.node.add_report_section("call", "what became of the items", table)
    assert wrong == []
    nameless = {name for (kind, _), names in files_of.items() if kind == "unknown" for name in names}
    assert {name for name in nameless if "unknown" not in name} == set()


def test_what_nobody_handles_in_a_good_body_is_no_dead_letter(world: World) -> None:
    """Promise 11: our own files that are not called malformed set nothing aside."""
    hook = hook_of(world, world.connect())
    good = [file for file in folders()[0].glob("*.json") if not file.name.startswith("malformed")]
    set_aside = {file.name: send_through(world, hook, file.read_bytes()).letters for file in good}
    assert {name: letters for name, letters in set_aside.items() if letters} == {}
