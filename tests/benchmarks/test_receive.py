"""How fast the webhook's `receive` starts and answers, against a bare boto3 handler with the same queue put.

Both run from the built, compiled layer in a fresh interpreter, in turn, against one stand-in for AWS on
loopback. Ratios are what counts; single times depend on the machine.
"""

import json
import statistics
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kanal.channels.webhook import SECRET_HEADER, secret_digest

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).parents[2]
LAYER = ROOT / ".build/layer/python"
ROUNDS = 15
WARM_CALLS = 300
WEBHOOK_ID = "a" * 26
SECRET = "the-secret-of-this-webhook"
BODY = json.dumps(
    {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "1",
                "changes": [
                    {
                        "field": "messages",
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": {
                                "display_phone_number": "4930901820",
                                "phone_number_id": "100000000000001",
                            },
                            "contacts": [{"profile": {"name": "Mia"}, "wa_id": "4915112345678"}],
                            "messages": [
                                {
                                    "from": "4915112345678",
                                    "id": "wamid.X",
                                    "timestamp": "1790000000",
                                    "type": "text",
                                    "text": {"body": "Hi"},
                                }
                            ],
                        },
                    }
                ],
            }
        ],
    }
)

BARE = """
import json, os
import boto3
sqs = boto3.client("sqs")
def handler(event, context):
    body = event["body"]
    sqs.send_message(QueueUrl=os.environ["INBOUND_QUEUE_URL"], MessageBody=body, MessageGroupId="channel")
    return {"statusCode": 200}
"""

MEASURE = """
import json, sys, time
event = json.load(sys.stdin)
begun = time.perf_counter()
sys.path[:0] = sys.argv[1:3]
module = __import__(sys.argv[3])
answer = module.handler(event, None)
cold = time.perf_counter() - begun
assert answer["statusCode"] == 200, answer
warm = []
for _ in range(int(sys.argv[4])):
    start = time.perf_counter()
    module.handler(event, None)
    warm.append(time.perf_counter() - start)
warm.sort()
print(json.dumps([cold, warm[len(warm) // 2]]))
"""


class _Aws(BaseHTTPRequestHandler):
    """Answers the two calls at once, over kept connections."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        answer: dict[str, Any] = {"MessageId": "1"}
        if "GetItem" in self.headers.get("x-amz-target", ""):
            answer = {"Item": _webhook_item()}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as in the base class
        """Says nothing."""


def _webhook_item() -> dict[str, Any]:
    return {
        "provider": {"S": "dialog360"},
        "workspace_id": {"S": "acme"},
        "channel_id": {"S": "chn_1"},
        "secret_digests": {"L": [{"S": secret_digest(SECRET)}]},
    }


@pytest.fixture
def aws_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Aws)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def functions(tmp_path: Path) -> dict[str, Path]:
    """Folders with the two handlers, compiled as the build compiles them."""
    folders = {"receive": tmp_path / "kanal", "bare": tmp_path / "bare"}
    sources = {"receive": (ROOT / "functions/webhook/receive.py").read_text(), "bare": BARE}
    for name, folder in folders.items():
        folder.mkdir()
        (folder / f"{name}.py").write_text(sources[name])
        compiled = [_python(), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
        subprocess.run(compiled, check=True)
    return folders


def test_receive_starts_in_half_the_time_of_a_bare_handler_and_answers_as_fast(
    aws_url: str, functions: dict[str, Path]
) -> None:
    """Init and first call at most half, a warm call at most 1.2 times the bare handler's."""
    pairs = [(_run("receive", functions, aws_url), _run("bare", functions, aws_url)) for _ in range(ROUNDS)]
    cold = statistics.median(ours[0] / bare[0] for ours, bare in pairs)
    warm = statistics.median(ours[1] / bare[1] for ours, bare in pairs)
    own = [statistics.median(ours[number] for ours, _ in pairs) * 1000 for number in (0, 1)]
    others = [statistics.median(bare[number] for _, bare in pairs) * 1000 for number in (0, 1)]
    print(f"\nreceive / bare, medians of {ROUNDS} pairs of fresh interpreters")
    print(f"  init and first call  {own[0]:7.1f} ms / {others[0]:7.1f} ms   ratio {cold:.2f}  (aim 0.50)")
    print(f"  warm call            {own[1]:7.2f} ms / {others[1]:7.2f} ms   ratio {warm:.2f}  (aim 1.20)")
    assert cold <= 0.5
    assert warm <= 1.2


def _run(name: str, functions: dict[str, Path], aws_url: str) -> tuple[float, float]:
    environment = {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "CHANNELS_TABLE": "channels",
        "INBOUND_QUEUE_URL": f"{aws_url}/000000000000/inbound",
        "PAYLOADS_BUCKET": "payloads",
        "PATH": "/usr/bin:/bin",
    }
    event = {
        "pathParameters": {"provider": "dialog360", "webhook_id": WEBHOOK_ID},
        "headers": {SECRET_HEADER: SECRET},
        "body": BODY,
    }
    command = [_python(), "-I", "-c", MEASURE, str(functions[name]), str(LAYER), name, str(WARM_CALLS)]
    done = subprocess.run(
        command, input=json.dumps(event), env=environment, capture_output=True, text=True, check=True
    )
    cold, warm = json.loads(done.stdout)
    return cold, warm


def _python() -> str:
    """The interpreter for which the layer is built."""
    found = ["make", "-s", "-C", str(ROOT / "layers/common/src"), "python"]
    return subprocess.run(found, capture_output=True, text=True, check=True).stdout.strip()
