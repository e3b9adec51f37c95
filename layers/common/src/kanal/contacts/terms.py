"""By which words a contact is found: those of its names, and its number's digits.

A query is compared with the beginning of each word, so "ada" finds "Ada Lovelace" and "+49 151" her number.
"""

import re
import unicodedata

from kanal.contacts.model import Part, Trait

_NAMED: tuple[Trait, ...] = ("profile_name", "saved_name", "username")
_WORDS_PER_NAME = 8
_LONGEST_WORD = 40
_NOT_A_WORD = re.compile(r"[^\w.]+")
_WRITTEN_NUMBER = re.compile(r"\+?[\d\s()./-]*\d[\d\s()./-]*")


def terms_of(part: Part) -> frozenset[str]:
    words = {word for trait in _NAMED for word in words_of(part.value(trait) or "")[:_WORDS_PER_NAME]}
    digits = part.value("wa_id")
    return frozenset(words | ({digits[:_LONGEST_WORD]} if digits else set()))


def words_of(text: str) -> list[str]:
    """Words as they are compared: whatever their case, accents and punctuation. A number is one word."""
    if _WRITTEN_NUMBER.fullmatch(text.strip()):
        return [re.sub(r"\D", "", text)[:_LONGEST_WORD]]
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word[:_LONGEST_WORD] for word in _NOT_A_WORD.split(letters) if word.strip("._")]
