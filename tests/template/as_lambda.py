"""Runs in a bare python3.13 (-I -S), with only what Lambda would have on the path; answers with JSON.

`import FUNCTION LAYER MODULE`: imports the module from these folders and names all modules that came along.
Fails when a file had to be compiled.
`compiled FOLDER`: names the source files whose .pyc is missing, or of other source, or checked at run time.
"""

import importlib
import importlib.machinery
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_UNCHECKED_HASH = (1).to_bytes(4, "little")
"""The second word of a .pyc made with unchecked-hash (PEP 552); then follows the source's hash."""


def import_handler(function: str, layer: str, module: str) -> dict[str, Any]:
    sys.path[:0] = [function, layer]

    def refuse(self: object, data: object, path: str, **options: object) -> Any:
        raise AssertionError(f"{path} is not compiled")

    setattr(importlib.machinery.SourceFileLoader, "source_to_code", refuse)  # noqa: B010  # mypy knows it as a method
    callable_there = callable(importlib.import_module(module).handler)
    return {"callable": callable_there, "modules": sorted(sys.modules)}


def not_compiled(folder: str) -> Iterator[str]:
    for source in Path(folder).rglob("*.py"):
        cached = Path(importlib.util.cache_from_source(str(source)))
        head = cached.read_bytes()[:16] if cached.exists() else b""
        expected = (
            importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH + importlib.util.source_hash(source.read_bytes())
        )
        if head != expected:
            yield str(source)


if __name__ == "__main__":
    task, *arguments = sys.argv[1:]
    print(json.dumps(import_handler(*arguments) if task == "import" else list(not_compiled(*arguments))))
