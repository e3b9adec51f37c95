"""Promise 8 against the numbering plans of the whole world: different numbers stay different people."""

import re

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType
from phonenumbers.phonemetadata import PhoneMetadata

from kanal.contacts.numbers import LOOKUPS, RULES, Rule, lookup_keys, match_key

_REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
_RULED = {rule.country for rule in RULES}
_TYPES = [kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN]
_DIGITS = "0123456789"


def _of_plan(region: str, kinds: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Valid numbers of the region, made from the patterns of its numbering plan."""
    plan = PhoneMetadata.metadata_for_region(region)
    patterns = [getattr(plan, kind).national_number_pattern for kind in kinds if getattr(plan, kind)]
    code = phonenumbers.country_code_for_region(region)
    return (
        st.sampled_from([re.compile(pattern) for pattern in patterns if pattern])
        .flatmap(lambda pattern: st.from_regex(pattern, fullmatch=True, alphabet=_DIGITS))
        .map(lambda national: f"{code}{national}")
        .filter(_is_valid)
    )


def _is_valid(digits: str) -> bool:
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) and _e164(number) == digits


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).lstrip("+")


def _kind(digits: str) -> int:
    return phonenumbers.number_type(phonenumbers.parse(f"+{digits}"))


def _code(digits: str) -> int:
    code = phonenumbers.parse(f"+{digits}").country_code
    assert code
    return code


_SOMEWHERE = st.sampled_from(_REGIONS) | st.sampled_from(sorted(_RULED))
_FIXED = _SOMEWHERE.flatmap(lambda region: _of_plan(region, ("fixed_line",)))
_ANY = _SOMEWHERE.flatmap(lambda region: _of_plan(region, ("fixed_line", "mobile", "voip", "uan")))
_TEXT = (
    st.text(max_size=40) | st.text(_DIGITS, max_size=20) | st.from_regex(r"(55|521|229|2410|549?)[0-9]{6,12}")
)


def _neighbours(digits: str) -> set[str]:
    """What another spelling could be mistaken for: a digit more or less anywhere, or 01 in front or not."""
    places = range(1, len(digits) + 1)
    more = {digits[:place] + digit + digits[place:] for place in places for digit in _DIGITS}
    fewer = {digits[:place] + digits[place + length :] for place in places for length in (1, 2)}
    return more | fewer | {digits[:place] + "01" + digits[place:] for place in places}


@given(_FIXED)
def test_no_landline_is_ever_rewritten(digits: str) -> None:
    """So two landlines cannot have one key, wherever they are."""
    assume(_kind(digits) == PhoneNumberType.FIXED_LINE)
    assert match_key(digits) == digits


@given(_ANY)
def test_no_valid_number_gets_the_key_of_a_landline_or_of_another_country(digits: str) -> None:
    twins = [each for each in _neighbours(digits) if match_key(each) == match_key(digits) and each != digits]
    for twin in filter(_is_valid, twins):
        assert _code(twin) == _code(digits)
        assert PhoneNumberType.FIXED_LINE not in (_kind(twin), _kind(digits)), (twin, digits)


@given(st.lists(_ANY, min_size=2, max_size=8, unique=True))
def test_numbers_of_different_countries_never_have_one_key(numbers: list[str]) -> None:
    countries: dict[str, set[int]] = {}
    for digits in numbers:
        countries.setdefault(match_key(digits), set()).add(_code(digits))
    assert all(len(codes) == 1 for codes in countries.values())


@given(
    st.sampled_from([region for region in _REGIONS if region not in _RULED]).flatmap(
        lambda region: _of_plan(region, ("fixed_line", "mobile"))
    )
)
def test_a_country_without_a_rule_is_left_alone(digits: str) -> None:
    assert match_key(digits) == digits


@given(_TEXT)
@example("554188887777")
@example("\ud83d")
@example("55418888777٩")
def test_any_text_has_a_key_and_the_key_is_its_own(text: str) -> None:
    """Keys made again, of ids or of keys, are the same."""
    key = match_key(text)
    assert match_key(key) == key
    if not re.fullmatch(r"[0-9]{7,15}", text):
        assert key == text
    for other in lookup_keys(text):
        assert match_key(other) == other != key
        assert re.fullmatch(r"54[0-9]{10,11}", other)


@pytest.mark.parametrize("kind", _TYPES, ids=PhoneNumberType.to_string)
def test_the_example_numbers_of_all_regions_stay_different(kind: int) -> None:
    """By name, not by chance: one number of each type of each region, as its numbering plan gives it."""
    examples = (phonenumbers.example_number_for_type(region, kind) for region in _REGIONS)
    numbers = {_e164(number) for number in examples if number}
    keys = {digits: match_key(digits) for digits in numbers}
    assert len(set(keys.values())) == len(numbers)
    rewritten = {digits: key for digits, key in keys.items() if digits != key}
    assert rewritten == ({"24106031234": "2416031234"} if kind == PhoneNumberType.MOBILE else {})


@pytest.mark.parametrize("rule", [*RULES, *LOOKUPS])
def test_a_rule_stays_in_its_country(rule: Rule) -> None:
    """Ids, keys and examples begin with the country's code, which begins no other country's numbers."""
    code = phonenumbers.country_code_for_region(rule.country)
    assert phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code] == (rule.country,)
    for text in (rule.pattern.pattern, rule.key, *rule.becomes, *rule.becomes.values(), *rule.stays):
        assert text.startswith(str(code))
