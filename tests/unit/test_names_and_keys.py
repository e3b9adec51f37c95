"""Names of channels, and keys that callers choose."""

import pytest

from kanal.channels.model import name_key
from kanal.errors import InvalidRequest
from kanal.http.idempotency import checked_key, optional_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Support", "SUPPORT"),
        ("Support", "  support  "),
        ("Support Berlin", "support \t  berlin"),
        ("Support Berlin", "Support\u00a0Berlin"),
        ("Größe", "GRÖSSE"),
        ("Größe", "Gro\u0308ße"),
        ("\uff33upport", "Support"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Sales 🦊", "SALES 🦊"),
    ],
)
def test_names_that_a_person_takes_for_the_same_have_one_key(one: str, other: str) -> None:
    """A channel's name is unique in its workspace, whatever case, spacing or spelling of a letter."""
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Support", "Support 2"), ("Support", "Supp ort"), ("Größe", "Große"), ("a", "\u0430")]
)
def test_names_that_differ_have_different_keys(one: str, other: str) -> None:
    """Nobody is refused a name that only looks like another to us."""
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize("key", ["a", "x" * 255, "order-42:reminder", "!~"])
def test_an_idempotency_key_is_any_visible_ascii(key: str) -> None:
    """Callers bring the ids that they have."""
    assert checked_key(key) == optional_key(key) == key


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ü", "a\n", "\x7f"])
def test_another_key_is_refused_by_name(key: str) -> None:
    """Promise 6: a key that would be stored in another form could send twice."""
    for check in (checked_key, optional_key):
        with pytest.raises(InvalidRequest) as refusal:
            check(key)
        [error] = refusal.value.errors
        assert (error.pointer, error.code) == ("header:Idempotency-Key", "idempotency_key_invalid")


def test_a_missing_key_is_refused_where_it_is_required() -> None:
    """Promise 6: without it nobody can repeat a send safely."""
    with pytest.raises(InvalidRequest) as refusal:
        checked_key(None)
    assert refusal.value.errors[0].code == "idempotency_key_missing"
    assert optional_key(None) is None
