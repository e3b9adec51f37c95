"""Promise 2 with the real stores: webhooks in any order, any number of times, end in the same state.

Known limit: somebody whom one payload names by phone number alone and another by user id alone makes two
contacts until a payload names both; the people here are named consistently. And a message fails once at most:
of two failures with different errors that come before the send was recorded, only the earlier is kept.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.integration.aws import embedded_aws
from tests.property.conversations import START, Happening, conversations, with_sender
from tests.property.kinds import mixtures
from tests.property.orders import shuffled_with_repetitions
from tests.property.stored import House

pytestmark = pytest.mark.slow

_AS_FOUND = [Phase.explicit, Phase.reuse, Phase.generate]
"""Over the emulator, looking for the smallest example would take minutes."""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with embedded_aws() as aws:
        yield House(aws)


@settings(max_examples=settings().max_examples // 8, phases=_AS_FOUND)
@given(conversation=conversations(), data=st.data())
def test_any_order_and_repetition_of_webhooks_gives_the_same_state(
    house: House, conversation: list[Happening], data: st.DataObject
) -> None:
    """Promise 2: contacts, windows, messages and timelines, also when statuses outrun our own recording."""
    known = house.play(conversation)
    assert house.play(shuffled_with_repetitions(data, conversation)) == known


@settings(max_examples=settings().max_examples // 16, phases=_AS_FOUND)
@given(conversation=conversations(), data=st.data())
def test_only_times_of_arrival_tell_in_which_order_webhooks_came(
    house: House, conversation: list[Happening], data: st.DataObject
) -> None:
    """Promise 2: delivered in another order, even at other times, the same webhooks mean the same."""
    known = house.play(conversation)
    shuffled = _arriving_in_this_order(shuffled_with_repetitions(data, conversation))
    assert _without_arrival(house.play(shuffled)) == _without_arrival(known)


@settings(max_examples=settings().max_examples // 4, phases=_AS_FOUND)
@given(bodies=mixtures(), data=st.data())
def test_any_order_and_repetition_of_every_kind_gives_the_same_state(
    house: House, bodies: list[Any], data: st.DataObject
) -> None:
    """Promise 2: edits before their message, echoes, history over live messages, calls, new numbers."""
    conversation = with_sender(bodies)
    known = _without_arrival(house.play(conversation))
    shuffled = shuffled_with_repetitions(data, conversation)
    assert _without_arrival(house.play(_arriving_in_this_order(shuffled))) == known


def _arriving_in_this_order(happenings: list[Happening]) -> list[Any]:
    return [
        (what, subject, START + timedelta(minutes=number))
        for number, (what, subject, _) in enumerate(happenings)
    ]


def _without_arrival(known: dict[str, Any]) -> dict[str, Any]:
    messages = []
    for message in known["messages"]:
        timeline = [{**entry, "received_at": ""} for entry in message["timeline"]]
        facts = {name: {**vars(fact), "received_at": ""} for name, fact in message["facts"].items()}
        versions = [{**version, "received_at": ""} for version in message.get("versions", [])]
        blank = {"created_at": "", "timeline": timeline, "facts": facts, "versions": versions}
        messages.append({**message, **blank})
    return {**known, "messages": messages}
