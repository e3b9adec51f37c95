"""Which AWS failures pass by themselves."""

from botocore.exceptions import BotoCoreError, ClientError

_PERMANENT = frozenset(
    {"ValidationException", "ValidationError", "InvalidParameterValue", "InvalidMessageContents"}
)
"""AWS refuses the content itself: the same call will be refused again. The second is DynamoDB's word for one
write of a transaction.
"""


def is_passing(error: Exception) -> bool:
    """True for outages, throttles and missing permissions: whoever waits and tries again gets through.

    A missing permission counts as passing because the fix is a deployment, and the data must survive until
    then.
    """
    if isinstance(error, ClientError):
        reasons = error.response.get("CancellationReasons", [])
        return _PERMANENT.isdisjoint([error.response["Error"]["Code"], *(why.get("Code") for why in reasons)])
    return isinstance(error, BotoCoreError)
