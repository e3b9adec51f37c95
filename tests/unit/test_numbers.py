"""Which spellings of WhatsApp's ids are one person, row by row."""

import pytest

from kanal.contacts.numbers import LOOKUPS, RULES, Rule, lookup_keys, match_key

_BECOMES = [(rule, *example) for rule in RULES for example in rule.becomes.items()]
_STAYS = [(rule, example) for rule in RULES for example in rule.stays]
_FOUND = [(rule, *example) for rule in LOOKUPS for example in rule.becomes.items()]
_NOT_FOUND = [(rule, example) for rule in LOOKUPS for example in rule.stays]

LEFT_ALONE = [
    # the zero belongs to Italian numbers
    *("390612345678", "393123456789", "39312345678"),
    # one country code, one spelling
    *("77011234567", "79161234567", "70000000000"),
    # eight digits and ten: which prefix was put in front is not in the number
    *("22507181399", "2250718139912", "2252720123456"),
    # a mobile and a fixed line
    *("5491123456789", "541123456789", "54111523456789"),
    # countries without a rule, and a number without a country
    *("4915112345678", "4930123456", "16505551234", "15550783881", "6281234567890", "99912345678"),
    # no phone numbers: business-scoped user ids, other ids of WhatsApp's, text
    *("US.13491208655302741918", "US.ENT.11815799212886844830", "BR.554188887777", "MX.5215512345678"),
    "wamid.HBgLMTY0NjcwNDM1OTUVAgARGBI1RjQyNUE3NEYxMzAzMzQ5MkEA",
    *("", "Mia", "+554188887777", " 554188887777", "554188887777\n", "55 41 8888 7777", "55418888٩٩٩٩"),
    # a rule's beginning, but not its length
    *("55418888777", "55418888777799", "521551234567", "52155123456789", "2299712345", "229971234567"),
    *("2410612345", "2410621234567", "102290129340398", "106540352242922"),
]


@pytest.mark.parametrize(("rule", "written", "key"), _BECOMES)
def test_spellings_of_one_number_have_one_key(rule: Rule, written: str, key: str) -> None:
    """Promise 8: one person is one contact, whatever way WhatsApp spells the number."""
    assert match_key(written) == match_key(key) == key
    assert [row for row in RULES if row.pattern.fullmatch(written)] == [rule]


@pytest.mark.parametrize(("rule", "written"), _STAYS)
def test_what_stands_next_to_a_rule_stays(rule: Rule, written: str) -> None:
    """Promise 8: landlines are never rewritten, nor is what has the new spelling already."""
    assert match_key(written) == written


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_everything_else_is_its_own_key(text: str) -> None:
    """Promise 8: no country is touched for which it is not certain."""
    assert match_key(text) == text


def test_numbers_of_argentina_with_and_without_the_9_are_two_people() -> None:
    """Promise 8: one may be a fixed line; they help each other to be found and are never merged."""
    assert match_key("5491123456789") != match_key("541123456789")
    assert lookup_keys("5491123456789") == ("541123456789",)
    assert lookup_keys("541123456789") == ("5491123456789",)


@pytest.mark.parametrize(("rule", "written", "key"), _FOUND)
def test_a_number_as_people_write_it_finds_the_id(rule: Rule, written: str, key: str) -> None:
    assert lookup_keys(written) == (key,)
    assert match_key(key) == key
    assert rule.pattern.fullmatch(written)


@pytest.mark.parametrize(("rule", "written"), _NOT_FOUND)
def test_what_stands_next_to_a_lookup_does_not_match_it(rule: Rule, written: str) -> None:
    assert not rule.pattern.fullmatch(written)


@pytest.mark.parametrize(
    "text",
    [*(key for rule in RULES for key in rule.becomes.values()), "22507181399", "US.13491208655302741918", ""],
)
def test_other_countries_have_no_keys_to_guess(text: str) -> None:
    """Promise 8: a wrong guess would show one customer's conversation under another's number."""
    assert lookup_keys(text) == ()


@pytest.mark.parametrize("rule", [*RULES, *LOOKUPS])
def test_every_rule_has_its_reason_and_examples_both_ways(rule: Rule) -> None:
    assert rule.why
    assert rule.becomes
    assert rule.stays
