"""Which country a contact is of, as far as its ids tell."""

import re

from kanal.ids import BSUID

_NUMBER = re.compile(r"[0-9]{7,15}")


def country_of(name: str) -> str | None:
    """ISO 3166 alpha-2 of a WhatsApp id (digits) or a business-scoped user id; None where it does not tell.

    Numbers that are valid in no plan any more count where only one country has their code: an old spelling of
    Brazil is of Brazil; +1 555 078 3881 could be of 25 countries. Never raises.
    """
    if BSUID.fullmatch(name):
        return name[:2]
    return _region(name) if _NUMBER.fullmatch(name) else None


def _region(digits: str) -> str | None:
    import phonenumbers  # slow to load, and whoever has a user id needs no number

    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return None
    return region if region and region.isalpha() else None  # 001: services that no country has
