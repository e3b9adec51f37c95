"""Reads what a caller wrote as the recipient of a message."""

import re

import phonenumbers

from kanal.contacts.model import Identity
from kanal.errors import FieldError, InvalidRequest
from kanal.ids import CONTACT_ID, ContactId

_BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_INTERNATIONAL = re.compile(r"\+[0-9\s().-]+")


def parse_recipient(text: str, default_country: str | None) -> ContactId | Identity:
    """A contact id, a business-scoped user id, or a phone number.

    Numbers are read leniently (spaces, dashes, the trunk zero; without `+` in the channel's default country),
    and never refused for a numbering plan alone: WhatsApp keeps ids that are not valid numbers any more. Only
    the length counts: 7 to 15 digits with the country code.

    Raises InvalidRequest.
    """
    if CONTACT_ID.fullmatch(text):
        return ContactId(text)
    if _BSUID.fullmatch(text):
        return Identity("user_id", text)
    digits = _possible_number(text, default_country) or _international_digits(text)
    if digits is None or not 7 <= len(digits) <= 15:
        country = "" if default_country else ", or give the channel a default_country"
        raise InvalidRequest(
            FieldError(
                "/to",
                "is neither a phone number, a contact id nor a user id. Write numbers with country code,"
                f" such as +4915112345678{country}.",
                "recipient_invalid",
            )
        )
    return Identity("wa_id", digits)


def _possible_number(text: str, default_country: str | None) -> str | None:
    number = _copied_id(text, default_country) or _parsed(text, default_country)
    if number is None or not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).lstrip("+")


def _copied_id(text: str, default_country: str | None) -> phonenumbers.PhoneNumber | None:
    """A WhatsApp id without its `+`: all digits, with the calling code of the country, and a valid number."""
    number = _parsed(f"+{text}", None) if text.isdecimal() else None
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    at_home = (
        phonenumbers.country_code_for_region(default_country) if default_country else number.country_code
    )
    return number if number.country_code == at_home else None


def _parsed(text: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _international_digits(text: str) -> str | None:
    """Forms that no numbering plan has any more and WhatsApp still uses, such as +52 1 and ten digits."""
    digits = re.sub(r"\D", "", text)
    return digits if _INTERNATIONAL.fullmatch(text) else None
