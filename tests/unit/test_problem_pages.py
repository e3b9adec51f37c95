"""docs/problems.md has a heading for every code that a caller can meet, and none for others."""

import re
from pathlib import Path

from kanal.http.problems import STATUS

_ROOT = Path(__file__).resolve().parents[2]
_RECEIVE = _ROOT / "layers" / "common" / "src" / "kanal" / "inbox" / "receive.py"


def test_every_code_has_a_heading_with_its_status() -> None:
    page = (_ROOT / "docs" / "problems.md").read_text()
    described = {code: int(status) for code, status in re.findall(r"^## (\w+)\n(\d{3})", page, re.MULTILINE)}
    of_webhooks = re.findall(r'WebhookRefused\(\s*(\d{3}), "(\w+)"', _RECEIVE.read_text())
    assert len(of_webhooks) == 6
    assert described == {
        **{error.code: status for error, (status, _) in STATUS.items()},
        **{code: int(status) for status, code in of_webhooks},
        "internal_error": 500,
    }
