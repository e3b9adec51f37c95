"""The search for secrets in logs finds what it is there for."""

import pytest

from kanal.ids import derived_token
from tests.confidential import found_in


@pytest.mark.parametrize(
    "line",
    [
        '{"message":"calling","key":"key-of-the-test-number-0001"}',
        "sent: Is my order there?",
        f"x-kanal-webhook-secret: {derived_token('test', '2')}",
    ],
)
def test_a_secret_or_a_text_in_a_log_is_found(line: str) -> None:
    """Otherwise the check over all tests would be a decoration."""
    assert list(found_in(line))


def test_an_id_is_no_secret() -> None:
    """Ids are what logs are for."""
    assert list(found_in(f"chn_{derived_token('test', '2')} 4915112345678 text")) == []
