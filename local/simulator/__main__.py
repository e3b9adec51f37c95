"""`python -m local.simulator --port 8361 [--data DIR]`."""

import argparse
import os
import sys
from pathlib import Path

from pydantic import ValidationError

from local.simulator.app import create_app
from local.simulator.serve import HOST, SimulatorServer, listen

DEFAULT_PORT = 8361


def main() -> int:
    arguments = _arguments()
    try:
        listener = listen(arguments.port)
    except OSError as error:
        print(
            f"The simulator cannot listen on port {arguments.port} ({error.strerror}). "
            "Choose another with --port or KANAL_SIM_PORT.",
            file=sys.stderr,
        )
        return 1
    try:
        app = create_app(arguments.data)
    except (OSError, ValidationError) as error:
        listener.close()
        print(f"The state in {arguments.data} cannot be used: {error}", file=sys.stderr)
        return 1
    server = SimulatorServer(app)
    print(f"360dialog simulator on http://{HOST}:{listener.getsockname()[1]}, Ctrl-C ends it", flush=True)
    try:
        server.run([listener])
    except KeyboardInterrupt:  # uvicorn has ended in good order and passes the signal on
        return 0
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.simulator", description="A 360dialog provider.")
    port = os.environ.get("KANAL_SIM_PORT", str(DEFAULT_PORT))
    parser.add_argument("--port", type=int, default=port, help="loopback port (default %(default)s)")
    parser.add_argument("--data", type=Path, help="folder that keeps numbers and messages between runs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
