"""Spellings of phone numbers, and the business-scoped user ids that stand beside them."""

import hashlib
import re

# A business-scoped user id: country, dot, letters and digits; parents carry ENT in the middle.
USER_ID = re.compile(r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$")
PHONE = re.compile(r"^\+?[0-9][0-9 ().-]{5,24}$")

# Enough of the world for demonstrations; any other calling code counts as ZZ, the code for "unknown".
COUNTRY_OF_CALLING_CODE = {
    "1": "US", "7": "RU", "20": "EG", "27": "ZA", "31": "NL", "32": "BE", "33": "FR", "34": "ES",
    "39": "IT", "41": "CH", "43": "AT", "44": "GB", "48": "PL", "49": "DE", "51": "PE", "52": "MX",
    "54": "AR", "55": "BR", "56": "CL", "57": "CO", "60": "MY", "61": "AU", "62": "ID", "65": "SG",
    "81": "JP", "82": "KR", "86": "CN", "90": "TR", "91": "IN", "92": "PK", "212": "MA", "225": "CI",
    "229": "BJ", "234": "NG", "241": "GA", "254": "KE", "351": "PT", "353": "IE", "420": "CZ",
    "593": "EC", "852": "HK", "966": "SA", "971": "AE", "972": "IL",
}  # fmt: skip
UNKNOWN_COUNTRY = "ZZ"


def digits_of(text: str) -> str:
    return re.sub(r"\D", "", text)


def is_phone(text: str) -> bool:
    return bool(PHONE.match(text)) and 7 <= len(digits_of(text)) <= 15


def calling_code_of(digits: str) -> str:
    for length in (3, 2, 1):
        if digits[:length] in COUNTRY_OF_CALLING_CODE:
            return digits[:length]
    return ""


def user_id_of(wa_id: str) -> str:
    """The same person always has the same id; two people never share one."""
    country = COUNTRY_OF_CALLING_CODE.get(calling_code_of(wa_id), UNKNOWN_COUNTRY)
    number = int.from_bytes(hashlib.sha256(wa_id.encode()).digest()[:8], "big")
    return f"{country}.{number:020d}"


def displayed(digits: str) -> str:
    """As the API shows a number of the business, with spaces: a caller must not compare it as it is."""
    code = calling_code_of(digits)
    rest = digits[len(code) :]
    groups = [rest[start : start + 3] for start in range(0, len(rest), 3)]
    return " ".join(["+" + code, *groups]) if code else "+" + " ".join(groups)
