"""Whatever a caller writes as the recipient is understood, or refused with words."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from kanal.contacts.identity import WrittenNumber
from kanal.contacts.recipient import parse_recipient
from kanal.errors import InvalidRequest
from tests.property.outcomes import outcome_of

_COUNTRIES = st.sampled_from([None, "DE", "BR", "MX", "US", "XX"])
_NUMBER_LIKE = st.text(st.sampled_from("+0123456789 -().x٤९tel:;#"), max_size=25)
_ODD = st.text(st.characters(codec=None), max_size=150)


@given(_NUMBER_LIKE | _ODD, _COUNTRIES)
@example("+٩٩٩١٢٣٤٥٦٧", None)  # no country has it, so only the fallback reads it
@example("\ud83d", "DE")
@example("+" + "9" * 149, "DE")
def test_any_text_is_a_recipient_or_refused(text: str, country: str | None) -> None:
    """Promise 12: a recipient that cannot be read is the caller's mistake, shown where it stands."""
    found = outcome_of(lambda: parse_recipient(text, country), InvalidRequest)
    if isinstance(found, InvalidRequest):
        assert [(error.pointer, error.code) for error in found.errors] == [("/to", "recipient_invalid")]
    elif isinstance(found, WrittenNumber):
        assert re.fullmatch(r"[0-9]{7,15}", found.digits), found


@given(st.integers(10**6, 10**15 - 1), _COUNTRIES)
def test_an_international_number_keeps_its_digits(digits: int, country: str | None) -> None:
    """Promise 8: a number with country code is never moved into another country."""
    found = outcome_of(lambda: parse_recipient(f"+{digits}", country), InvalidRequest)
    if isinstance(found, InvalidRequest):
        assert len(str(digits)) == 7  # with a zero that its country leaves out
    else:
        assert isinstance(found, WrittenNumber)
        assert found == parse_recipient(f"+{digits}", None)
        assert found.digits[0] == str(digits)[0]
