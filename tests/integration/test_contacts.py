"""Promise 8: one person is one contact, whatever way WhatsApp spells the number; a merge can be undone."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from kanal.channels.model import Channel
from kanal.contacts.directory import find_contacts
from kanal.contacts.identity import Identity, phone
from kanal.contacts.merging import merge_contacts, unmerge_contact
from kanal.contacts.model import Contact, Sighting
from kanal.errors import AlreadyOneContact, NotMerged
from kanal.ids import ChannelId, ChannelRef
from kanal.times import rfc3339
from kanal.windows.rules import Window
from tests.integration.hooks import at_every_call, registered
from tests.integration.inbound import Killed, contacts_stored
from tests.integration.world import START, WORKSPACE, World

REF = ChannelRef(WORKSPACE, ChannelId("chn_aaaaaaaaaaaaaaaaaaaaaaaaaa"))
OLD, NEW = "554188887777", "5541988887777"
"""One mobile in Brazil, before and after it got its 9."""


def sight(world: World, hours: float = 0, **told: Any) -> Contact:
    """Somebody is heard of, so many hours after START."""
    at = START + timedelta(hours=hours)
    return world.contacts.sight(REF, Sighting(f"{rfc3339(at)}#wamid.{sorted(told)}", **told), at)


def found(world: World, identity: Identity) -> Contact:
    contact = world.contacts.find(REF, identity)
    assert contact is not None
    return contact


def people(world: World) -> set[str]:
    """The ids of whole contacts."""
    ids = {item["id"] for item in contacts_stored(world)}
    wholes = [world.contacts.get(REF, each) for each in ids]
    return {whole.id for whole in wholes if whole}


def test_both_spellings_of_a_number_are_one_contact_and_the_last_is_written_to(world: World) -> None:
    """The match key finds; the id that WhatsApp gave us is what messages go to."""
    first = sight(world, wa_id=OLD)
    second = sight(world, hours=1, wa_id=NEW)
    assert (second.id, second.wa_id) == (first.id, NEW)
    assert sight(world, hours=0.5, wa_id=OLD).wa_id == NEW


def test_a_payload_with_both_names_makes_twins_one(world: World) -> None:
    """Names, window and wishes of both are the person's; either id leads there; the elder stays."""
    until = START + timedelta(hours=24)
    by_user = sight(world, user_id="BR.one", profile_name="Mia", window_open_until=until)
    by_phone = sight(world, hours=2, wa_id=NEW, marketing="stop")
    assert people(world) == {by_user.id, by_phone.id}
    both = sight(world, hours=3, wa_id=NEW, user_id="BR.one")
    assert people(world) == {both.id}
    assert {both.id, *(merged.id for merged in both.merged)} == {by_user.id, by_phone.id}
    for contact_id in (by_user.id, by_phone.id):
        whole = world.contacts.get(REF, contact_id)
        assert whole is not None
        assert (whole.id, whole.wa_id, whole.user_id, whole.profile_name) == (both.id, NEW, "BR.one", "Mia")
        assert whole.window.open_until == until
        assert whole.has_stopped_marketing


@pytest.mark.parametrize("at_once", [2, 6])
def test_first_messages_at_once_make_one_contact(world: World, at_once: int) -> None:
    """Of a person whom each names otherwise."""
    named_by: list[dict[str, Any]] = [
        {"wa_id": OLD, "user_id": "BR.one"},
        {"wa_id": NEW, "user_id": "BR.one"},
        {"user_id": "BR.one"},
        {"wa_id": NEW},
        {"wa_id": OLD, "user_id": "BR.one", "parent_user_id": "BR.ENT.one"},
        {"parent_user_id": "BR.ENT.one", "user_id": "BR.one"},
    ]
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda named: sight(world, **named), named_by[:at_once]))
    assert len(people(world)) == 1


