"""Every connected channel gets a turn now and then: what was left between two writes goes on."""

from kanal.sending.rounds import sweep
from tests.integration.numbers import connect, second_number
from tests.integration.outbound import SendLine, ready, taken_by_provider, waiting_in_lines
from tests.integration.world import World


def test_a_message_whose_turn_was_lost_goes_out_with_the_next_sweep(world: World) -> None:
    """The request that accepted it died between its last two writes, and nobody repeated it."""
    channel = ready(world)
    world.send_text(channel, "key-1")
    for record in world.aws.take("send"):
        world.aws.delete("send", record)
    assert len(waiting_in_lines(world)) == 1
    assert sweep(world.channels, world.send_queue) == 1
    SendLine(world).run_to_end()
    assert len(taken_by_provider(world)) == 1


def test_channels_get_their_turns_ten_at_a_time(world: World) -> None:
    """Ten thousand channels are a thousand calls, in a minute with room to spare; and nobody is left out."""
    ready(world)
    connect(world, name="Sales", api_key=second_number(world))
    before = len(world.aws.calls)
    assert sweep(world.channels, world.send_queue) == 2
    sent = [given for call, given in world.aws.calls[before:] if call.startswith("sqs.SendMessage")]
    assert [len(given["Entries"]) for given in sent] == [2]
