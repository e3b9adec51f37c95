"""template.yaml for tests: as written and as CloudFormation gets it."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_PYTHON = ROOT / ".venv-aws" / "bin" / "python"
_SCRIPT = Path(__file__).with_name("translate.py")


@dataclass(frozen=True)
class Stack:
    source: dict[str, Any]
    resources: dict[str, dict[str, Any]]
    rules: dict[str, dict[str, Any]]

    def written(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties, by logical id, of the resources of that type in template.yaml."""
        return _of_kind(self.source["Resources"], kind)

    def made(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties, by logical id, of the resources of that type that CloudFormation makes."""
        return _of_kind(self.resources, kind)


def _of_kind(resources: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] == kind}


@cache
def translated(*parameters: str) -> Stack:
    """The stack with those parameters, each NAME=value."""
    assert _PYTHON.exists(), "The transform lives in .venv-aws, which `make test` makes."
    command = [str(_PYTHON), str(_SCRIPT), *parameters]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    made = answer["translated"]
    return Stack(answer["source"], made["Resources"], made["Rules"])


def names_in(value: Any) -> Iterator[str]:
    """Logical ids (and parameters) that a value of the translated template refers to."""
    if isinstance(value, list):
        for part in value:
            yield from names_in(part)
    if not isinstance(value, dict):
        return
    for key, part in value.items():
        if key == "Ref":
            yield part
        elif key == "Fn::GetAtt":
            yield part[0] if isinstance(part, list) else part.split(".")[0]
        elif key == "Fn::Sub":
            text = part if isinstance(part, str) else part[0]
            yield from (piece.split("}")[0].split(".")[0] for piece in text.split("${")[1:])
        else:
            yield from names_in(part)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
