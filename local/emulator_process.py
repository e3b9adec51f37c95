"""Runs inside .venv-aws: MiniStack with what it would otherwise do unlike AWS put right.

The names below are MiniStack's own and may move: requirements/aws.txt pins the exact version, and a name that
is gone stops the start with an error. The reasons are in docs/decisions/0004-local-aws-engine.md.
"""

import importlib
import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_app: Any = importlib.import_module("ministack.app")
_functions: Any = importlib.import_module("ministack.services.lambda_svc")
_workers: Any = importlib.import_module("ministack.core.lambda_runtime")
_log_lock = threading.Lock()
_DEFAULT_BATCHES = 4


def _parallel_batches(mapping: dict[str, Any], function: Any, config: Any, queue: Any = None) -> int:
    """AWS runs a batch for each active group of a FIFO queue, up to MaximumConcurrency; MiniStack runs one.

    More are safe: its queue gives out no message of a group that has one in flight.
    """
    del function, config, queue
    limit = (mapping.get("ScalingConfig") or {}).get("MaximumConcurrency")
    return int(limit or _DEFAULT_BATCHES)


def _run_and_log(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """What the functions print, and why they failed, goes to one file besides CloudWatch Logs."""
    result: dict[str, Any] = _run(function, event, request_id)
    lines = str(result.get("log") or "").splitlines()
    if result.get("error"):
        lines.append(f"FAILED {json.dumps(result.get('body'))}")
    name = function.get("config", function).get("FunctionName", "?")
    prefix = f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {name} {request_id[:8]} "
    with _log_lock, Path(os.environ["KANAL_FUNCTIONS_LOG"]).open("a", encoding="utf-8") as log:
        log.writelines(f"{prefix}{line}\n" for line in lines)
    return result


def _replace(owner: Any, name: str, replacement: Any) -> Any:
    original = getattr(owner, name)
    setattr(owner, name, replacement)
    return original


_run = _replace(_functions, "_execute_function_warm", _run_and_log)
_replace(_functions, "_sqs_esm_concurrency", _parallel_batches)
# After each call MiniStack waits for log lines: 50 ms when nothing was printed. A pipe needs far less.
_replace(vars(_workers.Worker)["_drain_stderr_bounded"], "__defaults__", (0.004, 0.002, 0.1))

if __name__ == "__main__":
    _app.main()
