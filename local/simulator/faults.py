"""Failures on demand: which call fails next, how often and how."""

from dataclasses import dataclass, field
from typing import Any, Literal

from local.simulator.chance import Chance
from local.simulator.numbers import Number

Where = Literal[
    "messages",
    "templates",
    "webhook_config",
    "health",
    "media",
    "media_download",
    "media_upload",
    "webhook_delivery",
]
Kind = Literal["status", "timeout_before", "timeout_after", "drop", "delay"]


@dataclass
class Fault:
    """Strikes the calls it matches until its times are used up; without times, until it is cleared."""

    on: Where
    kind: Kind
    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_ms: int = 0
    accepted: bool = True
    times: int | None = None
    probability: float = 1.0
    to: str | None = None
    phone_number: str | None = None

    def matches(self, on: Where, number: Number, to: str | None) -> bool:
        return (
            self.on == on
            and self.times != 0
            and self.to in (None, to)
            and self.phone_number in (None, number.digits)
        )


class Faults:
    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> int:
        cleared = len(self._faults)
        self._faults.clear()
        return cleared

    def waiting(self) -> list[Fault]:
        return list(self._faults)

    def take(self, on: Where, number: Number, to: str | None = None) -> Fault | None:
        """The oldest fault that strikes this call, one time less of it left."""
        for fault in self._faults:
            if fault.matches(on, number, to) and self._chance.strikes(fault.probability):
                if fault.times is not None:
                    fault.times -= 1
                self._faults = [one for one in self._faults if one.times != 0]
                return fault
        return None
