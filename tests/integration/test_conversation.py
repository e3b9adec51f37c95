"""The main job: connect, receive, reply, see it delivered."""

from tests.integration.world import CUSTOMER, World


def test_a_reply_to_a_customer_goes_out_and_is_seen_delivered(world: World) -> None:
    """Connect a number, receive, reply, and follow the reply to its reading."""
    channel = world.connect()
    world.customer_writes("Is my order there?")
    world.process_all()
    [received] = world.aws.events()
    assert received["detail-type"] == "message.received"
    assert received["detail"]["message"]["text"] == {"body": "Is my order there?"}
    assert received["detail"]["contact"]["profile_name"] == "Mia"

    reply = world.send_text(channel, "reply-1", "Yes, it is.")
    assert reply.state == "queued"
    world.work()
    [sent] = world.accepted_by_provider()
    assert sent["body"]["to"] == f"+{CUSTOMER}"
    assert world.message(channel, reply.id).state == "sent"

    at = world.clock()
    assert world.deliver(world.status(sent["wamid"], "delivered", at)) == 200
    assert world.deliver(world.status(sent["wamid"], "read", at)) == 200
    world.process_all()
    assert world.message(channel, reply.id).state == "read"
    reported = [event["detail"] for event in world.aws.events()]
    assert [detail["status"] for detail in reported] == ["delivered", "read"]
    assert all(detail["message"]["id"] == reply.id for detail in reported)
