"""Fixtures of the contract tests."""

from collections.abc import Iterator

import httpx
import pytest

from local.simulator.app import create_app
from local.simulator.serve import running_simulator
from tests.contract.simulator_world import JumpingClock, Receiver, World

WEBHOOK_TIMEOUT_SECONDS = 0.3


@pytest.fixture(scope="session")
def _simulated_world() -> Iterator[World]:
    clock, receiver = JumpingClock(), Receiver()
    with running_simulator(
        lambda: create_app(
            clock=clock,
            webhook_transport=httpx.MockTransport(receiver.handle),
            webhook_timeout_seconds=WEBHOOK_TIMEOUT_SECONDS,
        )
    ) as url:
        world = World(url, clock, receiver)
        with world.http:
            yield world


@pytest.fixture
def world(_simulated_world: World) -> World:
    """The one simulator of the session, as new: one number, no webhook, no automatic statuses."""
    _simulated_world.begin()
    return _simulated_world
