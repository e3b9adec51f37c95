"""Pieces of work of a broadcast, for the budgets: a hundred recipients, each a contact of the channel."""

from typing import Any

from kanal.contacts.model import Sighting
from tests.integration.broadcasting import GREETING, Studio
from tests.integration.meter import Bill, metered

_RECIPIENTS = 100


def imported(desk: Any) -> Bill:
    """The step of the only part, forecast included."""
    studio, _ = _uploaded(desk)
    studio.step()
    return _metered_step(studio)


def fed(desk: Any) -> Bill:
    studio, broadcast_id = _uploaded(desk)
    studio.run()
    studio.order(broadcast_id, "start")
    return _metered_step(studio)


def counted(desk: Any) -> Bill:
    """While all of them wait in the lines."""
    studio, broadcast_id = _uploaded(desk)
    studio.run()
    studio.order(broadcast_id, "start")
    studio.step()
    studio.order(broadcast_id, "pause")
    studio.run()
    studio.shown(broadcast_id)
    return _metered_step(studio)


def _uploaded(desk: Any) -> tuple[Studio, str]:
    studio, numbers = Studio(desk.world, desk.channel), [f"4915112{at:06}" for at in range(_RECIPIENTS)]
    for number in numbers:
        desk.world.contacts.sight(desk.channel.ref, Sighting("", wa_id=number), desk.world.clock())
    made: dict[str, Any] = studio.make(template=GREETING)
    studio.upload(made, "to\n" + "\n".join(numbers))
    return studio, made["id"]


def _metered_step(studio: Studio) -> Bill:
    with metered(studio.world) as bill:
        assert studio.step()
    return bill
