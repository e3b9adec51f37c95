"""Runs a schedule of the template at once, as EventBridge Scheduler would when its time has come."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from local.aws import ACCOUNT, REGION, Aws
from local.deploy import Deployment


class UnknownScheduleError(Exception):
    """The template has no schedule of that name."""


class ScheduleFailedError(Exception):
    """The function ended with an error."""


class Schedules:
    def __init__(self, aws: Aws, deployment: Deployment) -> None:
        self._aws = aws
        self._names = {
            logical: deployment.physical[logical]
            for logical in deployment.of_type("AWS::Scheduler::Schedule")
        }

    def run(self, logical_id: str) -> Any:
        """Invoke the schedule's function and return what it returned.

        `logical_id` is the event's name in template.yaml, or the resource's after translation (the function's
        name and the event's together). Raises UnknownScheduleError, ScheduleFailedError.
        """
        schedule = self._aws.scheduler.get_schedule(Name=self._find(logical_id))
        target = schedule["Target"]
        payload = target.get("Input") or json.dumps(_default_event(schedule["Arn"]))
        answer = self._aws.functions.invoke(FunctionName=target["Arn"], Payload=payload.encode())
        result = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise ScheduleFailedError(f"The function of {logical_id} failed: {result}")
        return result

    def _find(self, wanted: str) -> str:
        exact = [name for logical, name in self._names.items() if wanted in {logical, name}]
        by_event = [name for logical, name in self._names.items() if logical.endswith(wanted)]
        for found in (exact, by_event):
            if len(found) == 1:
                return found[0]
        known = ", ".join(sorted(self._names)) or "none"
        raise UnknownScheduleError(f"The template has no schedule {wanted}. It has: {known}.")


def _default_event(arn: str) -> dict[str, Any]:
    """What Scheduler sends to a function when the schedule names no input of its own."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": REGION,
        "resources": [arn],
        "detail": "{}",
    }
