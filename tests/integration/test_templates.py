"""A sync brings a channel's templates in step with the provider, and writes only what changed."""

import json
from typing import Any

import pytest

from kanal.aws.outbox import Outbox
from kanal.channels.configure import disconnect_channel
from kanal.channels.model import Channel
from kanal.errors import (
    ChannelDisconnected,
    KanalError,
    NotFound,
    ProviderAnswerUnreadable,
    ProviderRefused,
    ProviderUnavailable,
)
from kanal.ids import ChannelId, ChannelRef
from kanal.templates.jobs import SyncJobs, ref_of
from kanal.templates.sync import sync_templates
from tests.integration.inbound import Killed, client_of, raise_on, throttled
from tests.integration.numbers import OTHERS, connect, fault, second_number
from tests.integration.world import PHONE, WORKSPACE, World


def template(name: str, **fields: Any) -> dict[str, Any]:
    body = {"type": "BODY", "text": f"About {name}: {{{{1}}}}"}
    return {"name": name, "language": "en_US", "components": [body], **fields}


def at_provider(world: World, *templates: dict[str, Any]) -> None:
    """From now on the provider lists these."""
    world.control("numbers", {"phone_number": PHONE, "templates": list(templates)})


@pytest.fixture
def channel(world: World) -> Channel:
    """With no template at the provider."""
    at_provider(world)
    return connect(world)


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    """New, changed, unchanged, vanished."""
    return tuple(report[name] for name in ("new", "changed", "unchanged", "vanished"))


def statuses(world: World, channel: Channel) -> dict[str, str]:
    return {one.name: one.status for one in world.templates.all(channel.ref)}


def written(world: World) -> list[str]:
    """What a sync since the last clearing of calls wrote, the report apart."""
    puts = [params["Item"]["sk"]["S"] for name, params in world.aws.calls if name == "dynamodb.PutItem"]
    return [key for key in puts if key != "report"]


def test_every_page_is_read(world: World, channel: Channel) -> None:
    """250 templates are three pages; each is there with its text."""
    at_provider(world, *(template(f"note_{number:03}") for number in range(250)))
    assert counts(sync_templates(world.syncing, channel.ref)) == (250, 0, 0, 0)
    found = world.templates.all(channel.ref)
    assert [one.name for one in found] == [f"note_{number:03}" for number in range(250)]
    assert found[42].components == [{"type": "BODY", "text": "About note_042: {{1}}"}]


def test_what_did_not_change_is_not_written_again(world: World, channel: Channel) -> None:
    """An hourly sync of a quiet channel costs reads and one report."""
    at_provider(world, *(template(f"note_{number}") for number in range(5)))
    sync_templates(world.syncing, channel.ref)
    world.aws.calls.clear()
    assert counts(sync_templates(world.syncing, channel.ref)) == (0, 0, 5, 0)
    assert written(world) == []


def test_only_what_changed_is_written(world: World, channel: Channel) -> None:
    """A decision of the reviewer, a new text, another language: each is its own change."""
    known = [template("kept"), template("judged", status="PENDING"), template("reworded")]
    at_provider(world, *known)
    sync_templates(world.syncing, channel.ref)
    assert statuses(world, channel)["judged"] == "submitted"
    review = {"phone_number": PHONE, "name": "judged", "language": "en_US", "status": "REJECTED"}
    world.control("templates/review", {**review, "reason": "SCAM", "webhook": False})
    world.aws.calls.clear()
    assert counts(sync_templates(world.syncing, channel.ref)) == (0, 1, 2, 0)
    assert written(world) == ["template#judged#en_US"]
    judged = world.templates.get(channel.ref, "judged", "en_US")
    assert judged
    assert (judged.status, judged.rejected_reason) == ("rejected", "SCAM")


def test_a_template_that_vanishes_is_kept_as_deleted_and_can_come_back(
    world: World, channel: Channel
) -> None:
    """Its history may name it; deleted at the provider is not forgotten here."""
    at_provider(world, template("kept"), template("gone"))
    sync_templates(world.syncing, channel.ref)
    at_provider(world, template("kept"))
    assert sync_templates(world.syncing, channel.ref)["vanished"] == 1
    assert statuses(world, channel) == {"kept": "approved", "gone": "deleted"}
    assert sync_templates(world.syncing, channel.ref)["vanished"] == 0
    at_provider(world, template("kept"), template("gone"))
    assert sync_templates(world.syncing, channel.ref)["changed"] >= 1
    assert statuses(world, channel) == {"kept": "approved", "gone": "approved"}


def test_one_name_in_two_languages_is_two_templates(world: World, channel: Channel) -> None:
    """WhatsApp reviews and pauses each by itself."""
    at_provider(world, template("hello"), template("hello", language="de", status="PAUSED"))
    sync_templates(world.syncing, channel.ref)
    german = world.templates.get(channel.ref, "hello", "de")
    assert german
    assert german.status == "paused"
    assert len(world.templates.all(channel.ref)) == 2


