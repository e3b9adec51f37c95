"""Match keys: which spellings of WhatsApp's phone-like ids are one person. Data; one row a rule.

Keys find contacts and merge them. A message goes to the id as WhatsApp gave it, never to a key.

Countries without a row are left alone, some on purpose: Italy (the leading 0 belongs to the number), Russia
and Kazakhstan (+7 with ten digits is one spelling), Ivory Coast (8 digits became 10, and which prefix was put
in front depends on the operator of then: only WhatsApp's answers to sends tell), Argentina (54 with and
without the 9 are a mobile and a fixed line; see LOOKUPS).

Sources: chatwoot's phone normalizers and its issues 11053 and 13932, Zoho's help pages on Brazil and Mexico,
and the numbering plans as libphonenumber 9.0.42 has them. WhatsApp itself says no more than that an id may
differ from the number.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """`pattern` covers whole ids of an exact length; `key` is what a match is replaced with."""

    country: str
    pattern: re.Pattern[str]
    key: str
    why: str
    becomes: Mapping[str, str]
    """Examples, each with its key."""
    stays: tuple[str, ...]
    """Examples next to the rule that it must not touch: landlines, the new spelling, foreign ids."""


RULES: tuple[Rule, ...] = (
    Rule(
        "BR",
        re.compile(r"55([1-9][1-9])([6-9][0-9]{7})"),
        r"55\g<1>9\g<2>",
        "Mobiles got a 9 after the area code from 2012 to 2016; accounts made before keep ids without it."
        " Landlines begin with 2 to 5. Radio phones (a 7, no 9) ended with their network in 2018.",
        {
            "554188887777": "5541988887777",
            "551187654321": "5511987654321",
            "559860001111": "5598960001111",
        },
        ("5541988887777", "5511987654321", "551132345678", "554121098765", "551154321098", "558008765432"),
    ),
    Rule(
        "MX",
        re.compile(r"521([2-9][0-9]{9})"),
        r"52\g<1>",
        "The 1 before mobiles was abolished in 2019; most ids of WhatsApp still have it.",
        {"5215512345678": "525512345678", "5218112345678": "528112345678"},
        ("525512345678", "521234567890", "5211234567890", "52155123456789"),
    ),
    Rule(
        "BJ",
        re.compile(r"229([4-69][0-9]{7})"),
        r"22901\g<1>",
        "All numbers got 01 in front on 30 November 2024; accounts made before may keep 8 digits."
        " Landlines began with 2, numbers with 8 stayed as they were.",
        {"22997123456": "2290197123456", "22961234567": "2290161234567", "22940123456": "2290140123456"},
        ("2290197123456", "22921310000", "2290121310000", "22985751234"),
    ),
    Rule(
        "GA",
        re.compile(r"2410([2-7][0-9]{6}|[67][0-9]{7})"),
        r"241\g<1>",
        "Mobiles are seen with and without the zero, of the old plan (7 digits) and that of 2019 (8)."
        " Landlines begin with 01 in both.",
        {"24106123456": "2416123456", "241062123456": "24162123456", "241077123456": "24177123456"},
        ("2416123456", "24162123456", "24101123456", "241011123456", "24111123456"),
    ),
)

LOOKUPS: tuple[Rule, ...] = (
    Rule(
        "AR",
        re.compile(r"54(11[0-9]{8}|[23][0-9]{9})"),
        r"549\g<1>",
        "People leave out the 9 of mobiles. It is a fixed line's number too, so this only looks up.",
        {"541123456789": "5491123456789", "543512345678": "5493512345678"},
        ("5491123456789", "548001234567"),
    ),
    Rule(
        "AR",
        re.compile(r"549(11[0-9]{8}|[23][0-9]{9})"),
        r"54\g<1>",
        "The same the other way round: a contact may be known by the number without the 9.",
        {"5491123456789": "541123456789", "5493512345678": "543512345678"},
        ("541123456789", "5498001234567"),
    ),
    Rule(
        "AR",
        re.compile(r"54(11)15([0-9]{8})"),
        r"549\g<1>\g<2>",
        "At home mobiles are written with 15 after the area code, which has two digits (Buenos Aires), ...",
        {"54111523456789": "5491123456789"},
        ("5411152345678", "54121523456789"),
    ),
    Rule(
        "AR",
        re.compile(r"54([23][0-9]{2})15([0-9]{7})"),
        r"549\g<1>\g<2>",
        "... three, ...",
        {"54351152345678": "5493512345678"},
        ("5435115234567", "543511523456789"),
    ),
    Rule(
        "AR",
        re.compile(r"54([23][0-9]{3})15([0-9]{6})"),
        r"549\g<1>\g<2>",
        "... or four; where the 15 stands tells which.",
        {"54290115234567": "5492901234567"},
        ("5429011523456", "542901152345678"),
    ),
)
"""Other keys under which the person may be known whose number an operator wrote. Never to merge by."""


def match_key(digits: str) -> str:
    """The one spelling of a WhatsApp id (digits without `+`). Idempotent.

    Whatever no rule covers passes unchanged: other countries, business-scoped user ids, any text.
    """
    return next(
        (found.expand(rule.key) for rule in RULES if (found := rule.pattern.fullmatch(digits))), digits
    )


def lookup_keys(digits: str) -> tuple[str, ...]:
    """Keys besides its match key by which to look for a number that a person wrote.

    They are guesses: take the contact only when all of them together find exactly one.
    """
    key = match_key(digits)
    return tuple(found.expand(rule.key) for rule in LOOKUPS if (found := rule.pattern.fullmatch(key)))
