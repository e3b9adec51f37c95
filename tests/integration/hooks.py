"""What tests do to AWS calls on their way: be there before and after each, refuse one, lose its answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ReadTimeoutError
from moto.core.models import botocore_stubber

from tests.integration.world import World


@contextmanager
def at_every_call(world: World, visit: Callable[[str], None]) -> Iterator[None]:
    """Before and after each call of the parts under test; a visitor that raises ends the call there."""

    def before(model: Any, **_: Any) -> None:
        visit(f"before {model.name}")

    def after(model: Any, **_: Any) -> None:
        visit(f"after {model.name}")

    with registered(world, "provide-client-params.*", before), registered(world, "after-call.*", after):
        yield


@contextmanager
def outage(world: World, operation: str, containing: str = "") -> Iterator[list[str]]:
    """AWS refuses these calls (`kms.Decrypt`), or those of them that hold a text. Gives the refused."""
    refused: list[str] = []

    def refuse(params: Any, **_: Any) -> Any:
        if containing not in str(params["body"]):
            return None
        refused.append(operation)
        return SimpleNamespace(status_code=400), {
            "Error": {"Code": "ThrottlingException", "Message": "Later."}
        }

    with registered(world, f"before-call.{operation}", refuse):
        yield refused


@contextmanager
def lost_answer(world: World, operation: str, containing: str) -> Iterator[list[str]]:
    """AWS does what was asked, but the answer never comes; botocore then asks again. Once."""
    lost: list[str] = []

    def lose(request: AWSPreparedRequest, **_: Any) -> None:
        if lost or containing not in str(request.body):
            return
        lost.append(operation)
        botocore_stubber("before-send", request)
        raise ReadTimeoutError(endpoint_url=request.url)

    with registered(world, f"before-send.{operation}", lose):
        yield lost


@contextmanager
def registered(world: World, event: str, handler: Callable[..., Any]) -> Iterator[None]:
    for client in world.aws.clients:
        client.meta.events.register_first(event, handler)
    try:
        yield
    finally:
        for client in world.aws.clients:
            client.meta.events.unregister(event, handler)