FAULTS: list[tuple[dict[str, Any], type[KanalError]]] = [
    ({"kind": "status", "status": 500}, ProviderUnavailable),
    ({"kind": "status", "status": 401}, ProviderRefused),
    ({"kind": "status", "status": 200, "body": {"data": "none"}}, ProviderAnswerUnreadable),
    ({"kind": "timeout_after"}, ProviderUnavailable),
]


@pytest.mark.parametrize(("kind", "error"), FAULTS)
def test_a_page_that_fails_leaves_everything_as_it_was(
    world: World, channel: Channel, kind: dict[str, Any], error: type[KanalError]
) -> None:
    """Half a list would make the other half vanish."""
    at_provider(world, *(template(f"note_{number:03}") for number in range(110)))
    sync_templates(world.syncing, channel.ref)
    before = (statuses(world, channel), world.templates.report(channel.ref))
    at_provider(world, *(template(f"other_{number:03}") for number in range(110)))
    fault(world, "templates", 2, **kind)
    with pytest.raises(error):
        sync_templates(world.syncing, channel.ref)
    assert (statuses(world, channel), world.templates.report(channel.ref)) == before
    assert counts(sync_templates(world.syncing, channel.ref)) == (110, 0, 0, 110)


def test_a_sync_that_died_half_way_is_finished_by_the_next(world: World, channel: Channel) -> None:
    """Each template is written by itself; what is missing is found missing."""
    at_provider(world, *(template(f"note_{number}") for number in range(4)))
    raise_after = 2
    seen: list[str] = []

    def die(**_: Any) -> None:
        seen.append("put")
        if len(seen) == raise_after + 1:
            raise Killed

    client_of(world, "dynamodb").meta.events.register("provide-client-params.dynamodb.PutItem", die)
    with pytest.raises(Killed):
        sync_templates(world.syncing, channel.ref)
    assert world.templates.report(channel.ref) is None
    assert counts(sync_templates(world.syncing, channel.ref)) == (2, 0, 2, 0)


def test_the_report_tells_when_and_how_long(world: World, channel: Channel) -> None:
    """It is kept for whoever asks later."""
    report = sync_templates(world.syncing, channel.ref)
    assert report == {
        "synced_at": "2026-11-20T12:00:00.000Z",
        "duration_ms": 0,
        **dict.fromkeys(("new", "changed", "unchanged", "vanished"), 0),
    }
    assert world.templates.report(channel.ref) == report


def test_templates_of_one_channel_are_not_seen_in_another(world: World, channel: Channel) -> None:
    """Nor can another workspace sync by knowing the id."""
    at_provider(world, template("mine"))
    other = connect(world, name="Other", api_key=second_number(world))
    sync_templates(world.syncing, channel.ref)
    assert world.templates.all(other.ref) == []
    with pytest.raises(NotFound):
        sync_templates(world.syncing, ChannelRef(OTHERS, channel.ref.channel_id))
    disconnect_channel(world.channels, world.providers, channel.ref)
    with pytest.raises(ChannelDisconnected):
        sync_templates(world.syncing, channel.ref)


# --- the schedule ---


def sync_jobs(world: World) -> SyncJobs:
    return SyncJobs(Outbox(world.aws.queues["template-sync"], world.aws.client("sqs")))


def test_the_schedule_puts_one_job_for_each_connected_channel_of_all_workspaces(
    world: World, channel: Channel
) -> None:
    """A disconnected channel gets none; a job names workspace and channel."""
    expected = [channel.ref]
    for number in range(1, 9):
        workspace = OTHERS if number % 2 else WORKSPACE
        key = second_number(world, number)
        expected.append(connect(world, workspace=workspace, name=str(number), api_key=key).ref)
    gone = expected.pop(3)
    disconnect_channel(world.channels, world.providers, gone)
    jobs = sync_jobs(world)
    jobs.put(list(world.channels.all_connected()))
    records = world.aws.take("template-sync")
    assert sorted(ref_of(record["body"]).prefix for record in records) == sorted(
        ref.prefix for ref in expected
    )


def test_more_channels_than_fit_a_call_all_get_their_job(world: World) -> None:
    """SQS takes ten at once."""
    refs = [ChannelRef(WORKSPACE, ChannelId(f"chn_{number}")) for number in range(23)]
    sync_jobs(world).put(refs)
    found = [ref_of(record["body"]) for _ in range(3) for record in world.aws.take("template-sync")]
    assert sorted(found, key=str) == sorted(refs, key=str)


def test_a_job_reads_back_as_what_was_put() -> None:
    """JSON with the names of our own words."""
    ref = ChannelRef(WORKSPACE, ChannelId("chn_1"))
    assert ref_of(json.dumps({"workspace_id": "acme", "channel_id": "chn_1"})) == ref


def test_a_queue_that_fails_is_the_schedules_failure(world: World) -> None:
    """The scheduler tries again."""
    client = world.aws.client("sqs")
    raise_on(client, "SendMessageBatch", throttled)
    with pytest.raises(Exception, match="ThrottlingException"):
        SyncJobs(Outbox(world.aws.queues["template-sync"], client)).put(
            [ChannelRef(WORKSPACE, ChannelId("chn_1"))]
        )
