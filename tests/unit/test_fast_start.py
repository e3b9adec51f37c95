"""What the functions load when they start."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_SLOW = ["boto3", "botocore", "httpx", "phonenumbers", "pydantic", "aws_lambda_powertools"]


def _loaded_by(module: str) -> set[str]:
    """Top-level names of all modules of a fresh interpreter that imported this one."""
    return {name.partition(".")[0] for name in _modules_of(module)}


@cache
def _modules_of(module: str) -> set[str]:
    program = f"import sys, json, {module}; print(json.dumps(list(sys.modules)))"
    path = os.pathsep.join([str(_ROOT), str(_ROOT / "layers/common/src")])
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": path},
        cwd=_ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return set(json.loads(answer.stdout))


@pytest.mark.parametrize("slow", _SLOW)
def test_the_webhook_receiver_loads_nothing_slow(slow: str, receiver_loads: set[str]) -> None:
    """The provider expects an answer in a quarter of a second, also from a cold start."""
    assert slow not in receiver_loads


@pytest.mark.parametrize("module", ["functions.send.worker", "functions.webhook.process"])
def test_only_the_function_that_reads_bodies_builds_the_models_of_content(module: str) -> None:
    """They take some sixty milliseconds."""
    assert "kanal.sending.requests" not in _modules_of(module)
    assert "kanal.sending.accept" in _modules_of(module)


@pytest.fixture(scope="module")
def receiver_loads() -> set[str]:
    loaded = _loaded_by("functions.webhook.receive")
    assert {"kanal", "urllib3"} <= loaded
    return loaded
