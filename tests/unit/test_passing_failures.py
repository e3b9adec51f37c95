"""Which failures of AWS pass: what does not is set aside, so that it holds up nothing else."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from kanal.aws.failures import is_passing


def _error(code: str, *reasons: str) -> ClientError:
    response: Any = {"Error": {"Code": code}, "CancellationReasons": [{"Code": reason} for reason in reasons]}
    return ClientError(response, "TransactWriteItems")


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (_error("ThrottlingException"), True),
        (_error("AccessDeniedException"), True),
        (EndpointConnectionError(endpoint_url="https://dynamodb"), True),
        (_error("TransactionCanceledException", "None", "ThrottlingError"), True),
        (_error("TransactionCanceledException", "None", "ValidationError"), False),
        (_error("ValidationException"), False),
        (ValueError(), False),
    ],
)
def test_what_aws_refuses_for_its_content_does_not_pass(error: Exception, *, passes: bool) -> None:
    """An item or key too large is told otherwise for a write in a transaction."""
    assert is_passing(error) is passes
