"""What a caller may write as the recipient."""

import pytest

from kanal.contacts.identity import Identity, WrittenNumber
from kanal.contacts.recipient import parse_recipient
from kanal.errors import InvalidRequest

_CONTACT = "con_" + "a2b3c4d5e6f7g2h3i4j5k6l7m2"

NUMBERS = [
    # written, default country, WhatsApp's digits
    ("+4915112345678", None, "4915112345678"),
    ("+49 151 1234-5678", None, "4915112345678"),
    ("+49 (0)151 12345678", None, "4915112345678"),
    ("tel:+4915112345678", None, "4915112345678"),
    ("0151 12345678", "DE", "4915112345678"),
    ("0049 151 12345678", "DE", "4915112345678"),
    ("+5511987654321", None, "5511987654321"),
    ("+551187654321", None, "551187654321"),
    ("(11) 98765-4321", "BR", "5511987654321"),
    ("+5215512345678", None, "5215512345678"),
    ("+525512345678", None, "525512345678"),
    ("+5491123456789", None, "5491123456789"),
    ("+541123456789", None, "541123456789"),
    ("+1 202 555 0143", "DE", "12025550143"),
    ("202-555-0143", "US", "12025550143"),
    # WhatsApp's id, copied without its plus
    ("4915112345678", None, "4915112345678"),
    ("4915112345678", "DE", "4915112345678"),
    ("12025550143", "US", "12025550143"),
    ("+٤٩١٥١١٢٣٤٥٦٧٨", None, "4915112345678"),
    ("+99912345678", None, "99912345678"),
    # a foreign id, where the digits are no number of the default country
    ("4915112345678", "BR", "4915112345678"),
    ("5511912345678", "US", "5511912345678"),
    ("(+49) 151 12345678", "DE", "4915112345678"),
    ("tel:0151/12345678", "DE", "4915112345678"),
    ("٠١٥١١٢٣٤٥٦٧٨", "DE", "4915112345678"),
    # valid in no plan, but possible, and written as at home
    ("0199 12345678", "DE", "4919912345678"),
    ("019912345678", "DE", "4919912345678"),
    ("(555) 078-3881", "US", "15550783881"),
    ("15550783881", "US", "15550783881"),
    ("(11) 8765-4321", "BR", "551187654321"),
    ("011 8765-4321", "BR", "551187654321"),
]

SAMPLES = [
    # where id and number differ: older and newer spelling, mobile and landline
    *("554188887777", "5541988887777", "551187654321", "5511987654321", "551132345678"),
    *("5215512345678", "525512345678", "5491123456789", "541123456789", "22997123456", "2290197123456"),
    *("24106123456", "2416123456", "16505551234", "390612345678", "77011234567"),
]
"""With `+` and without, each stays as it is written: match keys are another thing."""

OUTLIVED = ["22507181399", "15550783881"]
"""Ids of numbers that are valid nowhere: only with `+`."""

NOT_AT_HOME = [
    # possible there by their lengths, but somebody abroad has them, or had
    *(("22507181399", "BR"), ("45 20 26 11 23", "US"), ("5550783881", "US"), ("1187654321", "BR")),
    # of another country, where the home country's older spelling would fit
    *(("15550783881", "MX"), ("1 312 555 1234", "MX")),
    # without area code, without the zero
    *(("98765-4321", "BR"), ("555-0143", "US"), ("199 12345678", "DE"), ("15 2345-6789", "AR")),
]

JUNK = [
    *("", " ", "+", "Mia", "mia@example.com", "123", "+12", "+49 12", "con_short", "DE.", "de.abc", "DE.a-b"),
    *("+1234567890123456", "BR." + "x" * 129, _CONTACT.upper(), "+4915112345678\n;drop", "+٩٩٩١٢٣٤٥٦٧"),
    *("https://wa.me/4915112345678", "hello 0151 12345678", "0151 12345678 ext. 5", "invoice 20261123"),
    *("2026-11-23", "20261123", "0800 FLOWERS", "con_zzzz1234567", "tel:", "tel:tel:+4915112345678"),
    # an id of Ivory Coast as it was, which no rule makes a number of today
    *("22507181399", "15550783881"),
]


@pytest.mark.parametrize(("written", "country", "digits"), NUMBERS)
def test_a_phone_number_is_read_as_people_write_it(written: str, country: str | None, digits: str) -> None:
    """Promise 8: no digit is added or taken away that WhatsApp would miss, in countries that tempt to it."""
    assert parse_recipient(written, country) == WrittenNumber(digits)


