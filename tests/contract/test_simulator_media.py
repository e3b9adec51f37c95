"""Files at the simulated provider: as 360dialog's media endpoints behave."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.contract.simulator_world import PHONE, World

BYTES = b"\x89PNG\r\n\x1a\n--boundary--\r\n" + bytes(range(256))
DAY = 24 * 60 * 60


def call(world: World, method: str, path: str, **given: Any) -> httpx.Response:
    return world.http.request(method, path, headers={"D360-API-KEY": world.key}, **given)


def sleep(world: World, seconds: float) -> None:
    world.clock.time += seconds


def file_of_customer(world: World) -> str:
    encoded = base64.b64encode(BYTES).decode()
    told = world.control(
        "media", {"phone_number": PHONE, "mime_type": "image/png", "content_base64": encoded}
    )
    assert told["sha256"] == base64.b64encode(hashlib.sha256(BYTES).digest()).decode()
    return str(told["id"])


def link_of(world: World, media_id: str) -> str:
    """The link's path and query, as they are asked of the provider."""
    parts = urlsplit(call(world, "GET", f"/{media_id}").json()["url"])
    assert (parts.scheme, parts.hostname) == ("https", "lookaside.fbsbx.com")
    return f"{parts.path}?{parts.query}"


def upload(world: World, content: bytes = BYTES, mime_type: str = "image/png") -> httpx.Response:
    file = {"file": ("photo.png", content, mime_type)}
    return call(world, "POST", "/media", data={"messaging_product": "whatsapp"}, files=file)


def test_a_file_is_looked_up_and_downloaded(world: World) -> None:
    media_id = file_of_customer(world)
    answer = call(world, "GET", f"/{media_id}").json()
    assert (answer["mime_type"], answer["file_size"]) == ("image/png", len(BYTES))
    assert answer["sha256"] == hashlib.sha256(BYTES).hexdigest()
    download = call(world, "GET", link_of(world, media_id))
    assert (download.content, download.headers["content-type"]) == (BYTES, "image/png")


def test_a_link_lives_for_five_minutes(world: World) -> None:
    link = link_of(world, file_of_customer(world))
    sleep(world, 299)
    assert call(world, "GET", link).status_code == 200
    sleep(world, 2)
    assert call(world, "GET", link).status_code == 404


def test_a_link_cannot_be_made_up(world: World) -> None:
    link = link_of(world, file_of_customer(world))
    assert call(world, "GET", link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 404


@pytest.mark.parametrize(("source", "days"), [("inbound", 7), ("upload", 30)])
def test_a_file_is_kept_for_its_time(world: World, source: str, days: int) -> None:
    media_id = file_of_customer(world) if source == "inbound" else upload(world).json()["id"]
    sleep(world, days * DAY - 1)
    assert call(world, "GET", f"/{media_id}").status_code == 200
    sleep(world, 1)
    answer = call(world, "GET", f"/{media_id}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def test_an_uploaded_file_comes_back_byte_by_byte(world: World) -> None:
    media_id = upload(world).json()["id"]
    assert call(world, "GET", link_of(world, media_id)).content == BYTES
    assert call(world, "DELETE", f"/{media_id}").json() == {"success": True}
    assert call(world, "GET", f"/{media_id}").status_code == 400


@pytest.mark.parametrize(
    ("mime_type", "largest"), [("image/png", 5 * 1024 * 1024), ("image/webp", 500 * 1024)]
)
def test_a_file_that_is_too_large_is_refused(world: World, mime_type: str, largest: int) -> None:
    assert upload(world, b"x" * largest, mime_type).status_code == 200
    answer = upload(world, b"x" * (largest + 1), mime_type)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 131053)


def test_twenty_errors_in_an_hour_block_the_endpoint_for_half_an_hour(world: World) -> None:
    media_id = file_of_customer(world)
    for _ in range(19):
        assert call(world, "GET", "/unknown").status_code == 400
    assert call(world, "GET", f"/{media_id}").status_code == 200
    assert call(world, "GET", "/unknown").status_code == 400
    assert call(world, "GET", f"/{media_id}").status_code == 429
    assert upload(world).status_code == 200  # only GET is blocked
    sleep(world, 30 * 60)
    assert call(world, "GET", f"/{media_id}").status_code == 200


def test_errors_an_hour_apart_block_nothing(world: World) -> None:
    for _ in range(40):
        assert call(world, "GET", "/unknown").status_code == 400
        sleep(world, 200)
