"""Contact cards, as a contacts message carries them."""

from typing import Annotated, Self

from pydantic import model_validator

from kanal.sending.content.parts import NOT_BLANK, WEB, Matching, Strict, Wrong, refuse, within

_Line = Annotated[str, NOT_BLANK]
_NAME_PARTS = ("first_name", "last_name", "middle_name", "prefix", "suffix")


class CardName(Strict):
    """`formatted_name` and at least one other part."""

    formatted_name: _Line
    first_name: _Line | None = None
    last_name: _Line | None = None
    middle_name: _Line | None = None
    prefix: _Line | None = None
    suffix: _Line | None = None

    @model_validator(mode="after")
    def _has_another_part(self) -> Self:
        if all(getattr(self, name) is None for name in _NAME_PARTS):
            words = f"needs another part beside formatted_name: {', '.join(_NAME_PARTS)}"
            refuse([Wrong((), "missing", words)])
        return self


class CardPhone(Strict):
    """`wa_id` gives the card its button to write to that person."""

    phone: _Line | None = None
    type: _Line | None = None
    wa_id: Annotated[str, Matching(r"^[0-9]{7,15}\Z", "must be 7 to 15 digits, without +")] | None = None


class CardEmail(Strict):
    email: _Line
    type: _Line | None = None


class CardUrl(Strict):
    url: Annotated[str, WEB]
    type: _Line | None = None


class CardAddress(Strict):
    street: _Line | None = None
    city: _Line | None = None
    state: _Line | None = None
    zip: _Line | None = None
    country: _Line | None = None
    country_code: _Line | None = None
    type: _Line | None = None


class CardOrganization(Strict):
    company: _Line | None = None
    department: _Line | None = None
    title: _Line | None = None


class ContactCard(Strict):
    name: CardName
    phones: list[CardPhone] | None = None
    emails: list[CardEmail] | None = None
    urls: list[CardUrl] | None = None
    addresses: list[CardAddress] | None = None
    org: CardOrganization | None = None
    birthday: (
        Annotated[str, Matching(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", "must be a date, such as 1990-12-31")]
        | None
    ) = None


ContactCards = Annotated[list[ContactCard], within("contacts")]
