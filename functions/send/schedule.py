"""EventBridge schedules: what is due within the next minute goes to the release queue; and, less often, every
channel gets a turn, so that nothing that was left between two writes stays there.
"""

from typing import Any

from kanal import composition
from kanal.clock import utc_now
from kanal.observability import logger
from kanal.sending.rounds import hand_out_due, sweep


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """`event` is the schedule's input."""
    if event["round"] == "sweep":
        seen = {"channels": sweep(composition.channels(), composition.send_queue())}
    else:
        seen = {"messages": hand_out_due(composition.due_list(), composition.releases(), utc_now())}
    logger.info("Round done", extra={"round": event["round"], **seen})
    return seen
