"""What the API answers about contacts; see shapes.py."""

from datetime import datetime

from pydantic import Field

from kanal.contacts.model import Because
from scripts.shapes import Shape


class Window(Shape):
    open: bool = Field(description="Whether free-form messages may be sent now; templates always may.")
    open_until: datetime | None = Field(description="24 hours after the last message or call of the person.")
    free_entry_point_until: datetime | None = Field(
        description="Until when messages are free, after an ad or post brought the person here."
    )


class Marketing(Shape):
    opted_out: bool = Field(description="The person stopped marketing; such templates are refused.")
    changed_at: datetime | None
    suppressed_until: datetime | None = Field(
        description="WhatsApp takes no marketing to the person before; `null` when that is over."
    )


class Referral(Shape):
    """As much as WhatsApp told; the message has all of it."""

    at: datetime | None
    source_type: str | None = Field(None, description="`ad` or `post`.")
    source_id: str | None = None
    source_url: str | None = None
    headline: str | None = None
    ctwa_clid: str | None = None


class Merged(Shape):
    contact_id: str = Field(description="Still good: it leads to this contact.")
    at: datetime
    because: Because


class KeptApart(Shape):
    contact_id: str
    since: datetime


class Contact(Shape):
    id: str
    channel_id: str
    phone_number: str | None = Field(description="WhatsApp's id with `+`; not always E.164.")
    wa_id: str | None = Field(description="WhatsApp's phone-like id, as messages are sent to it.")
    user_id: str | None = Field(description="Business-scoped user id.")
    parent_user_id: str | None
    username: str | None
    profile_name: str | None
    saved_name: str | None = Field(description="From the address book of the WhatsApp Business app.")
    country: str | None = Field(description="ISO 3166-1 alpha-2, from the user id or the number.")
    window: Window
    marketing: Marketing
    referral: Referral | None = Field(description="The ad or post through which the person came last.")
    merged: list[Merged] = Field(description="Contacts that turned out to be this person.")
    kept_apart: list[KeptApart] = Field(description="Contacts that a person took out of this one.")
    last_seen_at: datetime | None = Field(description="WhatsApp's time of the last that was heard of them.")
    created_at: datetime


class Contacts(Shape):
    data: list[Contact]
    next_cursor: str | None


class Unmerged(Shape):
    contact: Contact
    separated: Contact