@pytest.mark.parametrize("digits", SAMPLES)
def test_an_id_is_taken_as_it_is_in_old_spelling_and_new(digits: str) -> None:
    """Promise 8: what the caller wrote is what is sent to; only finding the contact knows of spellings."""
    assert parse_recipient(f"+{digits}", None) == WrittenNumber(digits)
    assert parse_recipient(f"+{digits}", "DE") == WrittenNumber(digits)
    assert parse_recipient(digits, None) == WrittenNumber(digits)
    assert parse_recipient(digits, "CI") == WrittenNumber(digits)


@pytest.mark.parametrize("digits", OUTLIVED)
def test_an_id_that_outlived_its_numbering_plan_is_taken_with_its_plus(digits: str) -> None:
    """Promise 8: without it nothing tells such an id from a number of the channel's country."""
    assert parse_recipient(f"+{digits}", "BR") == WrittenNumber(digits)


@pytest.mark.parametrize(("written", "country"), NOT_AT_HOME)
def test_a_number_that_may_be_meant_abroad_is_not_taken_for_one_at_home(written: str, country: str) -> None:
    """Promise 8: a message to a stranger is worse than a question."""
    with pytest.raises(InvalidRequest, match="with country code"):
        parse_recipient(written, country)


@pytest.mark.parametrize(("written", "country"), [("011 15 2345-6789", "AR"), ("+54111523456789", None)])
def test_a_mobile_of_argentina_as_people_write_it_is_its_id(written: str, country: str | None) -> None:
    assert parse_recipient(written, country) == WrittenNumber("5491123456789")


@pytest.mark.parametrize("written", ["DE.a", "US.ENT.13491208655302741918", "BR." + "x" * 128])
def test_a_business_scoped_user_id_is_taken_as_it_is(written: str) -> None:
    """People without a visible phone number can be written to."""
    assert parse_recipient(written, "DE") == Identity("user_id", written)


def test_a_contact_id_names_a_known_contact() -> None:
    """An id of ours is looked up, never dialled."""
    assert parse_recipient(_CONTACT, "DE") == _CONTACT
    assert not isinstance(parse_recipient(_CONTACT, "DE"), Identity)


@pytest.mark.parametrize("country", [None, "DE"])
@pytest.mark.parametrize("junk", JUNK)
def test_junk_is_refused_where_it_stands_with_an_example(junk: str, country: str | None) -> None:
    """Promise 12: the answer names the field and shows how a number is written."""
    with pytest.raises(InvalidRequest) as refusal:
        parse_recipient(junk, country)
    [error] = refusal.value.errors
    assert (error.pointer, error.code) == ("/to", "recipient_invalid")
    assert "+4915112345678" in error.message


def test_a_national_number_needs_the_channels_country() -> None:
    """Promise 8: a country is never guessed; the answer says that the channel can have one."""
    with pytest.raises(InvalidRequest, match="default_country"):
        parse_recipient("0151 12345678", None)
    with pytest.raises(InvalidRequest) as refusal:
        parse_recipient("12", "DE")
    assert "default_country" not in refusal.value.detail


@pytest.mark.parametrize(
    "written",
    ["5511912345678", "551187654321", "5215512345678", "22997123456", "436641234567", "5491123456789"],
)
def test_digits_that_are_a_foreign_id_and_a_number_at_home_are_refused(written: str) -> None:
    """Promise 8: an id of WhatsApp's never becomes somebody else's number; the answer asks for the plus."""
    with pytest.raises(InvalidRequest, match=rf"\+{written}.* Write it with its \+") as refusal:
        parse_recipient(written, "DE")
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [("/to", "recipient_invalid")]
    assert parse_recipient(f"+{written}", "DE") == WrittenNumber(written)


def test_a_number_at_home_is_written_as_people_write_it_there() -> None:
    """Promise 8: almost any digits are a valid German number; those with the zero are meant as one."""
    assert parse_recipient("0202 61123", "DE") == WrittenNumber("4920261123")
    with pytest.raises(InvalidRequest):
        parse_recipient("202 61123", "DE")
    assert parse_recipient("20 26 11 23", "DK") == WrittenNumber("4520261123")
    with pytest.raises(InvalidRequest):
        parse_recipient("2026-11-23", "DK")
