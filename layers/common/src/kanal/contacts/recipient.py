"""Reads what a caller wrote as the recipient of a message."""

import re

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from kanal.contacts.identity import Identity, WrittenNumber
from kanal.contacts.numbers import match_key
from kanal.errors import FieldError, InvalidRequest
from kanal.ids import BSUID, CONTACT_ID, ContactId

_WRITTEN_NUMBER = re.compile(r"\(?\+?[\d\s()./-]+")
"""The whole text, because phonenumbers finds a number in any text: in links, in "0800 FLOWERS"."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_INTERNATIONAL = re.compile(r"\+[0-9\s().-]+")
_ABROAD = (CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN, CountryCodeSource.FROM_NUMBER_WITH_IDD)


def parse_recipient(text: str, default_country: str | None) -> ContactId | Identity | WrittenNumber:
    """A contact id, a business-scoped user id, or a phone number.

    Numbers with a country code are read leniently (spaces, dashes, the trunk zero), and never refused for a
    numbering plan alone: WhatsApp keeps ids that are not valid numbers any more. Only the length counts: 7 to
    15 digits with the country code. Without one a number must be possible in the channel's default country
    and nobody's abroad, or be WhatsApp's id without its `+`; what could be either is refused.

    Raises InvalidRequest.
    """
    if CONTACT_ID.fullmatch(text):
        return ContactId(text)
    if BSUID.fullmatch(text):
        return Identity("user_id", text)
    digits = _digits(text.removeprefix("tel:"), default_country)
    if digits is None or not 7 <= len(digits) <= 15:
        country = "" if default_country else ", or give the channel a default_country"
        raise _refusal(
            "is neither a phone number, a contact id nor a user id. Write numbers with country code,"
            f" such as +4915112345678{country}."
        )
    return WrittenNumber(digits)


def _digits(text: str, country: str | None) -> str | None:
    if not _WRITTEN_NUMBER.fullmatch(text) or _DATE.fullmatch(text):
        return None
    number = _parsed(text, country)
    if number is None or number.country_code_source in _ABROAD:
        possible = number if number and phonenumbers.is_possible_number(number) else _copied_id(text)
        return _e164(possible) if possible else _international_digits(text)
    return _without_country_code(text, number)


def _without_country_code(text: str, number: PhoneNumber) -> str | None:
    """`number` is the text as the default country reads it."""
    at_home, copied = phonenumbers.is_valid_number(number), _copied_id(text)
    if copied is None:
        return _e164(number) if _is_meant_at_home(text, number) else None
    if at_home and copied.country_code != number.country_code:
        raise _refusal(
            f"is a number with country code (+{_e164(copied)}) and one without (+{_e164(number)})."
            " Write it with its + and country code."
        )
    return _e164(copied)


def _is_meant_at_home(text: str, number: PhoneNumber) -> bool:
    """Numbering plans learn of new numbers late, so one that is merely possible will do."""
    if _lacks_trunk_prefix(text, number):
        return False
    is_possible = _is_possible(number) and not _may_be_foreign(text, number)
    return is_possible or phonenumbers.is_valid_number(number)


def _may_be_foreign(text: str, number: PhoneNumber) -> bool:
    """Somebody abroad has the number, or it is written like an id, and ids outlive their plans.

    22507181399 is an id of Ivory Coast as it was until 2021, and possible in Brazil.
    """
    digits = _only_digits(text)
    if digits.startswith("0") or digits == _e164(number):
        return False
    return text.isdecimal() or _copied_id(digits) is not None


def _lacks_trunk_prefix(text: str, number: PhoneNumber) -> bool:
    """Where people write 0 before the area code, digits without it are a foreign id or no number at all.

    German numbers have so many lengths that almost any digits are valid: so is 551187654321, an id in Brazil.
    """
    significant = phonenumbers.national_significant_number(number)
    return _only_digits(text) == significant and _has_trunk_prefix(number)


def _has_trunk_prefix(number: PhoneNumber) -> bool:
    """Whether people at home write more than what follows the country code."""
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    known = number if phonenumbers.is_valid_number(number) else phonenumbers.example_number(region)
    if known is None:
        return False
    as_people_write = phonenumbers.format_number(known, PhoneNumberFormat.NATIONAL)
    return _only_digits(as_people_write) != phonenumbers.national_significant_number(known)


def _copied_id(text: str) -> PhoneNumber | None:
    """A WhatsApp id without its `+`: all digits, and with the `+` a number that somebody has."""
    number = _parsed(f"+{text}", None) if text.isdecimal() else None
    return number if number and _is_known(number) else None


def _is_known(number: PhoneNumber) -> bool:
    """Valid as it is, or an older spelling of what is valid, such as +52 1 and ten digits."""
    newest = _parsed(f"+{match_key(_e164(number))}", None)
    return any(each is not None and phonenumbers.is_valid_number(each) for each in (number, newest))


def _is_possible(number: PhoneNumber) -> bool:
    """By the lengths that mobiles and landlines have there, area code included."""
    kind = PhoneNumberType.FIXED_LINE_OR_MOBILE
    return phonenumbers.is_possible_number_for_type_with_reason(number, kind) == ValidationResult.IS_POSSIBLE


def _parsed(text: str, country: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164).lstrip("+")


def _international_digits(text: str) -> str | None:
    """Forms that no numbering plan has any more and WhatsApp still uses, such as +52 1 and ten digits."""
    return _only_digits(text) if _INTERNATIONAL.fullmatch(text) else None


def _only_digits(text: str) -> str:
    return phonenumbers.normalize_digits_only(text)


def _refusal(words: str) -> InvalidRequest:
    return InvalidRequest(FieldError("/to", words, "recipient_invalid"))
