"""What README, runbook and `make run` tell agrees with each other and with template.yaml."""

import re
from pathlib import Path

from local.run import READY

_ROOT = Path(__file__).resolve().parents[2]
_README = (_ROOT / "README.md").read_text()
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
