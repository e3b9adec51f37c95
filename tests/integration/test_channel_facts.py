"""What WhatsApp reports of a number is shown with its channel."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kanal.aws.table import Table
from kanal.channels.facts import ChannelFacts
from kanal.channels.model import as_json
from kanal.channels.reports import Report
from kanal.ids import ChannelId, ChannelRef, WebhookId
from tests.integration.aws import boto
from tests.integration.world import START, WORKSPACE, World

FLAGGED = Report("quality", {"event": "FLAGGED"}, START)
UNFLAGGED = Report("quality", {"event": "UNFLAGGED"}, START + timedelta(hours=1))


@pytest.fixture
def facts(world: World) -> ChannelFacts:
    return ChannelFacts(Table(world.aws.channels, boto("dynamodb")))


def test_a_report_is_shown_with_the_channel_and_in_the_list(world: World, facts: ChannelFacts) -> None:
    channel = world.connect()
    assert facts.record(channel.ref, FLAGGED, START)
    [listed], _ = world.channels.page(WORKSPACE, None, 10)
    for shown in (world.channels.get(channel.ref), listed):
        assert as_json(shown)["number"]["quality"] == {"event": "FLAGGED", "at": "2026-11-20T12:00:00.000Z"}


def test_only_a_later_report_is_new(world: World, facts: ChannelFacts) -> None:
    """What is known is told either way, for the event of a repetition."""
    channel = world.connect()
    told = [facts.record(channel.ref, report, START) for report in (UNFLAGGED, FLAGGED, UNFLAGGED)]
    assert [(one.is_new, one.reports) for one in told if one] == [
        (is_new, {"quality": UNFLAGGED}) for is_new in (True, False, False)
    ]


def test_changing_and_disconnecting_a_channel_keeps_what_was_reported(
    world: World, facts: ChannelFacts
) -> None:
    channel = world.connect()
    facts.record(channel.ref, FLAGGED, START)
    world.channels.set_state(channel.ref, "restricted")
    world.channels.disconnect(channel, webhook_cleared=True)
    assert world.channels.get(channel.ref).reports == {"quality": FLAGGED}


def test_a_report_that_arrives_while_the_channel_is_being_connected_stays(
    world: World, facts: ChannelFacts
) -> None:
    """The provider delivers from the moment the webhook is registered."""
    connected = world.connect()
    ref = ChannelRef(WORKSPACE, ChannelId("chn_new"))
    new = replace(connected, ref=ref, name="New", phone_number_id="2", webhook_id=WebhookId("new"))
    world.channels.reserve(replace(new, state="connecting"), "digest", START)
    assert facts.record(ref, FLAGGED, START)
    world.channels.activate(new)
    assert world.channels.get(ref) == replace(new, reports={"quality": FLAGGED})


def test_there_is_nothing_to_keep_for_a_channel_that_is_not_there(facts: ChannelFacts) -> None:
    """A report must not bring half a channel into being."""
    assert facts.record(ChannelRef(WORKSPACE, ChannelId("chn_none")), FLAGGED, START) is None
