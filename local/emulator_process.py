"""Runs inside .venv-aws: MiniStack with what it would otherwise do unlike AWS put right.

The names below are MiniStack's own and may move: requirements/aws.txt pins the exact version, and a name that
is gone stops the start with an error. The reasons are in docs/decisions/0004-local-aws-engine.md.
"""

import importlib
import json
import os
import re
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_app: Any = importlib.import_module("ministack.app")
_functions: Any = importlib.import_module("ministack.services.lambda_svc")
_workers: Any = importlib.import_module("ministack.core.lambda_runtime")
# The SDK and the front call 127.0.0.1; localhost is what MiniStack's queue URLs say.
_HOST = re.compile(rb"(?:127\.0\.0\.1|localhost):%d" % int(os.environ["GATEWAY_PORT"]), re.IGNORECASE)
_log_lock = threading.Lock()
_DEFAULT_BATCHES = 4
# Browsers add these to what a page sends, and no page can leave them out; the SDK and the front have neither.
_FROM_A_PAGE = {b"origin", b"sec-fetch-site"}
_REFUSAL = (
    b"Refused: whoever reaches this port can run code on this machine, so it answers only programs that call "
    b"127.0.0.1 or localhost, not web pages (Origin or Sec-Fetch-Site in the request) and no other Host.\n"
)


def _parallel_batches(mapping: dict[str, Any], function: Any, config: Any, queue: Any = None) -> int:
    """MaximumConcurrency comes from a parameter and is text then, which MiniStack compares with a number."""
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


async def _programs_only(scope: Any, receive: Any, send: Any) -> None:
    """MiniStack trusts every caller, and its CORS headers every page: any page in a browser could use it."""
    if scope["type"] == "lifespan":
        await _serve(scope, receive, send)
    elif _from_a_program(scope["headers"]):
        await _serve(scope, receive, _without_cors(send))
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # before the handshake: it gets a 403
    else:
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(_REFUSAL)).encode())]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": _REFUSAL})


def _from_a_program(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Host too: a page's own name may lead here (DNS rebinding), and its requests carry no Origin then."""
    hosts = [value for name, value in headers if name.lower() == b"host"]
    return bool(
        hosts
        and all(_HOST.fullmatch(host) for host in hosts)
        and _FROM_A_PAGE.isdisjoint(name.lower() for name, _ in headers)
    )


def _without_cors(send: Any) -> Any:
    async def send_without(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [
                header
                for header in message.get("headers", [])
                if not header[0].lower().startswith(b"access-control-")
            ]
            message = message | {"headers": kept}
        await send(message)

    return send_without


def _replace(owner: Any, name: str, replacement: Any) -> Any:
    original = getattr(owner, name)
    setattr(owner, name, replacement)
    return original


_run = _replace(_functions, "_execute_function_warm", _run_and_log)
_serve = _replace(_app, "app", _programs_only)
_replace(_functions, "_sqs_esm_concurrency", _parallel_batches)
# After each call MiniStack waits for log lines: 50 ms when nothing was printed. A pipe needs far less.
_replace(vars(_workers.Worker)["_drain_stderr_bounded"], "__defaults__", (0.004, 0.002, 0.1))

if __name__ == "__main__":
    _app.main()
