"""Files that came in: whatever happens on the way, each message shows how it ended."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kanal.channels.configure import disconnect_channel
from kanal.channels.model import Channel
from kanal.ids import inbound_message_id
from kanal.inbox.fetch import REMEDIES
from kanal.media.budget import MOST_ERRORS
from kanal.messages.model import Message, as_json
from tests.integration.files import (
    PNG,
    FetchLine,
    asked_to_wait,
    fetching_over,
    file_arrives,
    kept_of,
    new_fetching,
    reported,
)
from tests.integration.inbound import stored
from tests.integration.outbound import Watched
from tests.integration.world import START, WORKSPACE, World, webhook_body

pytestmark = pytest.mark.slow

LINK = "https://lookaside.fbsbx.com/whatsapp_business/attachments/"


def arrived(world: World, content: bytes = PNG, **announced: Any) -> tuple[Channel, Message]:
    """A message with a file, processed and not fetched yet; nothing on the bus."""
    connected, _ = world.channels.page(WORKSPACE, None, 1)
    channel = connected[0] if connected else world.connect()
    written = file_arrives(world, content, **announced)
    world.process_all()
    world.aws.events()
    return channel, world.message(channel, inbound_message_id(channel.ref, written["wamid"]))


def shown(world: World, channel: Channel, message: Message) -> dict[str, Any]:
    media: dict[str, Any] = as_json(world.message(channel, message.id))["media"]
    return media


def fail(world: World, on: str, times: int | None = 1, **fault: Any) -> None:
    wanted = {"on": on, "kind": "status", "times": times, **fault}
    world.control("faults", {name: value for name, value in wanted.items() if value is not None})


# --- what should be ---


def test_a_message_with_a_file_shows_it_as_pending_until_it_is_stored(world: World) -> None:
    channel, message = arrived(world)
    digest = hashlib.sha256(PNG).hexdigest()
    assert shown(world, channel, message) == {"state": "pending", "mime_type": "image/png", "sha256": digest}
    assert FetchLine(world).run() == []
    stored = {
        "state": "stored",
        "mime_type": "image/png",
        "sha256": digest,
        "size_bytes": len(PNG),
        "stored_at": "2026-11-20T12:00:00.000Z",
    }
    assert shown(world, channel, message) == stored
    assert kept_of(world, channel, message.id) == PNG
    assert reported(world) == [stored]


@pytest.mark.parametrize("kind", ["image", "video", "audio", "voice", "document", "sticker"])
def test_every_kind_with_a_file_is_fetched(world: World, kind: str) -> None:
    channel, message = arrived(world, kind=kind)
    FetchLine(world).run_to_end()
    assert shown(world, channel, message)["state"] == "stored"


def test_a_message_without_a_file_has_none(world: World) -> None:
    channel = world.connect()
    written = world.customer_writes("Good morning")
    announces_nothing = world.customer_writes(type="image", image={"caption": "no id"})
    world.process_all()
    for wamid in (written["wamid"], announces_nothing["wamid"]):
        assert "media" not in as_json(world.message(channel, inbound_message_id(channel.ref, wamid)))
    assert world.aws.waiting("media") == 0


def test_a_repeated_webhook_neither_queues_the_file_again_nor_makes_it_pending_again(world: World) -> None:
    channel, message = arrived(world)
    FetchLine(world).run_to_end()
    world.deliver(_webhook(world, message))
    world.process_all()
    assert world.aws.waiting("media") == 0
    assert shown(world, channel, message)["state"] == "stored"


def _webhook(world: World, message: Message) -> dict[str, Any]:
    return webhook_body(messages=[message.raw])


def test_the_hash_may_be_spelt_in_hex_or_base64_or_not_at_all(world: World) -> None:
    digest = hashlib.sha256(PNG)
    channel = world.connect()
    line = FetchLine(world)
    spellings = (digest.hexdigest(), base64.b64encode(digest.digest()).decode(), None, "sha256", 17)
    for spelling in spellings:
        written = file_arrives(world, sha256=spelling)
        world.process_all()
        line.run_to_end()
        message = world.message(channel, inbound_message_id(channel.ref, written["wamid"]))
        assert shown(world, channel, message)["state"] == "stored", spelling
        assert shown(world, channel, message)["sha256"] == digest.hexdigest()


# --- the drill: what the provider does, and what the message shows then ---


@dataclass(frozen=True)
class Drill:
    faults: list[Mapping[str, Any]]
    state: str
    reason: str | None = None
    turns: int = 1
    """How often the queue shows the job."""
    announced: Mapping[str, Any] = field(default_factory=dict)


def found(url: str, **more: Any) -> dict[str, Any]:
    """The answer to a look-up."""
    return {"on": "media", "status": 200, "body": {"url": url, "mime_type": "image/png", **more}}


def redirect(to: str, times: int = 1) -> dict[str, Any]:
    return {"on": "media_download", "status": 302, "headers": {"location": to}, "times": times}


def unknown(code: int = 100) -> dict[str, Any]:
    return {"error": {"message": "Unsupported get request.", "code": code}}


OTHER_BYTES = {"on": "media_download", "status": 200, "body": "other bytes"}
DRILLS = {
    "an expired link is replaced at once": Drill([{"on": "media_download", "status": 404}], "stored"),
    "a link that expires twice is tried again": Drill(
        [{"on": "media_download", "status": 404, "times": 2}], "stored", turns=2
    ),
    "a redirect within WhatsApp is followed to the provider": Drill([redirect("SAME")], "stored"),
    "a redirect elsewhere is not followed": Drill(
        [redirect("https://evil.example/whatsapp_business/attachments/?mid=1")], "failed", "refused_host"
    ),
    "a redirect to another path is not followed": Drill(
        [redirect("https://lookaside.fbsbx.com/other/?mid=1")], "failed", "refused_host"
    ),
    "a redirect to what is no address is not followed": Drill(
        [redirect("https://[lookaside")], "failed", "refused_host"
    ),
    "a link that no client takes is not followed": Drill(
        [found(f"{LINK}?mid={'1' * 70_000}")], "failed", "refused_host"
    ),
    "redirects in a circle end": Drill([redirect("SAME", times=9)], "failed", "refused_host"),
    "a link to another host is not asked": Drill(
        [found("https://evil.example/whatsapp_business/attachments/?mid=1")], "failed", "refused_host"
    ),
    "a link without TLS is not asked": Drill(
        [found("http://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1")], "failed", "refused_host"
    ),
    "wrong bytes once are fetched again": Drill([OTHER_BYTES], "stored", turns=2),
    "wrong bytes three times are given up": Drill(
        [{**OTHER_BYTES, "times": 3}], "failed", "hash_mismatch", turns=3
    ),
    "an unknown id in WhatsApp's words": Drill(
        [{"on": "media", "status": 400, "body": unknown()}], "failed", "unknown_id"
    ),
    "an unknown id as 404": Drill([{"on": "media", "status": 404}], "failed", "unknown_id"),
    "an id that is no id": Drill([], "failed", "unknown_id", announced={"id": "../messages"}),
    "a file too large by its announcement": Drill(
        [found(f"{LINK}?mid=1", file_size=str(100 * 1024 * 1024 + 1))], "failed", "too_large"
    ),
    "a rejected key": Drill([{"on": "media", "status": 401}], "stored", turns=2),
    "a rejected key at the download": Drill([{"on": "media_download", "status": 403}], "stored", turns=2),
    "an outage": Drill([{"on": "media", "status": 500, "times": 3}], "stored", turns=4),
    "an outage of downloads": Drill([{"on": "media_download", "status": 502}], "stored", turns=2),
    "no answer": Drill([{"on": "media", "kind": "timeout_before"}], "stored", turns=2),
    "a dropped connection": Drill([{"on": "media_download", "kind": "drop"}], "stored", turns=2),
    "a refusal without WhatsApp's code": Drill([{"on": "media", "status": 400}], "stored", turns=2),
    "an answer that is no JSON": Drill([{"on": "media", "status": 200, "body": "<html>"}], "stored", turns=2),
    "a blocked endpoint": Drill([{"on": "media", "status": 429}], "stored", turns=2),
}


@pytest.mark.parametrize("drill", DRILLS.values(), ids=DRILLS)
def test_the_message_shows_how_it_ended(world: World, drill: Drill) -> None:
    channel, message = arrived(world, **drill.announced)
    for fault in drill.faults:
        fail(world, **_at_hand(world, channel, message, fault))
    assert FetchLine(world).run_to_end() == drill.turns
    media = shown(world, channel, message)
    assert (media["state"], media.get("reason")) == (drill.state, drill.reason)
    assert kept_of(world, channel, message.id) == (PNG if drill.state == "stored" else None)
    assert reported(world) == [media]
    assert drill.state == "stored" or media["message"]


def _at_hand(world: World, channel: Channel, message: Message, fault: Mapping[str, Any]) -> Any:
    """`SAME` stands for a good link of the file."""
    if fault.get("headers", {}).get("location") != "SAME":
        return fault
    return {**fault, "headers": {"location": _looked_up(world, channel, message)["url"]}}


def _looked_up(world: World, channel: Channel, message: Message) -> dict[str, Any]:
    """What the provider says of the file."""
    key = {"d360-api-key": world.providers.key_of(channel)}
    assert message.media
    answer: dict[str, Any] = world.provider_http.get(f"/{message.media.media_id}", headers=key).json()
    return answer


def test_of_two_hashes_the_webhook_s_counts(world: World) -> None:
    """It was signed by its secret; the look-up's is compared where the webhook has none."""
    for announced_hash, reason in ((hashlib.sha256(PNG).hexdigest(), None), (None, "hash_mismatch")):
        channel, message = arrived(world, sha256=announced_hash)
        answer = _looked_up(world, channel, message)
        fail(world, "media", times=3, status=200, body={**answer, "sha256": hashlib.sha256(b"").hexdigest()})
        FetchLine(world).run_to_end()
        assert shown(world, channel, message).get("reason") == reason
        world.simulator.delete("/_control/faults")


