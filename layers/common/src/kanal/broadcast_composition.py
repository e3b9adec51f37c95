"""Puts the parts of broadcasts together, as `composition` does the others. Entry points only."""

from functools import cache

from kanal import composition as shared
from kanal.aws.clients import client
from kanal.aws.table import Table
from kanal.broadcasts.counting import Counting
from kanal.broadcasts.cutting import Cutting
from kanal.broadcasts.feeding import Feeding
from kanal.broadcasts.files import BroadcastFiles
from kanal.broadcasts.handover import HandingOver
from kanal.broadcasts.importing import Importing
from kanal.broadcasts.jobs import BroadcastQueue
from kanal.broadcasts.listing import Listing
from kanal.broadcasts.making import Making
from kanal.broadcasts.ordering import Ordering
from kanal.broadcasts.rows import Rows
from kanal.broadcasts.steps import Stepping
from kanal.broadcasts.store import BroadcastStore
from kanal.clock import utc_now
from kanal.ids import new_token
from kanal.settings import settings


@cache
def store() -> BroadcastStore:
    return BroadcastStore(_messages_table())


@cache
def rows() -> Rows:
    return Rows(_messages_table())


@cache
def files() -> BroadcastFiles:
    return BroadcastFiles(settings().media_bucket, client("s3"))


@cache
def queue() -> BroadcastQueue:
    return BroadcastQueue(settings().broadcast_queue_url, client("sqs"))


@cache
def making() -> Making:
    return Making(
        shared.channels(),
        shared.templates(),
        shared.uploads(),
        shared.media_bucket(),
        store(),
        files(),
        queue(),
        utc_now,
    )


@cache
def listing() -> Listing:
    return Listing(
        shared.channels(),
        store(),
        rows(),
        shared.messages(),
        files(),
        queue(),
        utc_now,
    )


@cache
def ordering() -> Ordering:
    return Ordering(shared.channels(), store(), queue(), shared.bus(), utc_now)


@cache
def stepping() -> Stepping:
    """All that the steps of broadcasts need."""
    cutting = Cutting(store(), files(), queue(), shared.bus(), utc_now)
    return Stepping(
        broadcasts=store(),
        queue=queue(),
        importing=Importing(cutting, rows(), shared.channels(), shared.contacts(), shared.templates()),
        ordering=ordering(),
        counting=Counting(store(), rows(), shared.messages(), files(), queue(), utc_now),
        feeding=Feeding(ordering(), handing_over(), shared.templates(), shared.send_queue(), new_token),
    )


@cache
def handing_over() -> HandingOver:
    return HandingOver(rows(), shared.contacts(), shared.messages(), shared.lines(), utc_now)


def _messages_table() -> Table:
    return Table(settings().messages_table, client("dynamodb"))
