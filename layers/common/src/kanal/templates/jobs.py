"""The queue of sync jobs: one a channel, so that one slow or broken channel holds up no other."""

import json
from typing import TYPE_CHECKING

from kanal.ids import ChannelId, ChannelRef, WorkspaceId

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCH = 10
"""SendMessageBatch takes ten."""


class SyncJobs:
    def __init__(self, url: str, client: "SQSClient") -> None:
        self._url = url
        self._client = client

    def put(self, refs: list[ChannelRef]) -> None:
        """Raises RuntimeError naming how many jobs the queue refused; the schedule then tries again."""
        refused = 0
        for start in range(0, len(refs), _BATCH):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(number), "MessageBody": json.dumps(vars(ref)), "MessageGroupId": ref.workspace_id}
                for number, ref in enumerate(refs[start : start + _BATCH])
            ]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            refused += len(answer.get("Failed", []))
        if refused:
            raise RuntimeError(f"{refused} of {len(refs)} sync jobs were not taken by the queue")


def ref_of(body: str) -> ChannelRef:
    """Reads a job."""
    job = json.loads(body)
    return ChannelRef(WorkspaceId(job["workspace_id"]), ChannelId(job["channel_id"]))
