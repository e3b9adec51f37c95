"""What the tests use as secrets and as message texts, and how it is recognised where it must not stand."""

import re
from collections.abc import Iterator

from kanal.ids import derived_token

SECRETS = (
    "key-of-the-test-number",
    "key-of-another-number",
    "key-of-number-",
    "key-that-nobody-has",
    "platform-secret-of-the-tests",
)
TEXTS = (
    "Is my order there?",
    "Yes, it is.",
    "Good morning",
    "a confidential",
)
_TOKENS = frozenset(derived_token("test", str(number)) for number in range(300))
"""What the integration tests' worlds make in place of random secrets. In an id a token follows a `_`."""
_TOKEN = re.compile(r"(?<![a-z2-7_])[a-z2-7]{26}(?![a-z2-7])")


def found_in(text: str) -> Iterator[str]:
    """Everything confidential that stands in the text."""
    yield from (known for known in (*SECRETS, *TEXTS) if known in text)
    yield from (token for token in _TOKEN.findall(text) if token in _TOKENS)
