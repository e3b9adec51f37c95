"""Which country a contact is shown with."""

from datetime import UTC, datetime

import pytest

from kanal.contacts.countries import country_of
from kanal.contacts.model import Contact, Part, Sighting, with_sighting
from kanal.contacts.view import as_json
from kanal.ids import ChannelId, ChannelRef, ContactId, WorkspaceId

COUNTRIES = [
    ("4915112345678", "DE"),
    ("16505551234", "US"),
    ("14165550123", "CA"),
    ("77011234567", "KZ"),
    ("79161234567", "RU"),
    ("390612345678", "IT"),
    # spellings that no plan has any more
    ("551187654321", "BR"),
    ("5215512345678", "MX"),
    ("22507181399", "CI"),
    # valid nowhere in a code of many countries; a code of no country; a code that nobody has
    *(("15550783881", None), ("800123456789", None), ("99912345678", None)),
    ("US.13491208655302741918", "US"),
    ("BR.ENT.11815799212886844830", "BR"),
    # neither
    *(("", None), ("Mia", None), ("DE", None), ("DE.", None), ("de.1", None), ("+4915112345678", None)),
    *(("123456", None), ("1234567890123456", None), ("49151123٩٩٩٩٩", None), ("\ud83d", None)),
    ("wamid.HBgLMTY0NjcwNDM1OTUVAgARGBI1RjQyNUE3NEYxMzAzMzQ5MkEA", None),
]


@pytest.mark.parametrize(("name", "country"), COUNTRIES)
def test_an_id_tells_its_country_or_nothing(name: str, country: str | None) -> None:
    assert country_of(name) == country


@pytest.mark.parametrize(
    ("wa_id", "user_id", "country"),
    [
        ("4915112345678", None, "DE"),
        (None, "BR.10302993775435525985", "BR"),
        ("15550783881", "US.13491208655302741918", "US"),
        ("4915112345678", "AT.10302993775435525985", "AT"),
        ("15550783881", None, None),
        (None, None, None),
    ],
)
def test_a_contact_is_of_the_country_that_whatsapp_names_or_the_number_tells(
    wa_id: str | None, user_id: str | None, country: str | None
) -> None:
    at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    ref = ChannelRef(WorkspaceId("acme"), ChannelId("chn_1"))
    part = with_sighting(Part(ContactId("con_1"), ref, at), Sighting("1", wa_id, user_id))
    assert as_json(Contact((part,), via=part.id), at)["country"] == country
