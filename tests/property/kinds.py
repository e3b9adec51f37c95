"""What else may happen in a conversation than messages and their statuses, as bodies of webhooks."""

from typing import Any

from hypothesis import strategies as st

from tests.integration.world import PHONE, webhook_body
from tests.property.conversations import ANA, BEN, CLEO, OUTBOUND, Person, inbound, stamp

OWN_NUMBER = PHONE.lstrip("+")
_PEOPLE = st.sampled_from([ANA, BEN, CLEO])


def of_field(field: str, **value: Any) -> Any:
    body = webhook_body(**value)
    body["entry"][0]["changes"][0]["field"] = field
    return body


def _named(draw: st.DrawFn, person: Person, wa_id: str, user_id: str) -> dict[str, Any]:
    """By what a payload of theirs may name, under these keys."""
    named_by = draw(st.sampled_from(person.named_by))
    names = {wa_id: person.wa_id if named_by != "user_id" else None}
    names[user_id] = person.user_id if named_by != "wa_id" else None
    return {key: name for key, name in names.items() if name}


@st.composite
def changes(draw: st.DrawFn, number: int) -> Any:
    """An edit or a revocation of a message that may come before it, after it, or never."""
    original = draw(st.sampled_from(["wamid.in0", "wamid.in1", "wamid.echo0", "wamid.never"]))
    written = {"type": "text", "text": {"body": draw(st.sampled_from(["Bye", "Hi!"]))}}
    kind, content = draw(
        st.sampled_from(
            [
                ("edit", {"original_message_id": original, "message": written}),
                ("revoke", {"original_message_id": original}),
            ]
        )
    )
    change = {"id": f"wamid.change{number}", "timestamp": stamp(draw), "type": kind, kind: content}
    person = draw(_PEOPLE)
    if draw(st.booleans()):
        return webhook_body(messages=[{**change, **_named(draw, person, "from", "from_user_id")}])
    sent = {**change, "from": OWN_NUMBER, **_named(draw, person, "to", "to_user_id")}
    return of_field("smb_message_echoes", message_echoes=[sent])


@st.composite
def echoes(draw: st.DrawFn, number: int) -> Any:
    to = _named(draw, draw(_PEOPLE), "to", "to_user_id")
    echo = {"id": f"wamid.echo{number}", "from": OWN_NUMBER, **to, "timestamp": stamp(draw)}
    kind = draw(st.sampled_from(["text", "image"]))
    return of_field("smb_message_echoes", message_echoes=[{**echo, "type": kind, kind: {"id": number}}])


@st.composite
def of_echoes(draw: st.DrawFn) -> Any:
    """A status of what the app sent, or of what nobody knows."""
    wamid = draw(st.sampled_from(["wamid.echo0", "wamid.echo1", "wamid.foreign"]))
    status = draw(st.sampled_from(["delivered", "read"]))
    return webhook_body(statuses=[{"id": wamid, "status": status, "timestamp": stamp(draw)}])


@st.composite
def of_groups(draw: st.DrawFn) -> Any:
    """A status of one participant, by either spelling."""
    key = draw(st.sampled_from(["recipient_participant_id", "participant_recipient_id"]))
    status = draw(st.sampled_from(["delivered", "read"]))
    about = {"id": draw(st.sampled_from(OUTBOUND)).wamid, "status": status, "timestamp": stamp(draw)}
    group = {"recipient_type": "group", "recipient_id": "g1", key: draw(st.sampled_from(["4930", "4931"]))}
    return webhook_body(statuses=[{**about, **group}])


@st.composite
def of_both_names(draw: st.DrawFn) -> Any:
    """A status that tells who Ana is by both names, or that she wants no marketing, or what is free."""
    about = {"id": draw(st.sampled_from(OUTBOUND)).wamid, "timestamp": stamp(draw)}
    both = {"recipient_id": ANA.wa_id, "recipient_user_id": ANA.user_id}
    free = {"expiration_timestamp": stamp(draw), "origin": {"type": "referral_conversion"}}
    more = draw(st.sampled_from([{}, {"conversation": free}]))
    return webhook_body(
        statuses=[{**about, **both, **more, "status": draw(st.sampled_from(["sent", "read"]))}]
    )


