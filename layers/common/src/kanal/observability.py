"""One logger and one set of metrics for all functions.

No secret and no message text goes through here: log ids, kinds, counts and codes. An exception's words may
quote what it was given, so they are not logged either: its type and where it came from are.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()


def count(name: str, amount: int = 1) -> None:
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=amount)


def log_failure(message: str, error: BaseException, **ids: str) -> None:
    """Type and place of an exception, without its words."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    logger.error(message, extra={"error": type(error).__name__, "at": places[-12:], **ids})


@contextmanager
def failures_logged(message: str, **ids: str) -> Iterator[None]:
    """Logs what is raised inside, and lets it go on."""
    try:
        yield
    except Exception as error:
        log_failure(message, error, **ids)
        raise
