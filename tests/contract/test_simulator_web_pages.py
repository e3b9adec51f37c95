"""The simulator keeps API keys and messages: a web page in the browser beside it gets none of them."""

import httpx
import pytest

from tests.contract.simulator_world import PHONE, World

FOREIGN = "https://page.example"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": FOREIGN},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_the_control_interface_refuses_a_foreign_page(world: World, headers: dict[str, str]) -> None:
    """And does nothing of what the page asked for, says why, and names who may."""
    assert world.http.get("/_control/numbers", headers=headers).status_code == 403
    plain = {"Content-Type": "text/plain"} | headers
    answer = world.http.post("/_control/reset", content="{}", headers=plain)
    assert answer.status_code == 403
    assert "a web page from elsewhere" in answer.text
    assert str(world.http.base_url).rstrip("/") in answer.text
    assert [row["phone_number"] for row in world.http.get("/_control/numbers").json()] == [PHONE]


def test_its_own_origin_and_the_address_bar_are_answered(world: World) -> None:
    own = {"Origin": str(world.http.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert world.http.get("/_control/numbers", headers=own).status_code == 200
    assert world.http.get("/_control/numbers", headers={"Sec-Fetch-Site": "none"}).status_code == 200


@pytest.mark.parametrize("path", ["/_control/numbers", "/_control/ready", "/health_status", "/nothing"])
@pytest.mark.parametrize("host", ["page.example", "page.example:8361", "127.0.0.1.page.example"])
def test_a_name_that_somebody_points_at_loopback_is_refused(world: World, path: str, host: str) -> None:
    """On the side of the provider too."""
    assert world.http.get(path, headers={"Host": host}).status_code == 400


def test_it_answers_to_localhost_on_any_port(world: World) -> None:
    for host in ("localhost", f"localhost:{httpx.URL(world.http.base_url).port}", "127.0.0.1:1"):
        assert world.http.get("/_control/ready", headers={"Host": host}).status_code == 200