def test_a_changed_number_is_the_same_person_and_the_old_one_may_come_late(world: World) -> None:
    """Also when the change is heard of first."""
    change = {"wa_id": "4917600000002", "user_id": "DE.new", "former": (phone("4917600000001"),)}
    contact = sight(world, hours=2, **change)
    assert sight(world, hours=1, wa_id="4917600000001").id == contact.id
    assert sight(world, hours=1.5, wa_id="4917600000001").wa_id == "4917600000002"
    assert sight(world, hours=3, wa_id="4917600000002", user_id="DE.new").id == contact.id
    assert len(people(world)) == 1


def test_a_number_that_was_given_up_is_its_next_owner_s_from_a_day_after(world: World) -> None:
    """The network gives it to somebody else, who must not be taken for the first."""
    first = sight(world, wa_id="4917600000001", profile_name="Ada")
    sight(world, hours=1, wa_id="4917600000002", former=(phone("4917600000001"),))
    stranger = sight(world, hours=26, wa_id="4917600000001", profile_name="Bob")
    assert stranger.id != first.id
    assert found(world, phone("4917600000001")).profile_name == "Bob"
    assert found(world, phone("4917600000002")).profile_name == "Ada"


def test_a_number_that_is_taken_back_stays_the_person_s(world: World) -> None:
    """Who moves to another number and back is no stranger."""
    first = sight(world, wa_id="4917600000001")
    sight(world, hours=1, wa_id="4917600000002", former=(phone("4917600000001"),))
    sight(world, hours=2, wa_id="4917600000001", former=(phone("4917600000002"),))
    assert sight(world, hours=99, wa_id="4917600000001").id == first.id


# --- undoing ---


def twins(world: World) -> tuple[Contact, Contact]:
    """Made one by a payload that names both."""
    one = sight(world, wa_id=NEW, profile_name="Mia", window_open_until=START + timedelta(hours=24))
    other = sight(world, hours=1, user_id="BR.one", profile_name="Leo", marketing="stop")
    sight(world, hours=2, wa_id=NEW, user_id="BR.one")
    assert len(people(world)) == 1
    return one, other


def test_undoing_a_merge_gives_each_its_own_back(world: World) -> None:
    """Names, window and wishes; and what came meanwhile stays with the name under which it came."""
    one, other = twins(world)
    sight(world, hours=3, user_id="BR.one", username="leo")
    apart = unmerge_contact(world.contacts, REF, one.id, other.id, START)
    assert (apart.contact.id, apart.other.id) == (one.id, other.id)
    assert (apart.contact.wa_id, apart.contact.user_id, apart.contact.profile_name) == (NEW, None, "Mia")
    assert (apart.other.wa_id, apart.other.user_id, apart.other.profile_name) == (None, "BR.one", "Leo")
    assert (apart.contact.username, apart.other.username) == (None, "leo")
    assert apart.contact.window.open_until is not None
    assert apart.other.window == Window()
    assert (apart.contact.has_stopped_marketing, apart.other.has_stopped_marketing) == (False, True)


def test_contacts_that_a_person_separated_are_not_merged_again_by_themselves(world: World) -> None:
    """Each takes what names it; the number is the stronger name. Only a person merges them again."""
    one, other = twins(world)
    unmerge_contact(world.contacts, REF, one.id, other.id, START)
    again = sight(world, hours=4, wa_id=NEW, user_id="BR.one")
    assert (again.id, again.user_id) == (one.id, None)
    assert people(world) == {one.id, other.id}
    merged, _ = merge_contacts(world.contacts, REF, other.id, one.id, START)
    assert (merged.id, merged.wa_id, merged.user_id) == (other.id, NEW, "BR.one")


def test_repeating_what_a_person_did_changes_nothing(world: World) -> None:
    """As when the answer to a request was lost."""
    one, other = twins(world)
    first = merge_contacts(world.contacts, REF, one.id, other.id, START + timedelta(hours=9))
    assert merge_contacts(world.contacts, REF, one.id, other.id, START + timedelta(hours=10)) == first
    apart = unmerge_contact(world.contacts, REF, one.id, other.id, START)
    assert unmerge_contact(world.contacts, REF, one.id, other.id, START + timedelta(hours=1)) == apart


