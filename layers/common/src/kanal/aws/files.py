"""Objects of a bucket from their reading side: one that is not there, or not any more, is no error."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_MISSING = frozenset({"NoSuchKey", "AccessDenied", "404", "403"})
"""S3 tells that a key is missing only to those who may list the bucket, and nobody here needs to."""
_CHANGED = frozenset({"PreconditionFailed", "412"})


def read_if_there(client: "S3Client", bucket: str, key: str, **how: Any) -> "GetObjectOutputTypeDef | None":
    """`how` are further parameters of GetObject. With `IfMatch` also None if it is not as it was found."""
    try:
        return client.get_object(Bucket=bucket, Key=key, **how)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING | _CHANGED:
            return None
        raise


def size_of(answer: "GetObjectOutputTypeDef") -> int:
    """In bytes, of the whole object of which a range was read."""
    return int(answer["ContentRange"].rpartition("/")[2])
