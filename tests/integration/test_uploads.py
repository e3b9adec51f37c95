"""Uploads in messages: checked before they cost anything, at the provider once, and never sent twice."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from kanal.channels.model import Channel
from kanal.errors import InvalidRequest, MediaNotUploaded
from kanal.ids import MediaId
from kanal.media.announce import Announcing, announce_upload
from kanal.media.requests import AnnounceUpload
from kanal.media.uploads import PROVIDER_KEEPS
from kanal.messages.model import as_json
from kanal.sending.deliver import Sending
from kanal.sending.queue import Turn
from tests.integration.aws import boto
from tests.integration.files import PNG
from tests.integration.hooks import at_every_call
from tests.integration.outbound import SendLine, Watched, ready, sending_over, taken_by_provider
from tests.integration.test_crashes import Killed, Steps, die
from tests.integration.world import CUSTOMER, PHONE, World

pytestmark = pytest.mark.slow


def announced(world: World, channel: Channel, content: bytes = PNG, **fields: Any) -> dict[str, Any]:
    parts = Announcing(world.channels, world.uploads, world.media_bucket, world.tokens, world.clock)
    wanted = {"type": "image", "mime_type": "image/png", "size_bytes": len(content), **fields}
    return announce_upload(parts, channel.ref, None, AnnounceUpload.model_validate(wanted))


def put(world: World, upload: Mapping[str, Any], content: bytes = PNG) -> None:
    """As when the form is filled in."""
    boto("s3").put_object(
        Bucket=world.aws.media_bucket,
        Key=upload["upload"]["fields"]["key"],
        Body=content,
        ContentType=upload["mime_type"],
    )


def uploaded(world: World, channel: Channel, content: bytes = PNG, **fields: Any) -> str:
    """The id of a file that is there."""
    upload = announced(world, channel, content, **fields)
    put(world, upload, content)
    return str(upload["id"])


def send_image(world: World, channel: Channel, key: str, media_id: str, to: str = CUSTOMER) -> Any:
    return world.send(channel, key, {"to": f"+{to}", "type": "image", "image": {"id": media_id}})


def at_provider(world: World) -> list[dict[str, Any]]:
    """What was uploaded to the provider."""
    files = world.simulator.get("/_control/media", params={"phone_number": PHONE}).json()
    return [file for file in files if file["source"] == "upload"]


# --- accepting ---


def test_a_message_with_an_upload_is_sent_with_the_provider_s_id_and_shown_with_ours(world: World) -> None:
    channel = ready(world)
    media_id = uploaded(world, channel, filename="photo.png")
    message = send_image(world, channel, "key", media_id)
    SendLine(world).run()
    [file] = at_provider(world)
    [sent] = taken_by_provider(world)
    assert sent["body"]["image"] == {"id": file["id"]}
    assert (file["mime_type"], file["filename"], file["file_size"]) == ("image/png", "photo.png", len(PNG))
    assert as_json(world.message(channel, message.id))["image"] == {"id": media_id}


def test_an_upload_is_found_wherever_a_message_may_name_one(world: World) -> None:
    channel = ready(world)
    media_id = uploaded(world, channel)
    buttons = [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]
    interactive = {
        "type": "button",
        "header": {"type": "image", "image": {"id": media_id}},
        "body": {"text": "Good?"},
        "action": {"buttons": buttons},
    }
    world.send(channel, "key", {"to": f"+{CUSTOMER}", "type": "interactive", "interactive": interactive})
    SendLine(world).run()
    [sent] = taken_by_provider(world)
    assert sent["body"]["interactive"]["header"]["image"] == {"id": at_provider(world)[0]["id"]}


def test_a_file_that_was_not_uploaded_is_told_and_nothing_is_stored(world: World) -> None:
    channel = ready(world)
    upload = announced(world, channel)
    with pytest.raises(MediaNotUploaded):
        send_image(world, channel, "key", upload["id"])
    put(world, upload)
    assert send_image(world, channel, "key", upload["id"]).state == "queued"  # the same key


@pytest.mark.parametrize(
    ("fields", "content", "code"),
    [
        ({"type": "document"}, PNG, "media_kind"),
        ({}, b"<html>".ljust(len(PNG)), "media_content"),
        (None, b"", "media_unknown"),
    ],
)
def test_a_file_that_does_not_fit_its_place_is_refused_there(
    world: World, fields: dict[str, Any] | None, content: bytes, code: str
) -> None:
    channel = ready(world)
    known = "med_" + "a" * 26 if fields is None else uploaded(world, channel, content, **fields)
    with pytest.raises(InvalidRequest) as refused:
        send_image(world, channel, "key", known)
    [error] = refused.value.errors
    assert (error.pointer, error.code) == ("/image/id", code)


def test_an_upload_of_another_channel_is_unknown(world: World) -> None:
    channel = ready(world)
    world.control("numbers", {"phone_number": "+4930901821", "api_key": "key-of-another-number"})
    other = world.connect("Other", api_key="key-of-another-number")
    with pytest.raises(InvalidRequest):
        send_image(world, channel, "key", uploaded(world, other))


# --- at the provider ---


def test_a_file_goes_to_the_provider_once_for_all_messages_until_it_is_about_to_expire(world: World) -> None:
    channel, line = ready(world), SendLine(world)
    media_id = uploaded(world, channel)
    for key in ("1", "2"):
        send_image(world, channel, key, media_id)
        line.run()
    assert len(at_provider(world)) == 1
    world.clock.advance(days=PROVIDER_KEEPS.days - 1, seconds=-1)
    world.customer_writes()
    world.process_all()
    send_image(world, channel, "3", media_id)
    line.run()
    assert len(at_provider(world)) == 1
    world.clock.advance(seconds=1)
    send_image(world, channel, "4", media_id)
    line.run()
    files = at_provider(world)
    assert len(files) == 2
    assert [sent["body"]["image"]["id"] for sent in taken_by_provider(world)] == [
        files[0]["id"], files[0]["id"], files[0]["id"], files[1]["id"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 429},
        {"kind": "drop", "accepted": False},
        {"kind": "timeout_before"},
        {"status": 200, "body": {"no": "id"}},
        {"status": 400, "body": {"error": {"message": "busy", "code": 131000}}},
    ],
)
def test_trouble_with_an_upload_that_passes_only_delays_the_message(world: World, fault: Any) -> None:
    channel, line = ready(world), SendLine(world)
    message = send_image(world, channel, "key", uploaded(world, channel))
    world.control("faults", {"on": "media_upload", "kind": "status", "times": 1, **fault})
    assert line.run()
    assert world.message(channel, message.id).stage == "queued"
    line.run_to_end()
    assert world.message(channel, message.id).state == "sent"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 400, "body": {"error": {"message": "Bad file", "code": 131053}}}, 131053),
        ({"status": 401}, "http_401"),
    ],
)
def test_an_upload_that_the_provider_refuses_fails_the_message_in_its_words(
    world: World, fault: Any, code: Any
) -> None:
    channel, line = ready(world), SendLine(world)
    message = send_image(world, channel, "key", uploaded(world, channel))
    world.control("faults", {"on": "media_upload", "kind": "status", "times": 1, **fault})
    line.run_to_end()
    failed = world.message(channel, message.id)
    assert (failed.state, failed.errors[0]["code"]) == ("failed", code)
    assert taken_by_provider(world) == []
    expected = "credentials_invalid" if code == "http_401" else "active"
    assert world.channels.get(channel.ref).state == expected


def test_a_file_that_could_not_be_uploaded_for_a_day_fails_its_message(world: World) -> None:
    channel, line = ready(world), SendLine(world)
    message = send_image(world, channel, "key", uploaded(world, channel))
    world.control("faults", {"on": "media_upload", "kind": "status", "status": 503})
    world.clock.advance(hours=23)
    assert line.run()
    world.clock.advance(hours=1)
    assert not line.run()
    assert world.message(channel, message.id).state == "failed"


@pytest.mark.parametrize("then", ["removed", "changed"])
def test_a_file_that_is_not_what_was_checked_is_not_sent(world: World, then: str) -> None:
    channel, line = ready(world), SendLine(world)
    upload = announced(world, channel)
    put(world, upload)
    message = send_image(world, channel, "key", upload["id"])
    if then == "removed":
        key = upload["upload"]["fields"]["key"]
        boto("s3").delete_object(Bucket=world.aws.media_bucket, Key=key)
    else:
        put(world, upload, PNG[:-1] + b"!")
    line.run_to_end()
    assert world.message(channel, message.id).errors[0]["code"] == "media_gone"
    assert at_provider(world) == []


def test_the_first_file_that_is_found_is_the_one_that_is_sent(world: World) -> None:
    """Whoever looks twice at the same time agrees on it."""
    channel = ready(world)
    upload = world.uploads.get(channel.ref, MediaId(announced(world, channel)["id"]))
    assert upload
    assert [world.uploads.record_found(upload, etag).etag for etag in ("first", "second")] == [
        "first",
        "first",
    ]


@pytest.mark.parametrize(("mime_type", "fine"), [("audio/ogg; codecs=opus", True), ("audio/mpeg", False)])
def test_a_voice_message_needs_ogg_with_opus(world: World, mime_type: str, fine: bool) -> None:
    channel = ready(world)
    content = b"OggS" + bytes(24) + b"OpusHead" if fine else b"ID3 music"
    media_id = uploaded(world, channel, content, type="audio", mime_type=mime_type)
    body = {"to": f"+{CUSTOMER}", "type": "audio", "audio": {"id": media_id, "voice": True}}
    if fine:
        assert world.send(channel, "key", body).state == "queued"
        return
    with pytest.raises(InvalidRequest) as refused:
        world.send(channel, "key", body)
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/audio/voice", "media_kind")]


def test_nothing_is_uploaded_for_a_channel_that_does_not_send(world: World) -> None:
    channel, line = ready(world), SendLine(world)
    message = send_image(world, channel, "key", uploaded(world, channel))
    world.channels.set_state(channel.ref, "restricted")
    assert line.run() == [message.id]
    assert at_provider(world) == []


def test_an_upload_is_not_begun_without_time_for_it(world: World) -> None:
    channel, line = ready(world), SendLine(world)
    send_image(world, channel, "key", uploaded(world, channel))
    line.deadline_seconds = 59.0
    assert line.run()
    assert at_provider(world) == []
    line.deadline_seconds = 120.0
    line.run_to_end()
    assert len(at_provider(world)) == 1


def test_a_slow_upload_ends_in_time_and_leaves_no_message_in_doubt(world: World) -> None:
    """The clock runs on with every piece of the file."""
    channel, line = ready(world), SendLine(world)
    line.deadline_seconds = 120.0
    content = PNG + bytes(4 * 1024 * 1024)
    message = send_image(world, channel, "key", uploaded(world, channel, content))
    sending = world.new_sending()
    slow = replace(sending.uploading, clock=partial(_running, world))
    assert line.run(replace(sending, uploading=slow))
    assert world.message(channel, message.id).stage == "queued"
    assert at_provider(world) == []
    line.run_to_end()
    assert world.message(channel, message.id).state == "sent"


def _running(world: World) -> Any:
    world.clock.advance(seconds=6)
    return world.clock()


# --- crashes ---


@contextmanager
def stepping(world: World, steps: Steps) -> Iterator[Sending]:
    network = Watched(before=lambda: steps("before provider"), after=lambda: steps("after provider"))
    with at_every_call(world, steps), sending_over(world, network) as worker:
        yield worker


def test_a_worker_killed_at_any_step_sends_the_file_once_or_says_that_it_does_not_know(world: World) -> None:
    """The file may reach the provider twice; the message never does."""
    channel, line = ready(world), SendLine(world)
    line.deadline_seconds = 120.0
    for at in itertools.count(1):
        message = send_image(world, channel, f"key-{at}", uploaded(world, channel))
        steps = Steps(die, at, stays=True)
        with stepping(world, steps) as worker:
            try:
                line.run(worker)
            except Killed:
                world.clock.advance(minutes=4)
        line.run_to_end()
        sent = [
            one for one in taken_by_provider(world) if one["body"]["biz_opaque_callback_data"] == message.id
        ]
        state = world.message(channel, message.id).state
        assert (state, len(sent)) in {("sent", 1), ("unconfirmed", 0), ("unconfirmed", 1)}, steps.reached
        if steps.reached is None:
            assert at > 22
            return


def _intrude(world: World, line: SendLine, turn: Turn) -> None:
    line.deliver([turn], world.new_sending())


def test_two_workers_with_one_file_upload_it_once(world: World) -> None:
    """Two messages to two people; the second worker comes at any step of the first."""
    channel, line = ready(world), SendLine(world)
    line.deadline_seconds = 120.0
    other = "4915112345679"
    world.customer_writes(sender=other)
    world.process_all()
    for at in itertools.count(1):
        before = len(at_provider(world))
        media_id = uploaded(world, channel)
        send_image(world, channel, f"a-{at}", media_id)
        send_image(world, channel, f"b-{at}", media_id, to=other)
        first, second = line.take()
        steps = Steps(partial(_intrude, world, line, second), at)
        with stepping(world, steps) as worker:
            line.deliver([first], worker)
        line.run_to_end()
        assert len(at_provider(world)) - before == 1, steps.reached
        assert len(taken_by_provider(world)) == len(taken_by_provider(world, other)) == at, steps.reached
        if steps.reached is None:
            assert at > 22
            return
