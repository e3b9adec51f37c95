"""Which AWS failures pass by themselves."""

from botocore.exceptions import BotoCoreError, ClientError

_PERMANENT = frozenset({"ValidationException", "InvalidParameterValue", "InvalidMessageContents"})
"""AWS refuses the content itself: the same call will be refused again."""


def is_passing(error: Exception) -> bool:
    """True for outages, throttles and missing permissions: whoever waits and tries again gets through.

    A missing permission counts as passing because the fix is a deployment, and the data must survive until
    then.
    """
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] not in _PERMANENT
    return isinstance(error, BotoCoreError)
