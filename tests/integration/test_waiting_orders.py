"""A message that waits ends the same, whatever looks at it, how often, and in which order."""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kanal.channels.model import Channel
from kanal.errors import MessageNotCancellable
from kanal.sending.cancel import Cancelling, cancel_message
from kanal.sending.due import Due
from kanal.sending.placing import let_go
from kanal.sending.release import Releasing, look_at
from tests.integration.outbound import SendLine, fail, taken_by_provider
from tests.integration.test_options import INSTEAD, greeting, left_behind
from tests.integration.world import World

pytestmark = pytest.mark.slow
_numbers = itertools.count()


class Player:
    """One message to a customer of its own, and all that can happen to it."""

    def __init__(self, world: World, channel: Channel, **options: Any) -> None:
        self.world, self.channel = world, channel
        self.customer = f"49151{next(_numbers):08d}"
        body = {"to": f"+{self.customer}", "type": "text", "text": {"body": "Hello"}, **options}
        self.message = world.send(channel, self.customer, body)
        self.cancelled = False

    def look(self) -> None:
        now = self.world.clock()
        look_at(
            Releasing(self.world.places, self.world.bus),
            Due(self.channel.ref, self.message.id, now, noted_at=now),
        )

    def let_go(self) -> None:
        let_go(self.world.places, self.channel.ref, self.message.contact_id)

    def reply(self) -> None:
        self.world.customer_writes(sender=self.customer)
        self.world.process_all()

    def work(self) -> None:
        SendLine(self.world).run_to_end()

    def cancel(self) -> None:
        parts = Cancelling(self.world.channels, self.world.places, self.world.bus)
        try:
            cancel_message(parts, self.channel.ref, self.message.id)
            self.cancelled = True
        except MessageNotCancellable:
            return

    def report(self) -> None:
        """What the provider took, WhatsApp reports."""
        for taken in taken_by_provider(self.world, self.customer):
            ours = {"biz_opaque_callback_data": self.message.id, "recipient_id": self.customer}
            self.world.deliver(self.world.status(taken["wamid"], "delivered", self.world.clock(), **ours))
        self.world.process_all()

    def end(self) -> str:
        """Everything once more, in the order of a quiet day."""
        for _ in range(2):
            self.world.clock.advance(seconds=61)
            self.let_go()
            self.look()
            self.work()
        self.report()
        return str(self.world.message(self.channel, self.message.id).state)


_HAPPENINGS: dict[str, Callable[[Player], None]] = {
    "look": Player.look,
    "let go": Player.let_go,
    "reply": Player.reply,
    "work": Player.work,
    "cancel": Player.cancel,
    "report": Player.report,
}
_DAYS = st.lists(st.sampled_from(sorted(_HAPPENINGS)), max_size=9)
_SETTINGS = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _play(player: Player, day: list[str]) -> Iterator[None]:
    for happening in day:
        _HAPPENINGS[happening](player)
        yield


@_SETTINGS
@given(day=_DAYS, kind=st.sampled_from(["for later", "for a reply"]))
def test_a_waiting_message_goes_once_or_is_cancelled(world: World, day: list[str], kind: str) -> None:
    """Delivered with one copy, or cancelled with none; nothing stays in any line, seat or room."""
    channel = getattr(world, "channel", None) or greeting(world)
    world.channel = channel  # type: ignore[attr-defined]  # one for all examples
    soon = (world.clock() + timedelta(hours=1)).isoformat()
    options = {"send_at": soon, "if_window_closed": INSTEAD}
    player = Player(
        world, channel, **(options if kind == "for later" else {"if_window_closed": "park_until_reply"})
    )
    world.clock.advance(hours=1)
    for _ in _play(player, day):
        pass
    if kind == "for a reply" and not player.cancelled:
        player.reply()
    ends = player.end()
    copies = len(taken_by_provider(world, player.customer))
    assert (ends, copies) == (("cancelled", 0) if player.cancelled else ("delivered", 1))
    assert [key for key in left_behind(world) if not key.startswith("due#")] == []


@_SETTINGS
@given(day=_DAYS, policy=st.sampled_from(["hold", "resend", "fail"]), taken=st.booleans())
def test_a_doubt_that_a_status_settles_is_settled_by_it(
    world: World, day: list[str], policy: str, taken: bool
) -> None:
    """With `hold` and `fail` no copy more than was taken, with `resend` at least one."""
    channel = getattr(world, "channel", None) or greeting(world)
    world.channel = channel  # type: ignore[attr-defined]
    fail(world, kind="drop", accepted=taken)
    player = Player(world, channel, on_unconfirmed=policy, if_window_closed=INSTEAD)
    player.work()
    world.clock.advance(minutes=11)
    for _ in _play(player, [each for each in day if each != "cancel"]):
        pass
    ends, copies = player.end(), len(taken_by_provider(world, player.customer))
    if policy != "resend":
        assert copies == taken
    assert copies >= (policy == "resend")
    lost = {"hold": "unconfirmed", "fail": "failed"}
    assert ends == ("delivered" if copies else lost[policy])
