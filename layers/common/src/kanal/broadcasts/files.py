"""The files of broadcasts, in the bucket of files: one prefix a broadcast.

| key | holds |
|---|---|
| broadcasts/workspace/channel/broadcast id/recipients.csv | what was uploaded, or came in the request |
| .../failures/part.csv | the recipients of a part who got no message, and why |
| .../failures.csv | all of them together |
"""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kanal.aws.files import read_if_there, size_of
from kanal.broadcasts.csvfile import MAX_FILE_BYTES, MAX_ROW_BYTES
from kanal.broadcasts.model import Broadcast

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FORM_LASTS = timedelta(minutes=15)
LINK_LASTS = timedelta(minutes=5)
HEAD_BYTES = 2 * MAX_ROW_BYTES
"""So much of a file is looked at for its first row."""
_PIECE_BYTES = 256 * 1024
_TYPE = "text/csv"


@dataclass(frozen=True)
class Head:
    """What S3 knows of a file, and how it begins."""

    etag: str
    size_bytes: int
    content: bytes


class BroadcastFiles:
    def __init__(self, bucket: str, client: "S3Client") -> None:
        self._bucket = bucket
        self._client = client

    # --- recipients ---

    def form(self, broadcast: Broadcast) -> Mapping[str, Any]:
        """`url` and `fields` of a form with which the file can be uploaded, for FORM_LASTS."""
        return self._client.generate_presigned_post(
            self._bucket,
            _recipients(broadcast),
            Fields={"Content-Type": _TYPE},
            Conditions=[{"Content-Type": _TYPE}, ["content-length-range", 1, MAX_FILE_BYTES]],
            ExpiresIn=int(FORM_LASTS.total_seconds()),
        )

    def put_recipients(self, broadcast: Broadcast, text: str) -> None:
        self._put(_recipients(broadcast), text)

    def head(self, broadcast: Broadcast) -> Head | None:
        """None while nothing was uploaded."""
        key, head = _recipients(broadcast), f"bytes=0-{HEAD_BYTES - 1}"
        answer = read_if_there(self._client, self._bucket, key, Range=head)
        return Head(answer["ETag"], size_of(answer), answer["Body"].read()) if answer else None

    def pieces(self, broadcast: Broadcast, start: int, end: int) -> Iterator[bytes] | None:
        """The bytes from `start` up to `end`; None if the file is not there any more as it was found."""
        etag = broadcast.layout.etag if broadcast.layout else ""
        if start >= end:
            return iter(())
        key, piece = _recipients(broadcast), f"bytes={start}-{end - 1}"
        answer = read_if_there(self._client, self._bucket, key, Range=piece, IfMatch=etag)
        return answer["Body"].iter_chunks(_PIECE_BYTES) if answer else None

    # --- failures ---

    def put_failures(self, broadcast: Broadcast, part: int, failures: Iterable[Sequence[Any]]) -> None:
        self._put(_failures(broadcast, part), csv_text(failures))

    def join_failures(self, broadcast: Broadcast, header: Sequence[str], parts: Iterable[int]) -> None:
        """One file of those of the parts. Holds one part at a time in memory."""
        with tempfile.TemporaryFile() as whole:
            whole.write(csv_text([header]).encode())
            for part in parts:
                answer = self._client.get_object(Bucket=self._bucket, Key=_failures(broadcast, part))
                whole.write(answer["Body"].read())
            whole.seek(0)
            self._client.put_object(
                Bucket=self._bucket,
                Key=_all_failures(broadcast),
                Body=whole,
                ContentType=_TYPE,
                ContentDisposition='attachment; filename="failures.csv"',
            )

    def link_to_failures(self, broadcast: Broadcast) -> str:
        """Whoever has it can get the file for LINK_LASTS."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._bucket, "Key": _all_failures(broadcast)},
            ExpiresIn=int(LINK_LASTS.total_seconds()),
        )

    def _put(self, key: str, text: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=text.encode(), ContentType=_TYPE)


def csv_text(records: Iterable[Sequence[Any]]) -> str:
    """As spreadsheets read it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(records)
    return text.getvalue()


def _prefix(broadcast: Broadcast) -> str:
    ref = broadcast.ref
    return f"broadcasts/{ref.workspace_id}/{ref.channel_id}/{broadcast.id}"


def _recipients(broadcast: Broadcast) -> str:
    return f"{_prefix(broadcast)}/recipients.csv"


def _failures(broadcast: Broadcast, part: int) -> str:
    return f"{_prefix(broadcast)}/failures/{part:05}.csv"


def _all_failures(broadcast: Broadcast) -> str:
    return f"{_prefix(broadcast)}/failures.csv"
