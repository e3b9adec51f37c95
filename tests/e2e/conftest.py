"""One stack for all end-to-end tests; each test has a number and a channel of its own."""

from collections.abc import Iterator

import pytest

from tests.e2e.launch import running
from tests.e2e.world import Channel, World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("stack") / "run.log") as world:
        yield world


@pytest.fixture
def channel(world: World) -> Channel:
    return world.connect()
