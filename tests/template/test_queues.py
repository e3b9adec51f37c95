"""Every queue: encrypted, with a dead-letter queue that outlives it, patient, and watched."""

from datetime import timedelta
from typing import Any

from kanal.media.budget import FETCH_LASTS, SECOND
from kanal.media.model import AVAILABLE_FOR
from kanal.sending.deliver import ATTEMPT_LASTS
from kanal.sending.drain import LONGEST
from kanal.sending.lineleases import LEASE_LASTS
from tests.template.stack import Stack, names_in

_QUEUE = "AWS::SQS::Queue"


def _dead_letter_queue(properties: dict[str, Any]) -> str:
    name: str = properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    return name


def _consumed(stack: Stack) -> dict[str, dict[str, Any]]:
    return {name: each for name, each in stack.made(_QUEUE).items() if "RedrivePolicy" in each}


def _dead_letter_queues(stack: Stack) -> set[str]:
    return stack.made(_QUEUE).keys() - _consumed(stack).keys()


def test_every_queue_is_encrypted(stack: Stack) -> None:
    assert stack.made(_QUEUE)
    assert not [
        name for name, each in stack.made(_QUEUE).items() if each.get("SqsManagedSseEnabled") is not True
    ]


def test_every_consumed_queue_has_a_dead_letter_queue_of_its_own(stack: Stack) -> None:
    pairs = {name: _dead_letter_queue(each) for name, each in _consumed(stack).items()}
    fed = {
        name
        for mapping in stack.made("AWS::Lambda::EventSourceMapping").values()
        for name in names_in(mapping["EventSourceArn"])
    }
    assert fed == pairs.keys()
    assert len(set(pairs.values())) == len(pairs)
    assert set(pairs.values()) <= _dead_letter_queues(stack)


def test_dead_letters_outlive_the_queue_they_come_from(stack: Stack) -> None:
    queues = stack.made(_QUEUE)
    for name, each in _consumed(stack).items():
        dead = queues[_dead_letter_queue(each)]
        assert dead["MessageRetentionPeriod"] >= each["MessageRetentionPeriod"] + 6 * 86400, name
        assert dead.get("FifoQueue") == each.get("FifoQueue"), name
        assert dead.get("MaximumMessageSize") == each.get("MaximumMessageSize"), name


def test_no_message_shows_up_again_while_it_is_being_handled(stack: Stack) -> None:
    functions = stack.made("AWS::Lambda::Function")
    for mapping in stack.made("AWS::Lambda::EventSourceMapping").values():
        queue = stack.made(_QUEUE)[next(iter(names_in(mapping["EventSourceArn"])))]
        target = next(iter(names_in(mapping["FunctionName"])))
        timeout = functions[target.removesuffix("Aliaslive")]["Timeout"]
        assert queue["VisibilityTimeout"] >= 6 * timeout, target


def test_consumers_report_each_failed_message(stack: Stack) -> None:
    mappings = stack.made("AWS::Lambda::EventSourceMapping")
    assert not [
        name
        for name, each in mappings.items()
        if each.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]
    ]


def test_waiting_for_a_file_makes_no_job_a_dead_letter(stack: Stack) -> None:
    assert stack.made(_QUEUE)["MediaQueue"]["RedrivePolicy"]["maxReceiveCount"] == 1000


def test_a_lease_of_lines_is_shorter_than_the_life_of_a_worker(stack: Stack) -> None:
    """A worker has time to send for as long as it may, and to end what it began."""
    timeout = timedelta(seconds=stack.made("AWS::Lambda::Function")["SendWorkerFunction"]["Timeout"])
    assert timeout > LONGEST + ATTEMPT_LASTS
    assert ATTEMPT_LASTS < LEASE_LASTS < timeout


def test_the_end_of_a_file_that_never_came_is_recorded_before_its_job_vanishes(stack: Stack) -> None:
    retention = timedelta(seconds=stack.made(_QUEUE)["MediaQueue"]["MessageRetentionPeriod"])
    assert retention >= AVAILABLE_FOR + timedelta(hours=12)


def test_a_fetch_ends_before_its_reservation_of_errors(stack: Stack) -> None:
    assert stack.made("AWS::Lambda::Function")["MediaFetchFunction"]["Timeout"] * SECOND <= FETCH_LASTS


def test_every_dead_letter_queue_rings_when_it_is_not_empty(stack: Stack) -> None:
    watched = {
        name
        for alarm in stack.made("AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 0)
        and alarm["ComparisonOperator"] == "GreaterThanThreshold"
        for name in names_in(alarm["Dimensions"])
    }
    assert watched == _dead_letter_queues(stack)


def test_every_alarm_can_tell_somebody(stack: Stack) -> None:
    alarms = stack.made("AWS::CloudWatch::Alarm")
    assert not [
        name for name, each in alarms.items() if "AlarmTopicArn" not in set(names_in(each["AlarmActions"]))
    ]


def test_every_schedule_keeps_what_it_could_not_run(stack: Stack) -> None:
    for name, each in stack.made("AWS::Scheduler::Schedule").items():
        dead = set(names_in(each["Target"]["DeadLetterConfig"]))
        assert dead <= _dead_letter_queues(stack), name
        assert dead, name
