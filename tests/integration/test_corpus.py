"""Promise 1 over whole folders of webhook bodies: nothing that was answered with 200 is lost."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.aws import boto
from tests.integration.inbound import Hook, dead_letters, hook_of, kinds_stored, process_next
from tests.integration.world import World

HERE = Path(__file__).parents[1]
LISTS = ("messages", "statuses", "errors")
AROUND = {"messaging_product", "metadata", "contacts"}


def folders() -> list[Path]:
    """Our own, and others beside the repository or where KANAL_FIXTURES says."""
    named = os.environ.get("KANAL_FIXTURES")
    others = [Path(named)] if named else sorted(HERE.parents[1].glob("*/fixtures/webhooks"))
    return [HERE / "data" / "webhooks", *others]


def items(body: Any) -> Iterator[tuple[str, Any]]:
    """What must be found again, read in the plainest way: kind, and the JSON of the item."""
    entries = body.get("entry") if isinstance(body, dict) else None
    if not isinstance(entries, list) or body.get("object", "whatsapp_business_account")[:8] != "whatsapp":
        yield "malformed", body
        return
    for entry in entries:
        for change in entry.get("changes", [None]):
            value = change.get("value") if change else None
            if not isinstance(value, dict):
                yield "malformed", change or entry
                continue
            if change.get("field", "messages") != "messages":
                yield "change", value
                continue
            yield from ((name, item) for name in LISTS for item in value.get(name, []))
            rest = {name: part for name, part in value.items() if name not in {*LISTS, *AROUND}}
            if rest:
                yield "change", rest


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
        self.facts = {
            (item["pk"].split("#wamid#")[1], name.removeprefix("fact_"))
            for item in kept["wamid"]
            for name in item
        }
        self.raw = [json.loads(item["raw"]) for item in kept["raw"]]
        self.letters = [json.loads(letter["text"]) for letter in dead_letters(world)]

    def where(self, kind: str, item: Any) -> str:
        if item in self.messages:
            return "message"
        if kind == "statuses" and (str(item.get("id")), item.get("status")) in self.facts:
            return "fact"
        if any(holds(body, item) for body in self.raw):
            return "kept raw"
        return "dead letter" if any(holds(body, item) for body in self.letters) else "LOST"


def send_through(world: World, hook: Hook, raw: bytes) -> Found:
    """Over an empty messages table."""
    dynamodb = boto("dynamodb")
    for item in dynamodb.scan(TableName=world.aws.messages)["Items"]:
        dynamodb.delete_item(TableName=world.aws.messages, Key={"pk": item["pk"], "sk": item["sk"]})
    assert world.webhook(hook.path, hook.headers, raw) == 200
    process_next(world)
    return Found(world)


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.parents[1].name)
def test_every_item_of_every_body_is_applied_kept_or_set_aside(
    world: World, folder: Path, request: pytest.FixtureRequest
) -> None:
    """Malformed bodies are dead letters, everything else is found by its JSON. -rP shows the table."""
    hook = hook_of(world, world.connect())
    handled: Counter[tuple[str, str]] = Counter()
    wrong = []
    files = sorted(folder.glob("*.json"))
    assert len(files) > 20
    for file in files:
        raw = file.read_bytes()
        found = send_through(world, hook, raw)
        for kind, item in items(json.loads(raw)):
            where = found.where(kind, item)
            named = item.get("type") if kind == "messages" and isinstance(item, dict) else None
            handled[(f"{kind} {named or ''}", where)] += 1
            must_be_dead = file.name.startswith("malformed") or kind == "malformed"
            if where == "LOST" or (must_be_dead and where != "dead letter"):
                wrong.append((file.name, kind, where))
    table = "\n".join(f"{count:4} {kind:25} {where}" for (kind, where), count in sorted(handled.items()))
    request.node.add_report_section("call", "what became of the items", table)
    assert wrong == []


def test_what_nobody_handles_in_a_good_body_is_no_dead_letter(world: World) -> None:
    """Promise 11: our own files that are not called malformed set nothing aside."""
    hook = hook_of(world, world.connect())
    good = [file for file in folders()[0].glob("*.json") if not file.name.startswith("malformed")]
    set_aside = {file.name: send_through(world, hook, file.read_bytes()).letters for file in good}
    assert {name: letters for name, letters in set_aside.items() if letters} == {}
