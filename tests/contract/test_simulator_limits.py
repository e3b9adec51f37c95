"""The provider's own limits hold in the simulator: window, throughput, pace towards one person."""

import pytest

from tests.contract.simulator_world import CUSTOMER, HOUR, PHONE, START, World, error_of

DAY = 24 * HOUR


def test_a_free_message_before_the_customer_wrote_is_refused(world: World) -> None:
    """No word of the customer, no window."""
    assert error_of(world.send_text()) == (400, 131047)


def test_the_window_closes_24_hours_after_the_customers_own_time(world: World) -> None:
    """The timestamp of the message counts, not the hour of its arrival."""
    world.customer_writes(timestamp=str(int(START - DAY + 60)))
    assert world.send_text().status_code == 200
    world.clock.time = START + 60
    assert error_of(world.send_text()) == (400, 131047)


def test_an_older_message_that_comes_late_does_not_shorten_the_window(world: World) -> None:
    """The newest word of the customer counts, whatever the order of arrival."""
    world.customer_writes()
    world.customer_writes(timestamp=str(int(START - DAY)))
    world.clock.time = START + DAY - 1
    assert world.send_text().status_code == 200


@pytest.mark.parametrize("kind", ["system", "unsupported"])
def test_what_is_not_the_customers_word_opens_no_window(world: World, kind: str) -> None:
    """Notices arrive like messages, yet nobody spoke."""
    world.customer_writes(type=kind)
    assert error_of(world.send_text()) == (400, 131047)


def test_a_message_in_any_delivered_webhook_opens_the_window(world: World) -> None:
    """Also a body that a test hands in as it is counts as the customer's word."""
    world.register_webhook()
    words = {
        "from": CUSTOMER.removeprefix("+"),
        "id": "wamid.x",
        "type": "text",
        "timestamp": str(int(START)),
    }
    change = {"field": "messages", "value": {"messages": [words]}}
    body = {"entry": [{"changes": [change]}]}
    assert world.control("webhook", {"phone_number": PHONE, "body": body})["status_code"] == 200
    assert world.send_text().status_code == 200


def test_a_template_needs_no_window(world: World) -> None:
    """Templates are what a business may begin with."""
    assert world.send_template("hello_world", "en_US").status_code == 200


def test_no_more_messages_than_the_throughput_pass_in_any_sliding_second(world: World) -> None:
    """Messages in both directions count; the refusal is HTTP 400 with a code, and nothing is sent."""
    world.customer_writes()
    world.control("numbers", {"phone_number": PHONE, "messages_per_second": 3})
    assert [world.send_text().status_code for _ in range(2)] == [200, 200]
    assert error_of(world.send_text()) == (400, 130429)
    world.clock.time += 0.99
    assert error_of(world.send_text()) == (400, 130429)
    world.clock.time += 0.02
    assert [world.send_text().status_code for _ in range(4)] == [200, 200, 200, 400]
    assert len(world.sent()) == 5


def test_refused_messages_use_up_no_throughput(world: World) -> None:
    """A wrong message must not cost a right one its place."""
    world.control("numbers", {"phone_number": PHONE, "messages_per_second": 1})
    assert error_of(world.send_template("unknown", "en_US")) == (404, 132001)
    assert world.send_template("hello_world", "en_US").status_code == 200


def test_one_numbers_traffic_does_not_slow_another(world: World) -> None:
    """Throughput belongs to the number."""
    other = world.control("numbers", {"phone_number": "+4930901821", "messages_per_second": 1})
    world.control("numbers", {"phone_number": PHONE, "messages_per_second": 1})
    for key in (world.key, other["api_key"]):
        world.key = key
        assert world.send_template("hello_world", "en_US").status_code == 200


def test_a_burst_of_45_to_one_person_is_followed_by_silence_until_it_is_paid_back(world: World) -> None:
    """One message in six seconds on average, 45 at most within six seconds."""
    world.customer_writes()
    world.control("settings", {"pair_rate": True})
    assert {world.send_text().status_code for _ in range(45)} == {200}
    assert error_of(world.send_text()) == (400, 131056)
    world.clock.time = START + 45 * 6 - 1
    assert error_of(world.send_text()) == (400, 131056)
    world.clock.time = START + 45 * 6
    assert world.send_text().status_code == 200


def test_the_pace_towards_one_person_is_free_unless_it_is_switched_on(world: World) -> None:
    """Most tests are about something else."""
    world.customer_writes()
    assert {world.send_text().status_code for _ in range(50)} == {200}