@st.composite
def histories(draw: st.DrawFn, live: list[dict[str, Any]]) -> Any:
    """Overlapping what came live, and telling one message several times: first that there is one."""
    status = draw(st.sampled_from(["SENT", "DELIVERED", "READ", "PENDING"]))
    own = {"id": "wamid.h0", "from": OWN_NUMBER, "to": ANA.wa_id, "timestamp": "1795000000"}
    file = {"id": "wamid.h1", "from": ANA.wa_id, "timestamp": "1795000060"}
    told = [
        {**own, "type": "text", "text": {"body": "Hello"}, "history_context": {"status": status}},
        {**file, "type": "media_placeholder"},
        {**file, "type": "image", "image": {"id": "1", "mime_type": "image/jpeg"}},
        *(message for value in live for message in value["messages"] if message.get("from") == ANA.wa_id),
    ]
    chosen = draw(st.lists(st.sampled_from(told), min_size=1, max_size=3))
    thread = {"id": ANA.wa_id, "messages": chosen}
    return of_field("history", history=[{"metadata": {"phase": 0, "progress": 50}, "threads": [thread]}])


def unavailable(live: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A placeholder for a message that comes, too."""
    [message] = live["messages"]
    kept = {
        key: value for key, value in message.items() if key.startswith("from") or key in ("id", "timestamp")
    }
    missing = {"type": "unsupported", "errors": [{"code": 131060, "title": "Unavailable"}]}
    return st.just(webhook_body(contacts=live["contacts"], messages=[{**kept, **missing}]))


@st.composite
def calls(draw: st.DrawFn, number: int) -> Any:
    person = draw(_PEOPLE)
    about = {"id": f"wacid.{draw(st.integers(0, 1))}", "timestamp": f"179518{number}000"}
    if draw(st.booleans()):
        status = draw(st.sampled_from(["RINGING", "ACCEPTED"]))
        names = _named(draw, person, "recipient_id", "recipient_user_id")
        about["id"] += f"-out{number}"
        return of_field("calls", statuses=[{**about, "type": "call", "status": status, **names}])
    names = _named(draw, person, "from", "from_user_id")
    call = {**about, "event": "connect", "direction": "USER_INITIATED", "to": OWN_NUMBER, **names}
    call["id"] += f"-in{number}"
    return of_field("calls", calls=[call])


@st.composite
def preferences(draw: st.DrawFn) -> Any:
    wish = {"category": "marketing_messages", "value": draw(st.sampled_from(["stop", "resume"]))}
    who = _named(draw, draw(_PEOPLE), "wa_id", "user_id")
    return of_field("user_preferences", user_preferences=[{**wish, **who, "timestamp": int(stamp(draw))}])


@st.composite
def saved_names(draw: st.DrawFn) -> Any:
    who = _named(draw, draw(_PEOPLE), "phone_number", "user_id")
    name = draw(st.sampled_from(["Mia (plumber)", "Mia"]))
    entry = {"type": "contact", "contact": {"full_name": name, **who}, "metadata": {"timestamp": stamp(draw)}}
    action = draw(st.sampled_from(["add", "remove"]))
    return of_field("smb_app_state_sync", state_sync=[{**entry, "action": action}])


@st.composite
def new_numbers(draw: st.DrawFn) -> Any:
    """Cleo takes another number, late enough that nobody else has the old one within these two days."""
    notice = {"type": "user_changed_number", "wa_id": "5511912345678", "user_id": "BR.cleo2"}
    system = {**notice, "previous_user_id": CLEO.user_id}
    about = {"id": "wamid.moved", "from": CLEO.wa_id, "timestamp": stamp(draw, from_hour=30)}
    return webhook_body(messages=[{**about, "type": "system", "system": system}])


@st.composite
def mixtures(draw: st.DrawFn) -> list[Any]:
    """Bodies of a long conversation, of every kind at once."""
    live = [draw(inbound(number)) for number in range(draw(st.integers(2, 4)))]
    bodies = [webhook_body(**value) for value in live]
    kinds = [
        *(changes(number) for number in range(2)),
        *(echoes(number) for number in range(2)),
        *(histories(live) for _ in range(2)),
        *(calls(number) for number in range(2)),
        *(preferences() for _ in range(2)),
        *(saved_names() for _ in range(2)),
        *(of_echoes(), of_groups(), of_both_names(), unavailable(live[0]), new_numbers()),
    ]
    chosen = draw(st.lists(st.sampled_from(range(len(kinds))), min_size=4, max_size=9, unique=True))
    return bodies + [draw(kinds[number]) for number in sorted(chosen)]
