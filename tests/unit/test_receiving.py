"""The small rules by which a webhook is taken: its secret, and what a queue can carry."""

import hashlib

import pytest

from kanal.channels.webhook import is_secret, secret_digest
from kanal.inbox.receive import NOT_FOR_SQS

_ONE, _OTHER = secret_digest("one"), secret_digest("other")


@pytest.mark.parametrize(
    ("given", "digests", "known"),
    [
        ("one", [_ONE], True),
        ("other", [_ONE, _OTHER], True),
        ("one", [_ONE, _OTHER], True),
        ("one", [_OTHER], False),
        ("", [_ONE], False),
        ("One", [_ONE], False),
        ("one ", [_ONE], False),
        (_ONE, [_ONE], False),
        ("one", [], False),
        ("", [], False),
        ("\ud83d Grüße", [_ONE], False),
    ],
)
def test_a_delivery_is_known_by_any_valid_secret_and_nothing_else(
    given: str, digests: list[str], known: bool
) -> None:
    """Two are valid while a secret is replaced; what is stored of one is of no use to a thief."""
    assert is_secret(given, digests) is known


def test_only_the_hash_of_a_secret_is_stored() -> None:
    """Promise 10: the secret itself cannot be read out of the table."""
    assert secret_digest("one") == hashlib.sha256(b"one").hexdigest()


@pytest.mark.parametrize(
    "character",
    [
        "\t",
        "\n",
        "\r",
        " ",
        "~",
        "\x7f",
        "\x80",
        "ü",
        "\ud7ff",
        "\ue000",
        "\ufffd",
        "\U00010000",
        "🦊",
        "\U0010ffff",
    ],
)
def test_what_sqs_carries_goes_onto_the_queue(character: str) -> None:
    """Source: SQS SendMessage, the characters of XML 1.0; only others need the bucket."""
    assert not NOT_FOR_SQS.search(f"a{character}b")


@pytest.mark.parametrize(
    "character", ["\x00", "\x08", "\x0b", "\x0c", "\x0e", "\x1f", "\ud800", "\ufffe", "\uffff"]
)
def test_what_sqs_refuses_is_seen_wherever_it_stands(character: str) -> None:
    """Promise 1: such a body goes to the bucket instead of being lost between 200 and queue."""
    for text in (character, f"{character}b", f"a{character}", f"a\n{character}b"):
        assert NOT_FOR_SQS.search(text)
