"""Pieces of work around messages that wait, for the budgets."""

from datetime import timedelta
from typing import Any

from kanal.sending.accept import get_message
from kanal.sending.cancel import Cancelling, cancel_message
from tests.integration.meter import Bill, metered


def accept(desk: Any, key: str = "measured", **options: Any) -> Any:
    text = {"to": "+4915112345678", "type": "text", "text": {"body": "Hello " * 40}}
    return desk.world.send(desk.channel, key, {**text, **options})


def accepted_for_later(desk: Any) -> Bill:
    """Within the day, so that the release queue is not asked yet."""
    send_at = (desk.world.clock() + timedelta(hours=1)).isoformat()
    with metered(desk.world) as bill:
        accept(desk, send_at=send_at)
    return bill


def due(desk: Any) -> Bill:
    """The round of the schedule, and the look."""
    accepted_for_later(desk)
    desk.world.clock.advance(hours=1)
    with metered(desk.world) as bill:
        desk.world.release()
    return bill


def parked(desk: Any) -> Bill:
    desk.world.clock.advance(hours=25)
    with metered(desk.world) as bill:
        accept(desk, if_window_closed="park_until_reply")
    return bill


def replied_to_parked(desk: Any) -> Bill:
    parked(desk)
    desk.receive()
    return desk.process()  # type: ignore[no-any-return]  # a Desk is anything here


def released_parked(desk: Any) -> Bill:
    """With the round of the schedule, which finds nothing."""
    replied_to_parked(desk)
    with metered(desk.world) as bill:
        desk.world.release()
    return bill


def idle_round(desk: Any) -> Bill:
    with metered(desk.world) as bill:
        desk.world.release()
    return bill


def cancelled(desk: Any) -> Bill:
    message = accept(desk)
    parts = Cancelling(desk.world.channels, desk.world.places, desk.world.bus)
    with metered(desk.world) as bill:
        cancel_message(parts, desk.channel.ref, message.id)
    return bill


def explained(desk: Any) -> Bill:
    message = accept(desk)
    with metered(desk.world) as bill:
        get_message(desk.world.accepting, desk.channel.ref, message.id)
    return bill
