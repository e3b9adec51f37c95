"""What `sam build` made is complete and compiled: each handler starts from it, with only the built layer.

The layer for Lambda holds arm64 code, so imports use its twin in .build/layer, made by the same Makefile with
wheels of this machine. `make check` builds both.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.template.sizes import layer_size
from tests.template.stack import ROOT, translated

pytestmark = pytest.mark.build

_BUILD = ROOT / ".aws-sam" / "build"
_LAMBDA_LAYER = _BUILD / "CommonLayer" / "python"
_HOST_LAYER = ROOT / ".build" / "layer" / "python"
_SCRIPT = Path(__file__).with_name("as_lambda.py")
_LAYER_BUDGET_ZIPPED = 30_000_000
_SLOW_TO_START = {"aws_lambda_powertools", "boto3", "botocore", "httpx", "phonenumbers", "pydantic"}
_FUNCTIONS = translated().written("AWS::Serverless::Function")


@pytest.fixture(scope="session")
def runtime() -> str:
    """The functions' own Python, found as the layer's build finds it."""
    make = ["make", "--silent", "--no-print-directory", "-C", "layers/common/src", "python"]
    found = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


def _as_lambda(runtime: str, *arguments: str) -> Any:
    command = [runtime, "-I", "-S", "-B", str(_SCRIPT), *arguments]
    run = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("name", sorted(_FUNCTIONS))
def test_every_handler_starts_from_the_built_artefact(runtime: str, name: str) -> None:
    module = _FUNCTIONS[name]["Handler"].removesuffix(".handler")
    answer = _as_lambda(runtime, "import", str(_BUILD / name), str(_HOST_LAYER), module)
    assert answer["callable"]


def test_the_webhook_starts_without_anything_slow(runtime: str) -> None:
    folder = str(_BUILD / "WebhookReceiveFunction")
    answer = _as_lambda(runtime, "import", folder, str(_HOST_LAYER), "receive")
    assert not _SLOW_TO_START & set(answer["modules"])


@pytest.mark.parametrize("folder", [*sorted(_FUNCTIONS), "CommonLayer"])
def test_everything_is_compiled_and_trusted(runtime: str, folder: str) -> None:
    assert _as_lambda(runtime, "compiled", str(_BUILD / folder)) == []


def test_the_twin_differs_from_the_layer_only_in_machine_code() -> None:
    def names(layer: Path) -> set[str]:
        files = (file for file in layer.rglob("*") if file.is_file() and file.suffix != ".so")
        return {file.relative_to(layer).as_posix() for file in files}

    assert names(_LAMBDA_LAYER) == names(_HOST_LAYER)
    assert [file.name for file in _LAMBDA_LAYER.rglob("*.so") if "aarch64" not in file.name] == []


def test_the_build_is_of_the_code_as_it_is_now() -> None:
    source = ROOT / "layers" / "common" / "src"
    for layer in (_LAMBDA_LAYER, _HOST_LAYER):
        for file in _sources(source / "kanal"):
            assert (layer / file.relative_to(source)).read_bytes() == file.read_bytes(), f"{file}: make build"


def _sources(folder: Path) -> Iterator[Path]:
    yield from (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")


def test_the_layer_stays_within_its_budget() -> None:
    """`make size` shows what takes the space."""
    assert layer_size(_BUILD).zipped < _LAYER_BUDGET_ZIPPED
