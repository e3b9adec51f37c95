"""Fixtures of the integration tests."""

from collections.abc import Iterator

import httpx
import pytest

from local.simulator.app import create_app
from local.simulator.serve import running_simulator
from tests.integration.aws import embedded_aws
from tests.integration.world import API_KEY, PHONE, SimulatorClock, TestClock, World


class _Deliveries:
    """Hands the simulator's webhooks to the world of the running test."""

    world: World | None = None

    def handle(self, request: httpx.Request) -> httpx.Response:
        if self.world is None:
            return httpx.Response(503)
        headers = {name.lower(): value for name, value in request.headers.items()}
        return httpx.Response(self.world.webhook(request.url.path, headers, request.content))


@pytest.fixture(scope="session")
def _simulator() -> Iterator[tuple[str, TestClock, _Deliveries]]:
    clock, deliveries = TestClock(), _Deliveries()
    with running_simulator(
        lambda: create_app(
            clock=SimulatorClock(clock), webhook_transport=httpx.MockTransport(deliveries.handle)
        )
    ) as url:
        yield url, clock, deliveries


@pytest.fixture
def world(_simulator: tuple[str, TestClock, _Deliveries]) -> Iterator[World]:
    """One number at the provider, no channel yet, no automatic statuses."""
    url, clock, deliveries = _simulator
    with embedded_aws() as aws:
        clock.restart()
        world = World(aws, url, clock)
        with world.simulator, world.provider_http:
            world.control("reset", {})
            world.control("numbers", {"phone_number": PHONE, "api_key": API_KEY})
            world.control("settings", {"auto_statuses": False})
            deliveries.world = world
            yield world
            deliveries.world = None