def test_what_became_of_a_file_stays(world: World) -> None:
    _, message = arrived(world)
    FetchLine(world).run_to_end()
    assert message.media
    late = replace(message.media, state="failed", reason="expired")
    found, is_as_given = world.messages.record_media(message, late)
    assert (found and found.media and found.media.state, is_as_given) == ("stored", False)


def test_a_container_that_remembers_a_full_budget_looks_again(world: World) -> None:
    """Fetches of others may have ended since."""
    channel = world.connect()
    ours, theirs = new_fetching(world).budgets, new_fetching(world).budgets
    fetches = [str(number) for number in range(MOST_ERRORS // 2)]
    assert [theirs.begin(channel.ref, fetch) for fetch in fetches] == [None] * len(fetches)
    assert ours.begin(channel.ref, "ours")
    for fetch in fetches:
        theirs.end(channel.ref, fetch, 0)
    assert ours.begin(channel.ref, "ours") is None


def test_every_trouble_has_a_remedy_and_a_drill() -> None:
    reasons = {drill.reason for drill in DRILLS.values() if drill.reason} - {"hash_mismatch"}
    assert reasons == {kind for kind, remedy in REMEDIES.items() if remedy.then == "give_up"}


def test_the_key_goes_to_the_provider_alone(world: World) -> None:
    """Whatever links and redirects say."""
    channel, message = arrived(world)
    asked: list[httpx.Request] = []

    class Noting(Watched):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return super().handle_request(request)

    fail(world, **redirect("https://evil.example/whatsapp_business/attachments/?mid=1"))
    with fetching_over(world, Noting()) as fetching:
        FetchLine(world).run(fetching)
    assert [request.url.path for request in asked] == [
        f"/{message.media.media_id if message.media else ''}",
        "/whatsapp_business/attachments/",
    ]
    assert {request.url.host for request in asked} == {"127.0.0.1"}
    assert asked[1].url.query
    assert shown(world, channel, message)["state"] == "failed"


def test_a_file_that_grows_beyond_the_limit_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kanal.providers.dialog360_media.MOST_BYTES", len(PNG) - 1)
    monkeypatch.setattr("kanal.providers.dialog360_media._number", lambda _: 0)
    channel, message = arrived(world)
    FetchLine(world).run_to_end()
    assert shown(world, channel, message)["reason"] == "too_large"


def test_trouble_that_does_not_pass_ends_when_whatsapp_forgets_the_file(world: World) -> None:
    channel, message = arrived(world)
    fail(world, "media", times=None, status=503)
    turns = FetchLine(world).run_to_end()
    assert shown(world, channel, message)["reason"] == "expired"
    assert timedelta(days=7) <= world.clock() - START < timedelta(days=7, hours=2)
    assert turns < 300


def test_a_file_of_the_history_is_fetched_however_old_its_message(world: World) -> None:
    """Files of two weeks come with it; their ids are as new as the webhook."""
    channel = world.connect()
    written = file_arrives(world, timestamp=str(int((START - timedelta(days=13)).timestamp())))
    world.process_all()
    FetchLine(world).run_to_end()
    message = world.message(channel, inbound_message_id(channel.ref, written["wamid"]))
    assert shown(world, channel, message)["state"] == "stored"


def test_the_longest_wait_is_an_hour(world: World) -> None:
    arrived(world)
    fail(world, "media", times=None, status=503)
    line, waits = FetchLine(world), []
    for _ in range(12):
        line.run()
        waits.append(asked_to_wait(world))
        world.clock.advance(hours=1)
    assert waits[:4] == [15, 30, 60, 120]
    assert waits[-1] == 3600


def test_nothing_is_asked_for_a_channel_for_half_an_hour_after_a_block(world: World) -> None:
    channel = world.connect()
    for _ in range(2):
        file_arrives(world)
    world.process_all()
    fail(world, "media", status=429)
    line = FetchLine(world)
    line.run()
    asked: list[str] = []
    with fetching_over(world, Watched(before=lambda: asked.append("call"))) as fetching:
        world.clock.advance(minutes=29)
        line.run(fetching)
        assert asked == []
        assert asked_to_wait(world) >= 60
        world.clock.advance(minutes=2)
        line.run(fetching)
        assert asked == ["call", "call"]
    assert channel.state == "active"


def test_a_channel_without_a_valid_key_is_not_asked_for(world: World) -> None:
    channel, message = arrived(world)
    world.channels.set_state(channel.ref, "credentials_invalid")
    line = FetchLine(world)
    fail(world, "media", times=None, status=500)
    assert line.run()
    assert asked_to_wait(world) == 3600
    world.simulator.delete("/_control/faults")
    world.channels.set_state(channel.ref, "active")
    line.run_to_end()
    assert shown(world, channel, message)["state"] == "stored"


def test_the_file_of_a_disconnected_channel_is_given_up(world: World) -> None:
    channel, message = arrived(world)
    disconnect_channel(world.channels, world.providers, channel.ref)
    FetchLine(world).run_to_end()
    assert shown(world, channel, message)["reason"] == "channel_disconnected"


def test_errors_never_come_near_the_provider_s_limit(world: World) -> None:
    """Forty files and a provider in trouble: it is asked until the budget is used up, and never blocks us."""
    channel = world.connect()
    for _ in range(40):
        file_arrives(world)
    world.process_all()
    fail(world, "media", times=None, status=500)
    fetching, line = new_fetching(world), FetchLine(world)
    for _ in range(40):
        line.fetch(line.take(), fetching)
    left = world.simulator.delete("/_control/faults")
    assert left.is_success
    assert _errors(world, channel) == MOST_ERRORS - 1  # the last fetch might get two
    world.clock.advance(hours=1)
    line.run_to_end()
    assert {media["state"] for media in reported(world)} == {"stored"}


def _errors(world: World, channel: Channel) -> int:
    [item] = [item for item in stored(world.aws.channels) if item["sk"] == "media"]
    return len(item["errors"])


def test_another_channel_s_trouble_is_no_trouble(world: World) -> None:
    """Budgets are kept by channel."""
    channel, message = arrived(world)
    other = "+4930901821"
    world.control("numbers", {"phone_number": other, "api_key": "key-of-another-number"})
    fail(world, "media", status=429, phone_number=other)
    FetchLine(world).run_to_end()
    assert shown(world, channel, message)["state"] == "stored"
