"""For every test: what it wrote to logs and streams holds no secret and no message text (promise 10)."""

from collections.abc import Generator

import pytest

from tests.confidential import found_in


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Here all that was captured is at hand, whichever way it was written."""
    report = yield
    captured = tuple(f"Captured {what} {report.when}" for what in ("stdout", "stderr", "log"))
    written = [text for title, text in report.sections if title in captured]
    leaks = sorted({leak for text in written for leak in found_in(text)})
    if leaks and report.outcome == "passed":
        report.outcome = "failed"
        report.longrepr = f"written to a log or a stream, where it must never stand: {', '.join(leaks)}"
    return report