def test_a_contact_that_is_taken_out_while_it_is_read_is_read_again(world: World) -> None:
    """It was a part when it was read itself, and is none any more when the whole is."""
    one, other = twins(world)
    reads = [0]

    def undo(**_: Any) -> None:
        reads[0] += 1
        if reads[0] == 2:
            unmerge_contact(world.contacts, REF, one.id, other.id, START)

    with registered(world, "provide-client-params.dynamodb.GetItem", undo):
        found = world.contacts.get(REF, other.id)
    assert found is not None
    assert (found.id, found.part.id) == (other.id, other.id)


def test_only_a_merge_on_record_can_be_undone(world: World) -> None:
    one = sight(world, wa_id=NEW)
    other = sight(world, user_id="DE.other")
    with pytest.raises(NotMerged, match="Merged into it: nothing"):
        unmerge_contact(world.contacts, REF, one.id, other.id, START)
    with pytest.raises(AlreadyOneContact):
        merge_contacts(world.contacts, REF, one.id, one.id, START)


def test_a_merge_of_merged_contacts_is_undone_step_by_step(world: World) -> None:
    """What was merged into the part that leaves goes with it."""
    a, b, c = (sight(world, hours=hour, user_id=f"DE.{hour}") for hour in range(3))
    merge_contacts(world.contacts, REF, b.id, c.id, START)
    merge_contacts(world.contacts, REF, a.id, c.id, START)
    assert people(world) == {a.id}
    unmerge_contact(world.contacts, REF, a.id, b.id, START)
    assert people(world) == {a.id, b.id}
    assert found(world, Identity("user_id", "DE.2")).id == b.id


# --- faults ---


@contextmanager
def killed_at(world: World, step: int) -> Iterator[Callable[[], int]]:
    """The process dies at its AWS call of that number, before it or after it."""
    steps = [0]

    def visit(_: str) -> None:
        steps[0] += 1
        if steps[0] == step:
            raise Killed

    with at_every_call(world, visit):
        yield lambda: steps[0]


def test_a_crash_at_any_step_of_a_merge_loses_nothing(world: World) -> None:
    """The webhook comes again, and ends as if nothing had happened."""
    for step in range(1, 100):
        user_id, number = f"DE.{step}", f"49176{step:07d}"
        sight(world, wa_id=number, profile_name="Mia")
        sight(world, hours=1, user_id=user_id, marketing="stop")
        with killed_at(world, step) as steps, suppress(Killed):
            sight(world, hours=2, wa_id=number, user_id=user_id)
        whole = sight(world, hours=2, wa_id=number, user_id=user_id)
        assert found(world, Identity("user_id", user_id)).id == found(world, phone(number)).id == whole.id
        assert (whole.wa_id, whole.user_id, whole.has_stopped_marketing) == (number, user_id, True)
        if steps() < step:
            break
    assert step > 8


def test_another_worker_that_merges_them_meanwhile_is_no_trouble(world: World) -> None:
    """At any step: the same webhook came twice, and both copies are applied at once."""
    for step in range(1, 20):
        user_id, number = f"DE.{step}", f"49176{step:07d}"
        sight(world, wa_id=number)
        sight(world, hours=1, user_id=user_id)
        steps = [0]

        def visit(_: str, at: int = step, steps: list[int] = steps, **both: Any) -> None:
            steps[0] += 1
            if steps[0] == at:
                sight(world, hours=2, wa_id=both["number"], user_id=both["user_id"])

        with at_every_call(world, partial(visit, number=number, user_id=user_id)):
            whole = sight(world, hours=2, wa_id=number, user_id=user_id)
        assert found(world, Identity("user_id", user_id)).id == found(world, phone(number)).id == whole.id
        assert len(whole.parts) == 2


# --- looking for them ---


@pytest.fixture
def channel(world: World) -> Channel:
    return world.connect(default_country="BR")


def names(world: World, channel: Channel, query: str | None = None, limit: int = 50) -> list[str | None]:
    """Over all pages."""
    shown: list[str | None] = []
    after: str | None = None
    for _ in range(50):
        page, after = find_contacts(world.contacts, channel, query, after, limit)
        assert len(page) <= limit
        shown += [contact.profile_name for contact in page]
        if after is None:
            return shown
    raise AssertionError("the list does not end")


