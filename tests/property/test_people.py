"""Promises 2 and 8 with the real store: who is who does not depend on what was heard first."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kanal.aws.table import Table
from kanal.contacts.identity import Identity, phone
from kanal.contacts.model import Contact, Sighting
from kanal.contacts.store import ContactStore
from kanal.contacts.view import as_json
from kanal.ids import ChannelId, ChannelRef, WorkspaceId, new_token
from kanal.times import rfc3339
from tests.integration.aws import boto, embedded_aws
from tests.property.orders import shuffled_with_repetitions

_START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_AS_FOUND = [Phase.explicit, Phase.reuse, Phase.generate]
_NUMBERS = ("554188887777", "5541988887777", "5215512345678", "525512345678", "4915112345678", "551132345678")
"""The first two are one person's, and so are the next two."""
_USER_IDS = ("BR.one", "BR.two", "MX.one")
_NAMES = [phone(number) for number in _NUMBERS] + [Identity("user_id", user_id) for user_id in _USER_IDS]


@st.composite
def sightings(draw: st.DrawFn) -> list[Sighting]:
    """Within a day, in which no number gets another owner."""
    seen = []
    for number in range(draw(st.integers(1, 7))):
        at = _START + timedelta(hours=draw(st.integers(0, 20)))
        names: dict[str, Any] = {
            "wa_id": draw(st.none() | st.sampled_from(_NUMBERS)),
            "user_id": draw(st.none() | st.sampled_from(_USER_IDS)),
        }
        if not any(names.values()):
            names["user_id"] = "DE.else"
        seen.append(
            Sighting(
                f"{rfc3339(at)}#wamid.{number}",
                **names,
                profile_name=draw(st.none() | st.sampled_from(["Mia", "Mia S."])),
                window_open_until=draw(st.none() | st.just(at + timedelta(hours=24))),
                marketing=draw(st.none() | st.sampled_from(["stop", "resume"])),
                former=tuple(draw(st.lists(st.sampled_from(_NAMES), max_size=1))),
            )
        )
    return seen


class People:
    """Each `meet` is a channel of its own."""

    def __init__(self, contacts: ContactStore) -> None:
        self._contacts = contacts
        self._numbers = itertools.count()

    def meet(self, seen: Sequence[Sighting]) -> list[dict[str, Any]]:
        """Who is known then, each by all names; what tells how they were found is left out."""
        ref = ChannelRef(WorkspaceId("acme"), ChannelId(f"chn_{next(self._numbers)}"))
        for sighting in seen:
            self._contacts.sight(ref, sighting, _START)
        known: dict[str, tuple[list[str], Contact]] = {}
        for name in [*_NAMES, Identity("user_id", "DE.else")]:
            if contact := self._contacts.find(ref, name):
                known.setdefault(contact.id, ([], contact))[0].append(f"{name.kind} {name.value}")
        return sorted((self._shown(*one) for one in known.values()), key=str)

    @staticmethod
    def _shown(names: list[str], contact: Contact) -> dict[str, Any]:
        found = {"id": "", "channel_id": "", "merged": "", "created_at": ""}
        return {"names": sorted(set(names)), **as_json(contact, _START), **found}


@pytest.fixture(scope="module")
def people() -> Iterator[People]:
    with embedded_aws() as aws:
        yield People(ContactStore(Table(aws.contacts, boto("dynamodb")), new_token))


@settings(max_examples=settings().max_examples // 4, phases=_AS_FOUND)
@given(seen=sightings(), data=st.data())
def test_any_order_and_repetition_of_sightings_finds_the_same_people(
    people: People, seen: list[Sighting], data: st.DataObject
) -> None:
    """Promise 2: contacts, their names and windows; twins that one payload names together are one."""
    assert people.meet(shuffled_with_repetitions(data, seen)) == people.meet(seen)
