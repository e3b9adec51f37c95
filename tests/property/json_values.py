"""JSON values of every kind, and webhook bodies in which any part may be something else than it should be."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
"""Lone surrogates are among the texts of JSON, though UTF-8 cannot carry them."""
WEIRD_TEXT = st.text(st.characters(codec=None, categories=["Cs", "Cc", "Co", "L", "N", "So"]), max_size=20)


PHONES = st.sampled_from(["4915112345678", "5511987654321", 4915112345678, "DE.aB3"])
USER_IDS = st.sampled_from(["DE.aB3", "US.ENT.x9", "nonsense"])
TIMES = st.sampled_from(
    ["1763640000", 1763640000, "1763640000000", 1763640000.5, "soon", "nan", "inf", "1e400"]
)
WAMIDS = st.sampled_from(["wamid.A", "wamid.B", 7, "x" * 600])
UNKNOWN: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.dictionaries(
    st.sampled_from(["x", "errors", "é", "\ud83d"]), ANY_JSON, max_size=1
)


def object_of(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The fields, and now and then one that nobody knows."""
    return st.builds(lambda known, unknown: {**unknown, **known}, st.fixed_dictionaries(fields), UNKNOWN)


CONTACTS = object_of(wa_id=PHONES, user_id=USER_IDS, profile=object_of(name=WEIRD_TEXT, username=WEIRD_TEXT))
MESSAGES = object_of(
    **{
        "from": PHONES,
        "from_user_id": USER_IDS,
        "id": WAMIDS,
        "timestamp": TIMES,
        "type": st.sampled_from(["text", "image", "id", "invented"]),
        "text": object_of(body=WEIRD_TEXT),
    }
)
STATUSES = object_of(
    id=WAMIDS,
    status=st.sampled_from(["sent", "delivered", "failed", "invented", "Not one word"]),
    timestamp=TIMES,
    recipient_id=PHONES,
    biz_opaque_callback_data=WEIRD_TEXT,
    errors=st.lists(ANY_JSON, max_size=2),
    pricing=ANY_JSON,
)
ECHOES = object_of(**{"from": PHONES, "to": PHONES, "to_user_id": USER_IDS, "id": WAMIDS, "timestamp": TIMES})
CHANGES_OF_MESSAGES = object_of(
    id=WAMIDS,
    type=st.sampled_from(["edit", "revoke"]),
    edit=object_of(original_message_id=WAMIDS, message=MESSAGES),
    revoke=object_of(original_message_id=WAMIDS),
)
SYSTEM = object_of(
    **{
        "from": PHONES,
        "id": WAMIDS,
        "type": st.just("system"),
        "system": object_of(
            type=st.sampled_from(["user_changed_number", "user_changed_user_id", "odd"]),
            wa_id=PHONES,
            user_id=USER_IDS,
            previous_user_id=USER_IDS,
        ),
    }
)
CALLS = object_of(
    **{
        "id": WAMIDS,
        "event": st.sampled_from(["connect", "terminate", "CALL_CONNECT"]),
        "direction": st.sampled_from(["USER_INITIATED", "BUSINESS_INITIATED", 1]),
        "from": PHONES,
        "to": PHONES,
        "timestamp": TIMES,
    }
)
PREFERENCES = object_of(
    wa_id=PHONES,
    user_id=USER_IDS,
    category=st.sampled_from(["marketing_messages", "tea"]),
    value=st.sampled_from(["stop", "resume", "signup", "later"]),
    timestamp=TIMES,
)
ID_UPDATES = object_of(
    wa_id=PHONES, user_id=object_of(previous=USER_IDS, current=USER_IDS), parent_user_id=ANY_JSON
)
STATE_SYNC = object_of(
    action=st.sampled_from(["add", "remove"]),
    contact=object_of(full_name=WEIRD_TEXT, phone_number=PHONES, user_id=USER_IDS),
    metadata=object_of(timestamp=TIMES),
)
HISTORY = object_of(
    metadata=object_of(phase=st.integers(0, 2), progress=st.integers(0, 100)),
    threads=st.lists(
        object_of(
            id=PHONES,
            context=object_of(wa_id=PHONES, user_id=USER_IDS),
            messages=st.lists(MESSAGES, max_size=2),
        ),
        max_size=2,
    ),
)
LISTED = st.one_of(
    *(MESSAGES, STATUSES, ECHOES, CHANGES_OF_MESSAGES, SYSTEM, CALLS),
    *(PREFERENCES, ID_UPDATES, STATE_SYNC, HISTORY),
)
"""An entry of any list of items."""
LISTS = {
    "messages": st.lists(MESSAGES | CHANGES_OF_MESSAGES | SYSTEM, max_size=3),
    "statuses": st.lists(STATUSES, max_size=3),
    "errors": st.lists(object_of(code=st.integers()), max_size=2),
    "message_echoes": st.lists(ECHOES, max_size=2),
    "calls": st.lists(CALLS, max_size=2),
    "history": st.lists(HISTORY, max_size=2),
    "state_sync": st.lists(STATE_SYNC, max_size=2),
    "user_preferences": st.lists(PREFERENCES, max_size=2),
    "user_id_update": st.lists(ID_UPDATES, max_size=2),
    "groups": st.lists(ANY_JSON, max_size=2),
}
VALUES = st.builds(
    lambda around, lists: {**around, **lists},
    object_of(
        messaging_product=st.just("whatsapp"),
        metadata=object_of(phone_number_id=st.sampled_from(["1", 1]), display_phone_number=PHONES),
        contacts=st.lists(CONTACTS, max_size=3),
    ),
    st.lists(st.sampled_from(list(LISTS)), max_size=3, unique=True).flatmap(
        lambda keys: st.fixed_dictionaries({key: LISTS[key] for key in keys})
    ),
)
FIELDS = st.sampled_from(
    [
        *("messages", "messages", "messages", "calls", "history", "smb_message_echoes"),
        *("smb_app_state_sync", "user_preferences", "user_id_update", "group_lifecycle_update"),
        *("account_update", "message_template_status_update", "standby", "invented", None),
    ]
)
CHANGES = object_of(field=FIELDS, value=VALUES)
ENTRIES = object_of(id=st.text(max_size=4), changes=st.lists(CHANGES, min_size=1, max_size=2))
BODIES_OF_WHATSAPP = st.fixed_dictionaries(
    {"object": st.just("whatsapp_business_account"), "entry": st.lists(ENTRIES, min_size=1, max_size=2)}
)

_GONE = object()
_JUNK = ANY_JSON | WEIRD_TEXT | st.just(_GONE)
Path = tuple[str | int, ...]


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[Any]) -> Any:
    """A value in which up to three parts, wherever they are, are missing or something else."""
    value = draw(whole)
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(list(_paths(value))))
        value = _replaced(value, path, draw(_JUNK))
    return None if value is _GONE else value


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in steps:
        yield from _paths(part, (*path, step))


def _replaced(value: Any, path: Path, junk: Any) -> Any:
    if not path:
        return junk
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    pairs = [(key, _replaced(part, path[1:], junk) if key == path[0] else part) for key, part in parts]
    left = [(key, part) for key, part in pairs if part is not _GONE]
    return dict(left) if isinstance(value, dict) else [part for _, part in left]


BODIES = damaged(BODIES_OF_WHATSAPP)
