"""A batch of the inbound queue: what one webhook does to those beside it."""

from collections.abc import Callable

from kanal.aws.outbox import Outbox
from kanal.aws.queue import Queue
from kanal.inbox.batch import Batch, process_batch
from tests.integration.hooks import outage
from tests.integration.world import World


def batch_of(world: World, remaining_seconds: Callable[[], float] = lambda: 120.0) -> Batch:
    url, sqs = world.aws.queues["inbound"], world.aws.client("sqs")
    return Batch(world.inbox, Queue(url, sqs), Outbox(url, sqs), world.bucket, remaining_seconds)


def test_a_webhook_that_has_to_wait_comes_again_soon_and_alone(world: World) -> None:
    """Promise 1: what passes is tried again after seconds, and the other webhook of the batch is done."""
    world.connect()
    world.customer_writes("first", sender="4915100000001")
    world.customer_writes("second", sender="4915100000002")
    records = world.aws.take("inbound")
    with outage(world, "dynamodb.GetItem", containing="phone#4915100000001"):
        left, seen = process_batch(batch_of(world), records)
    assert left == [records[0]["messageId"]]
    assert seen == {"message": 1}
    [event] = world.aws.events()
    assert event["detail"]["contact"]["wa_id"] == "4915100000002"


def test_a_batch_whose_time_is_short_gives_back_what_it_cannot_finish(world: World) -> None:
    """One large webhook must not drag its neighbours into the dead-letter queue."""
    world.connect()
    world.customer_writes("first", sender="4915100000001")
    world.customer_writes("second", sender="4915100000002")
    records = world.aws.take("inbound")
    left, seen = process_batch(batch_of(world, lambda: 10.0), records)
    assert left == [records[1]["messageId"]]
    assert seen == {"message": 1}
    assert world.aws.waiting("inbound") == 1


def test_a_record_that_is_no_webhook_of_ours_does_not_stop_the_batch(world: World) -> None:
    """Whatever is put on the queue by hand ends as a dead letter, by itself."""
    world.connect()
    world.customer_writes("first")
    [record] = world.aws.take("inbound")
    stray = {**record, "messageId": "stray", "messageAttributes": {}}
    left, seen = process_batch(batch_of(world), [stray, record])
    assert (left, seen) == (["stray"], {"message": 1})
