"""What the pages and `make run` tell agrees with each other, with the API and with template.yaml."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.run import READY

_ROOT = Path(__file__).resolve().parents[2]
_README = (_ROOT / "README.md").read_text()
_CONTRIBUTING = (_ROOT / "CONTRIBUTING.md").read_text()
_EVENTS = (_ROOT / "docs" / "events.md").read_text()
_API = json.loads((_ROOT / "docs" / "api" / "openapi.json").read_text())
_RUNBOOK = (_ROOT / "docs" / "runbook.md").read_text()
_TEMPLATE = (_ROOT / "template.yaml").read_text()
_LOG_GROUPS = set(re.findall(r"LogGroupName: !Sub (\S+)", _TEMPLATE.replace("${AWS::StackName}", "<stack>")))


def test_make_run_and_the_readme_connect_the_same_channel() -> None:
    """Both use the Idempotency-Key `first-channel`, so the second must not differ from the first."""
    body = '{"name": "Support", "api_key": "demo-api-key", "default_country": "DE"}'
    for text in (_README, READY.replace("{{", "{").replace("}}", "}")):
        assert text.count("Idempotency-Key: first-channel") == 1
        assert body in text


def test_the_readmes_commands_follow_the_ports_that_were_chosen() -> None:
    addresses = [line for line in _README.splitlines() if "127.0.0.1" in line]
    assert addresses == ["API=http://127.0.0.1:8360", "SIM=http://127.0.0.1:8361"]


def test_the_runbook_explains_every_alarm_and_no_other() -> None:
    rows = set(re.findall(r"^\| ([A-Z]\w+) \|", _RUNBOOK, re.MULTILINE))
    assert rows == set(re.findall(r"^  (\w+)Alarm:$", _TEMPLATE, re.MULTILINE))


def test_the_runbooks_log_groups_exist() -> None:
    named = set(re.findall(r"/aws/[a-z]+/<stack>/[a-z-]+", _RUNBOOK))
    assert len(named) == 2
    assert named <= _LOG_GROUPS
    functions = set(re.findall(r"`((?:webhook|send|channels|sync-templates)-[a-z-]+)`", _RUNBOOK))
    assert functions <= {name.rsplit("/", 1)[1] for name in _LOG_GROUPS}


def test_the_runbooks_queues_exist() -> None:
    named = set(re.findall(r"\b[A-Z]\w*Queue\b", _RUNBOOK))
    assert named <= set(re.findall(r"^  (\w+Queue):$", _TEMPLATE, re.MULTILINE))


def test_the_readme_counts_what_the_stack_is_made_of() -> None:
    words = {"four": 4, "six": 6, "two": 2, "fifteen": 15}
    made = {
        "Lambda functions": len(re.findall("Type: AWS::Serverless::Function$", _TEMPLATE, re.MULTILINE)),
        "DynamoDB tables": len(re.findall("Type: AWS::DynamoDB::Table$", _TEMPLATE, re.MULTILINE)),
        "queues": len(re.findall(r"^  \w+(?<!DeadLetter)Queue:$", _TEMPLATE, re.MULTILINE)),
        "buckets": len(re.findall("Type: AWS::S3::Bucket$", _TEMPLATE, re.MULTILINE)),
    }
    told = re.findall(r"(\w+) (?:small )?(Lambda functions|DynamoDB tables|queues|buckets)", _README)
    assert {what: words[count] for count, what in told} == made


def test_the_readme_names_every_scope_that_a_route_wants() -> None:
    wanted = {
        scope
        for route in _API["paths"].values()
        for operation in route.values()
        for security in operation.get("security", [])
        for scope in security.get("token", [])
    }
    assert set(re.findall(r"`([a-z]+:(?:read|write))`", _README)) == wanted


def test_the_events_page_shows_messages_and_contacts_as_the_api_does() -> None:
    examples = re.findall(r"```json\n(.*?)```", _EVENTS, re.DOTALL)
    shapes = _API["components"]["schemas"]
    for name, shape in (("message", "Message"), ("contact", "Contact")):
        shown = [found for example in examples for found in _named(name, json.loads(example))]
        shown = [each for each in shown if "id" in each and "..." not in each]
        assert shown
        for each in shown:
            assert set(shapes[shape]["required"]) <= set(each), each


def _named(name: str, value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get(name), dict):
            yield value[name]
        for inner in value.values():
            yield from _named(name, inner)


def test_the_files_that_the_recipes_name_exist() -> None:
    named = set(re.findall(r"`([\w/]+/\w+\.py)`", _CONTRIBUTING))
    assert len(named) > 20
    places = (_ROOT, _ROOT / "layers" / "common" / "src" / "kanal")
    assert {name for name in named if not any((place / name).is_file() for place in places)} == set()
