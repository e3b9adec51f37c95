"""Starts the embedded AWS (MiniStack) on loopback, as its own process, apart from the person's AWS set-up."""

import os
from pathlib import Path

from local.aws import REGION, Aws
from local.package import EMULATOR_PYTHON, ROOT
from local.processes import Child, LocalStackError, free_port

# A function inherits the emulator's environment: only what a program needs to run at all goes in.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
_QUEUE_WORKERS_IDLE_SECONDS = "120"


def start_emulator(run_folder: Path, data: Path | None) -> tuple[Child, Aws]:
    """`data` keeps what is stored between runs; without it all is forgotten. Raises LocalStackError."""
    if not EMULATOR_PYTHON.exists():
        raise LocalStackError(f"{EMULATOR_PYTHON} is missing. `make run` makes it.")
    port = _port(data)
    child = Child.start(
        "The embedded AWS",
        [str(EMULATOR_PYTHON), "-P", str(ROOT / "local" / "emulator_process.py")],
        environment=_environment(port, run_folder, data),
        log=run_folder / "aws.log",
        folder=run_folder,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        child.wait_until_ready(f"{url}/_ministack/health")
    except BaseException:  # Ctrl-C too must not leave it behind
        child.stop()
        raise
    return child, Aws(url)


def _port(data: Path | None) -> int:
    """Kept with the data: MiniStack finds a kept queue only at the address that it had."""
    if data is None:
        return free_port()
    kept = data / "aws-port"
    if not kept.exists():
        kept.write_text(str(free_port()))
    return int(kept.read_text())


def _environment(port: int, run_folder: Path, data: Path | None) -> dict[str, str]:
    temporary = run_folder / "functions"
    temporary.mkdir(exist_ok=True)
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {
        "BIND_HOST": "127.0.0.1",  # MiniStack's default is every interface
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_WARM_TTL_SECONDS": _QUEUE_WORKERS_IDLE_SECONDS,
        "DOCKER_HOST": "unix:///nonexistent",  # never look for a container engine
        "IOT_MTLS_ENABLED": "0",  # these two would open ports of their own
        "SFTP_ENABLED": "0",
        "TMPDIR": str(temporary),
        "PYTHONUNBUFFERED": "1",
        "KANAL_FUNCTIONS_LOG": str(run_folder / "functions.log"),
    }
    if data is not None:
        stored = {"PERSIST_STATE": "1", "STATE_DIR": str(data / "aws")}
        environment |= stored | {"S3_PERSIST": "1", "S3_DATA_DIR": str(data / "s3")}
    return environment
