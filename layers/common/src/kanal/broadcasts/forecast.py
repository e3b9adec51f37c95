"""What a broadcast will be, told before it starts: how many get it, who does not and why, and how long."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Forecast:
    """`rows` are all that the file has; each is a recipient, or one of the four that follow.

    `outside_window` are recipients to whom the business begins a conversation: only they count towards the
    portfolio's limit of 24 hours. `limit_per_day` is that limit where WhatsApp reported it, and `over_limit`
    how many are more than it allows: WhatsApp then refuses them until others have aged.
    """

    rows: int = 0
    recipients: int = 0
    duplicates: int = 0
    invalid: int = 0
    opted_out: int = 0
    suppressed: int = 0
    new_contacts: int = 0
    outside_window: int = 0
    limit_per_day: int | None = None
    over_limit: int | None = None
    seconds_to_finish: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


COUNTED = (
    "rows",
    "recipients",
    "duplicates",
    "invalid",
    "opted_out",
    "suppressed",
    "new_contacts",
    "outside_window",
)
"""What each part of a file counts of itself."""

COUNTS_AS: Mapping[str, str] = {
    "duplicate": "duplicates",
    "marketing_opted_out": "opted_out",
    "phone_number_required": "suppressed",
    "marketing_suppressed": "suppressed",
}
"""By the code of a row that is skipped. What fails is invalid."""


def forecast_of(counted: Mapping[str, int], limit_per_day: int | None, messages_per_second: int) -> Forecast:
    """At the channel's pace, and with nothing else to send."""
    over = None if limit_per_day is None else max(0, counted.get("outside_window", 0) - limit_per_day)
    return Forecast(
        **{name: counted.get(name, 0) for name in COUNTED},
        limit_per_day=limit_per_day,
        over_limit=over,
        seconds_to_finish=math.ceil(counted.get("recipients", 0) / messages_per_second),
    )
