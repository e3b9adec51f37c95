"""One logger and one set of metrics for all functions.

No secret and no message text goes through here: log ids, kinds, counts and codes.
"""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()


def count(name: str, amount: int = 1) -> None:
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=amount)