def meet(world: World, channel: Channel, name: str, days: float = 0, **named: Any) -> Contact:
    order = f"{rfc3339(START + timedelta(days=days))}#{name}"
    return world.contacts.sight(channel.ref, Sighting(order, profile_name=name, **named), START)


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_contacts_are_listed_by_the_day_on_which_they_were_last_heard_of(
    world: World, channel: Channel, limit: int
) -> None:
    """Each once, also one who is made of several."""
    for number in range(4):
        meet(world, channel, f"C{number}", days=number, user_id=f"DE.{number}")
    meet(world, channel, "C1", days=9, user_id="DE.1", wa_id=NEW)
    meet(world, channel, "C0", days=-1, wa_id="4917600000001")
    meet(world, channel, "C0", days=8, wa_id="4917600000001", user_id="DE.0")
    assert names(world, channel, limit=limit) == ["C1", "C0", "C3", "C2"]


@pytest.mark.parametrize(
    ("query", "whom"),
    [
        ("ada", ["Ada Lovelace", "Adam"]),
        ("LOVE", ["Ada Lovelace"]),
        ("love ada", ["Ada Lovelace"]),
        ("ada bob", []),
        ("jose", ["José Álvarez"]),
        ("+55 41 98888-7777", ["José Álvarez"]),
        ("(41) 98888-7777", ["José Álvarez"]),
        ("554188887777", ["José Álvarez"]),
        ("55418", ["José Álvarez"]),
        ("@the.count", ["Ada Lovelace"]),
        ("the.c", ["Ada Lovelace"]),
        ("DE.ada", ["Ada Lovelace"]),
        ("nobody", []),
        ("!?", []),
    ],
)
def test_contacts_are_found_by_name_number_and_user_name(
    world: World, channel: Channel, query: str, whom: list[str]
) -> None:
    """As people have it at hand, whatever the case and the accents; numbers in any spelling."""
    meet(world, channel, "Ada Lovelace", user_id="DE.ada", username="@The.Count")
    meet(world, channel, "Adam", user_id="DE.adam")
    meet(world, channel, "José Álvarez", wa_id=OLD)
    assert sorted(map(str, names(world, channel, query))) == whom


def test_a_contact_is_found_by_its_name_of_now(world: World, channel: Channel) -> None:
    """And no more by the one it had."""
    meet(world, channel, "Ada", user_id="DE.ada")
    meet(world, channel, "Countess", days=1, user_id="DE.ada")
    assert (names(world, channel, "ada"), names(world, channel, "count")) == ([], ["Countess"])


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_a_search_shows_each_once_over_all_pages(world: World, channel: Channel, limit: int) -> None:
    """Also who is found by two words, and who is made of two."""
    for number in range(5):
        meet(world, channel, f"Ada Adams {number}", user_id=f"DE.{number}")
    meet(world, channel, "Ada Adams 0", days=1, wa_id=NEW)
    meet(world, channel, "Ada Adams 0", days=2, wa_id=NEW, user_id="DE.0")
    assert sorted(map(str, names(world, channel, "ada", limit))) == [f"Ada Adams {each}" for each in range(5)]


@pytest.mark.parametrize(
    ("known", "whom"),
    [
        (["5491123456789"], "5491123456789"),
        (["541123456789"], "541123456789"),
        (["5491123456789", "541123456789"], "541123456789"),
        ([], None),
    ],
)
def test_an_argentine_number_without_its_9_finds_the_mobile_only_if_nobody_has_that_number(
    world: World, channel: Channel, known: list[str], whom: str | None
) -> None:
    """It may be a fixed line's; the two are never merged."""
    for number in known:
        meet(world, channel, number, wa_id=number)
    hit = world.contacts.find_number(channel.ref, "541123456789")
    assert (hit.wa_id if hit else None) == whom
    assert len(names(world, channel)) == len(known)
