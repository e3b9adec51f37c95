"""What may happen to a number in two days: people write, messages go out, WhatsApp reports on them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from hypothesis import strategies as st

from kanal.ids import MessageId, Wamid, derived_token
from tests.integration.world import webhook_body

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_HOURS = st.integers(0, 48)
"""Whole hours, so that ties are common."""


@dataclass(frozen=True)
class Person:
    wa_id: str | None
    user_id: str | None
    named_by: tuple[Literal["both", "wa_id", "user_id"], ...]
    """What a payload of theirs may name."""


# Ana and Cleo are sometimes named by phone number alone and sometimes by user id alone: two contacts, until a
# payload names both. (We write to Ana by phone number.)
ANA = Person("4915112345678", "DE.ana", ("both", "wa_id", "user_id"))
BEN = Person(None, "DE.ben", ("user_id",))
CLEO = Person("5511987654321", "BR.cleo", ("both", "wa_id", "user_id"))


@dataclass(frozen=True)
class Outbound:
    """A message of ours to Ana that the provider takes."""

    number: int

    @property
    def id(self) -> MessageId:
        return MessageId("msg_" + derived_token(str(self.number)))

    @property
    def wamid(self) -> Wamid:
        return Wamid(f"wamid.out{self.number}")


OUTBOUND = (Outbound(1), Outbound(2))

_Step = Literal["recorded", "linked"]
Happening = tuple[Literal["body"], Any, datetime] | tuple[_Step, Outbound, datetime]
"""A webhook body and when it reached us; or our sender records the provider's answer, or looks for statuses
that came before it.
"""


@st.composite
def inbound(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """A message with its contact, as values of a webhook."""
    person = draw(st.sampled_from([ANA, BEN, CLEO]))
    named_by = draw(st.sampled_from(person.named_by))
    kind = draw(st.sampled_from(["text", "text", "image", "reaction", "system", "invented"]))
    message: dict[str, Any] = {
        "id": f"wamid.in{number}",
        "timestamp": stamp(draw),
        "type": kind,
        kind: {"number": number},
    }
    contact: dict[str, Any] = {"profile": {"name": draw(st.sampled_from(["Mia", "Mia S.", "\U0001f98a"]))}}
    if named_by != "user_id":
        message["from"] = contact["wa_id"] = person.wa_id
    if named_by != "wa_id":
        message["from_user_id"] = contact["user_id"] = person.user_id
    return {"contacts": [contact], "messages": [message]}


@st.composite
def reports(draw: st.DrawFn, message: Outbound) -> list[dict[str, Any]]:
    """Statuses of one message. It fails once at most, and WhatsApp may contradict itself in all else."""
    names = draw(
        st.lists(
            st.sampled_from(["sent", "sent", "delivered", "read", "deleted", "invented"]),
            min_size=1,
            max_size=4,
        )
    )
    failed = draw(st.sampled_from([None, 131026, 131047, 131047]))
    statuses: list[dict[str, Any]] = [{"status": name} for name in names]
    statuses += [{"status": "failed", "errors": [{"code": failed, "title": "No"}]}] if failed else []
    for status in statuses:
        status.update({"id": message.wamid, "timestamp": stamp(draw), "recipient_id": ANA.wa_id})
        if draw(st.booleans()):
            status["biz_opaque_callback_data"] = message.id
        if draw(st.booleans()):
            status["recipient_user_id"] = ANA.user_id
        if draw(st.booleans()):
            status["pricing"] = {"billable": draw(st.booleans())}
    return statuses


def stamp(draw: st.DrawFn, from_hour: int = 0) -> str:
    hour = max(from_hour, draw(_HOURS))
    return str(int((START + timedelta(hours=hour)).timestamp()))


def with_sender(bodies: list[Any]) -> list[Happening]:
    """The bodies, minute by minute, and the steps of our own sender."""
    happenings: list[Happening] = [
        ("body", body, START + timedelta(minutes=number)) for number, body in enumerate(bodies)
    ]
    for message in OUTBOUND:
        happenings += [("recorded", message, START), ("linked", message, START)]
    return happenings


@st.composite
def conversations(draw: st.DrawFn) -> list[Happening]:
    """In some order. Each body carries one thing, or a message and some statuses at once."""
    statuses = [status for message in OUTBOUND for status in draw(reports(message))]
    messages = [draw(inbound(number)) for number in range(draw(st.integers(1, 4)))]
    together = draw(st.integers(0, len(statuses)))
    values = [{**messages[0], "statuses": statuses[:together]}, *messages[1:]]
    values += [{"statuses": [status]} for status in statuses[together:]]
    return with_sender([webhook_body(**value) for value in values])
