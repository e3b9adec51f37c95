"""A web page that is open in the browser of whoever runs the stack reaches loopback too, and gets nothing."""

from collections.abc import Iterator

import httpx
import pytest

from local.aws import Aws
from local.emulator import start_emulator
from tests.e2e.world import Channel, World

FOREIGN = "https://page.example"
# What browsers send: old ones, with a POST, with a plain GET, from a frame without origin, from another port.
FROM_A_PAGE = [
    {"Origin": FOREIGN},
    {"Origin": FOREIGN, "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1", "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-site"},
]
FUNCTIONS = "/2015-03-31/functions"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """An embedded AWS, started as the stack starts its own."""
    child, aws = start_emulator(tmp_path_factory.mktemp("aws"), None)
    yield aws
    child.stop()


@pytest.mark.parametrize("headers", [*FROM_A_PAGE, {"Sec-Fetch-Site": "same-origin"}])
def test_a_page_cannot_make_a_function(aws: Aws, headers: dict[str, str]) -> None:
    """Not even as text/plain, which a browser sends without asking first."""
    body = '{"FunctionName": "theirs", "Runtime": "python3.13", "Role": "r", "Handler": "a.b", "Code": {}}'
    plain = {"Content-Type": "text/plain"} | headers
    answer = httpx.post(f"{aws.url}{FUNCTIONS}", content=body, headers=plain, trust_env=False)
    assert answer.status_code == 403
    assert "not web pages" in answer.text
    assert aws.functions.list_functions()["Functions"] == []


def test_no_preflight_is_allowed(aws: Aws) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-amz-target"}
    for headers in (asked, asked | {"Origin": FOREIGN}):
        answer = httpx.options(f"{aws.url}{FUNCTIONS}", headers=headers, trust_env=False)
        assert not _cors(answer)
    assert not _cors(httpx.get(f"{aws.url}/_ministack/health", trust_env=False))


@pytest.mark.parametrize(
    "host",
    [
        "page.example",
        "page.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.page.example:{port}",
        "page.localhost:{port}",
    ],
)
def test_a_name_that_somebody_points_at_loopback_is_refused(aws: Aws, host: str) -> None:
    named = {"Host": host.format(port=httpx.URL(aws.url).port)}
    answer = httpx.get(f"{aws.url}/_ministack/health", headers=named, trust_env=False)
    assert (answer.status_code, "no other Host" in answer.text) == (403, True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_the_names_that_programs_use_are_answered(aws: Aws, host: str) -> None:
    named = {"Host": f"{host}:{httpx.URL(aws.url).port}"}
    assert httpx.get(f"{aws.url}/_ministack/health", headers=named, trust_env=False).status_code == 200


@pytest.mark.parametrize("headers", FROM_A_PAGE)
def test_a_page_gets_no_token_and_no_control(world: World, headers: dict[str, str]) -> None:
    refusals = [
        world.front.post("/_local/token", json={"workspace_id": "demo"}, headers=headers),
        world.front.get("/_local/events", headers=headers),
        world.simulator.get("/_control/numbers", headers=headers),
        world.simulator.post("/_control/reset", content="{}", headers=headers),
    ]
    assert [answer.status_code for answer in refusals] == [403] * len(refusals)
    assert all("a web page from elsewhere" in answer.text for answer in refusals)


def test_the_stacks_own_pages_and_the_address_bar_are_answered(world: World) -> None:
    own = {"Origin": world.front_url, "Sec-Fetch-Site": "same-origin"}
    token = world.front.post("/_local/token", json={"workspace_id": "demo"}, headers=own)
    assert token.status_code == 200
    by_name = {"Host": f"localhost:{httpx.URL(world.front_url).port}", "Sec-Fetch-Site": "none"}
    assert world.front.get("/_local/queues", headers=by_name).status_code == 200


def test_no_path_answers_under_a_foreign_name(world: World) -> None:
    paths = ["/", "/_local/ready", "/_local/issuer/jwks", "/v1/health", "/v1/channels"]
    for host in ("page.example", f"page.example:{httpx.URL(world.front_url).port}"):
        named = {"Host": host}
        answers = [world.front.get(path, headers=named) for path in paths]
        answers += [
            world.front.post("/_local/token", json={"workspace_id": "demo"}, headers=named),
            world.simulator.get("/_control/numbers", headers=named),
            world.simulator.get("/health_status", headers=named),
        ]
        assert {answer.status_code for answer in answers} == {400}


@pytest.mark.parametrize("headers", FROM_A_PAGE)
def test_the_api_itself_goes_by_the_token_and_allows_no_page(
    channel: Channel, headers: dict[str, str]
) -> None:
    front = channel.world.front
    answer = front.get(channel.path, headers=headers)
    assert answer.status_code == 200
    assert not _cors(answer)
    asked = headers | {"Access-Control-Request-Method": "POST"}
    assert not _cors(front.options(channel.path, headers=asked))


def _cors(answer: httpx.Response) -> list[str]:
    return [name for name in answer.headers if name.startswith("access-control-")]
