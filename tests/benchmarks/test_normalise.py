"""How fast webhook bodies are read into items, messages and statuses, against pywa reading the same."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.integration.test_corpus import folders

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-bench" / "bin" / "python"


@pytest.mark.skipif(not PYTHON.exists(), reason="pywa is not installed: `make bench` does it")
def test_reading_webhooks_is_faster_than_pywas() -> None:
    """In one process, in turn, the best of many rounds: bytes to objects, nothing stored and nobody told."""
    path = f"{ROOT / 'layers/common/src'}{os.pathsep}{ROOT}"
    script = ROOT / "tests" / "benchmarks" / "normalise.py"
    command = [str(PYTHON), "-W", "ignore", str(script), *(str(folder) for folder in folders())]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    measured = json.loads(done.stdout)
    ratio = measured["pywa"] / measured["kanal"]
    print(
        f"\nreading {measured['bodies']} bodies of {measured['files']} files:"
        f" kanal {measured['kanal']:.1f} us a body, pywa {measured['pywa']:.1f} us, {ratio:.1f} times as fast"
    )
    assert measured["bodies"] > 30
    assert ratio > 1
