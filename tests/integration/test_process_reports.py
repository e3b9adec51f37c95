"""Webhooks about a number, its account and its templates: shown, published once, never lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kanal.aws.table import Table
from kanal.channels.model import Channel, as_json
from kanal.templates.jobs import ref_of
from kanal.templates.store import TemplateStore
from kanal.templates.sync import sync_templates
from tests.integration.aws import boto
from tests.integration.hooks import at_every_call
from tests.integration.inbound import Killed, kinds_stored, process_next, put
from tests.integration.world import PHONE, START, World, webhook_body

TEMPLATE = {"message_template_name": "hello", "message_template_language": "en-US"}
LATER = START + timedelta(minutes=5)


@pytest.fixture
def channel(world: World) -> Channel:
    return world.connect()


@pytest.fixture
def with_template(world: World, channel: Channel) -> Channel:
    body = {"type": "BODY", "text": "Hi"}
    listed = {"name": "hello", "language": "en_US", "components": [body]}
    world.control("numbers", {"phone_number": PHONE, "templates": [listed]})
    sync_templates(world.syncing, channel.ref)
    return channel


def told(field: str, value: dict[str, Any], at: Any = LATER) -> dict[str, Any]:
    entry = {"id": "2", "changes": [{"field": field, "value": value}]}
    return {"entry": [{**entry, "time": int(at.timestamp())} if at else entry]}


def paused(**value: Any) -> dict[str, Any]:
    return told("message_template_status_update", {"event": "PAUSED", "reason": "NONE", **TEMPLATE, **value})


def shown(world: World, channel: Channel) -> dict[str, Any]:
    return as_json(world.channels.get(channel.ref))


def hello(world: World, channel: Channel) -> Any:
    return world.templates.get(channel.ref, "hello", "en_US")


def jobs(world: World) -> list[Any]:
    return [ref_of(record["body"]) for record in world.aws.take("template-sync")]


# --- the number and its account ---


def test_a_report_is_shown_with_the_channel_and_told_to_those_who_listen(
    world: World, channel: Channel
) -> None:
    """Nothing else follows: the channel goes on sending."""
    put(
        world,
        channel,
        told("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}),
    )
    assert process_next(world) == {"account_update": 1}
    ban = {"state": "DISABLE", "date": None, "at": "2026-11-20T12:05:00.000Z"}
    assert shown(world, channel)["account"]["ban"] == ban
    assert shown(world, channel)["state"] == "active"
    [event] = world.aws.events()
    assert event["detail-type"] == "channel.updated"
    assert event["detail"]["field"] == "account_update"
    assert event["detail"]["changed"] == {"account": {"ban": ban}}
    assert event["detail"]["account"] == shown(world, channel)["account"]


def test_an_error_of_the_number_is_shown_although_it_has_no_time(world: World, channel: Channel) -> None:
    """The last that arrived."""
    for code in (131000, 130429):
        put(world, channel, webhook_body(errors=[{"code": code, "title": "odd"}]))
        process_next(world)
        world.clock.advance(seconds=1)
    assert shown(world, channel)["number"]["error"] == {"code": 130429, "title": "odd", "at": None}
    assert len(world.aws.events()) == 2


def test_a_report_that_comes_again_is_not_told_again(world: World, channel: Channel) -> None:
    """Nor does an older one that comes late change what is shown; both are kept raw."""
    new = told("account_review_update", {"decision": "APPROVED"})
    old = told("account_review_update", {"decision": "PENDING"}, START)
    for body in (new, old, new):
        put(world, channel, body)
        process_next(world)
    assert shown(world, channel)["account"]["review"]["decision"] == "APPROVED"
    assert len(world.aws.events()) == 1
    assert len(kinds_stored(world)["raw"]) == 2


def test_a_report_on_another_number_of_the_account_is_kept_and_not_shown(
    world: World, channel: Channel
) -> None:
    """Numbers of one account may share a webhook."""
    about_other = {"event": "FLAGGED", "display_phone_number": "4930901821"}
    put(world, channel, told("phone_number_quality_update", about_other))
    process_next(world)
    assert shown(world, channel)["number"]["quality"] is None
    assert (len(kinds_stored(world)["raw"]), world.aws.events()) == (1, [])


# --- templates ---


def test_a_paused_template_can_no_longer_be_sent_and_says_why(world: World, with_template: Channel) -> None:
    """At once, not after the next sync; the language may be spelt with a hyphen."""
    put(world, with_template, paused(other_info={"title": "FIRST_PAUSE"}))
    assert process_next(world) == {"message_template_status_update": 1}
    template = hello(world, with_template)
    assert template.status == "paused"
    assert template.status_info == {"event": "PAUSED", "other_info": {"title": "FIRST_PAUSE"}}
    [event] = world.aws.events()
    assert event["detail-type"] == "template.updated"
    assert event["detail"]["template"]["status"] == "paused"
    assert jobs(world) == []


def test_a_template_is_found_by_its_id_alone(world: World, with_template: Channel) -> None:
    """Some webhooks have no name."""
    known = hello(world, with_template)
    quality = {"new_quality_score": "RED", "message_template_id": int(known.provider_id)}
    put(world, with_template, told("message_template_status_update", quality))
    assert process_next(world) == {"message_template_quality_update": 1}
    assert hello(world, with_template).quality == "RED"


def test_a_webhook_that_is_older_than_the_last_sync_changes_nothing(
    world: World, with_template: Channel
) -> None:
    """The sync has seen what came of it, also where it had nothing to write."""
    world.clock.advance(minutes=10)
    sync_templates(world.syncing, with_template.ref)
    put(world, with_template, paused())
    process_next(world)
    assert hello(world, with_template).status == "approved"
    assert len(world.aws.events()) == 1


def test_a_sync_does_not_take_back_what_was_told_while_it_ran(world: World, with_template: Channel) -> None:
    """Its list is of the moment at which it began."""
    world.clock.advance(minutes=1)
    put(world, with_template, paused())

    def tell(*_: Any, **__: Any) -> None:
        hooks.clear()
        process_next(world)

    hooks = [tell]
    world.provider_http.event_hooks = {"response": [lambda _: [hook() for hook in hooks[:]]]}
    sync_templates(world.syncing, with_template.ref)
    world.provider_http.event_hooks = {}
    assert hello(world, with_template).status == "paused"


def test_an_unknown_template_asks_for_one_sync_however_many_updates_there_are(
    world: World, channel: Channel
) -> None:
    """And is told of all the same."""
    for number in range(3):
        put(world, channel, paused(message_template_name=f"new_{number}"))
        process_next(world)
    assert jobs(world) == [channel.ref]
    assert [event["detail"]["template"] for event in world.aws.events()] == [None] * 3
    assert len(kinds_stored(world)["raw"]) == 3


def test_what_a_webhook_leaves_open_is_asked_of_the_provider(world: World, with_template: Channel) -> None:
    """Of components WhatsApp tells the texts only."""
    put(
        world,
        with_template,
        told("message_template_components_update", {**TEMPLATE, "message_template_element": "Ho"}),
    )
    process_next(world)
    assert hello(world, with_template).components == [{"type": "BODY", "text": "Ho"}]
    assert jobs(world) == [with_template.ref]


@pytest.mark.parametrize(
    "body", [paused(), told("security", {"event": "PIN_CHANGED"})], ids=["template", "number"]
)
def test_a_crash_at_any_step_loses_neither_state_nor_event(
    world: World, with_template: Channel, body: dict[str, Any]
) -> None:
    """It is told at least once, and always under the same id."""
    put(world, with_template, body)
    [record] = world.take_inbound()
    world.aws.show_again("inbound", record)
    for at in range(1, 20):
        left = [at]

        def die(_: str, left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise Killed

        try:
            with at_every_call(world, die):
                process_next(world)
            break
        except Killed:
            continue
    assert at > 5
    events = world.aws.events()
    assert len({event["detail"]["event_id"] for event in events}) == 1
    assert hello(world, with_template).status == ("paused" if "PAUSED" in str(body) else "approved")


def test_a_template_that_changes_between_reading_and_writing_is_read_again(
    world: World, with_template: Channel
) -> None:
    """Two webhooks of one template may be applied side by side."""
    put(world, with_template, paused())
    known = hello(world, with_template)
    rival = replace(known, quality="RED", orders={**known.orders, "quality": "2030"})
    beside = TemplateStore(Table(world.aws.templates, boto("dynamodb")))
    calls: list[str] = []

    def write_first(call: str) -> None:
        calls.append(call)
        if calls.count("before PutItem") == 2 and call == "before PutItem":  # the first keeps it raw
            assert beside.put(with_template.ref, rival, over=known)

    with at_every_call(world, write_first):
        process_next(world)
    after = hello(world, with_template)
    assert (after.status, after.quality) == ("paused", "RED")
