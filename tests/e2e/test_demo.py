"""`make demo`: what it tells really happened."""

import re
import subprocess
import sys

from tests.e2e.launch import ROOT


def test_the_demo_tells_a_whole_conversation() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local.demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    words = ("message.received", "message.media", "stored", "[Deliver it]", '"deliver"', "no number")
    for word in (*words, "window_closed", "order_update", "delivered", "read"):
        assert word in done.stdout
    assert len(set(re.findall(r"con_\w+", done.stdout))) == 1, "one person is one contact"
