"""JSON values of every kind, and webhook bodies in which any part may be something else than it should be."""

from typing import Any

from hypothesis import strategies as st

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
"""Lone surrogates are among the texts of JSON, though UTF-8 cannot carry them."""
WEIRD_TEXT = st.text(st.characters(codec=None, categories=["Cs", "Cc", "Co", "L", "N", "So"]), max_size=20)


def or_junk(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly as it should be."""
    return strategy | strategy | strategy | ANY_JSON | WEIRD_TEXT


def some_of(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object in which each field may be missing, and fields nobody knows may be added."""
    known = st.fixed_dictionaries({}, optional={name: or_junk(value) for name, value in fields.items()})
    unknown = st.dictionaries(st.text(max_size=6), ANY_JSON, max_size=2)
    return st.builds(lambda one, other: {**other, **one}, known, unknown)


PHONES = st.sampled_from(["4915112345678", "5511987654321", 4915112345678, "DE.aB3", ""])
USER_IDS = st.sampled_from(["DE.aB3", "US.ENT.x9", "nonsense"])
TIMES: st.SearchStrategy[Any] = (
    st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False)
    | st.sampled_from(["1763640000", 1763640000, "1763640000000", "soon", "", "nan", "inf", "1e400"])
)
WAMIDS = st.sampled_from(["wamid.A", "wamid.B", 7, "", "x" * 600])

CONTACTS = some_of(
    wa_id=PHONES, user_id=USER_IDS, profile=some_of(name=WEIRD_TEXT, username=st.text(max_size=5))
)
MESSAGES = some_of(
    **{
        "from": PHONES,
        "from_user_id": USER_IDS,
        "id": WAMIDS,
        "timestamp": TIMES,
        "type": st.sampled_from(["text", "image", "id", "invented", ""]) | WEIRD_TEXT,
        "text": some_of(body=WEIRD_TEXT),
        "group_id": st.just("group"),
    }
)
STATUSES = some_of(
    id=WAMIDS,
    status=st.sampled_from(["sent", "delivered", "failed", "invented", "Not a word", ""]),
    timestamp=TIMES,
    recipient_id=PHONES,
    recipient_user_id=USER_IDS,
    biz_opaque_callback_data=WEIRD_TEXT,
    errors=st.lists(ANY_JSON, max_size=2),
    pricing=ANY_JSON,
)
VALUES = some_of(
    messaging_product=st.just("whatsapp"),
    metadata=some_of(phone_number_id=st.sampled_from(["1", 1, True])),
    contacts=st.lists(or_junk(CONTACTS), max_size=3),
    messages=st.lists(or_junk(MESSAGES), max_size=3),
    statuses=st.lists(or_junk(STATUSES), max_size=3),
    errors=st.lists(or_junk(some_of(code=st.integers())), max_size=2),
    calls=st.lists(ANY_JSON, max_size=2),
)
CHANGES = some_of(
    field=st.sampled_from(["messages", "messages", "account_update", "calls", None]), value=VALUES
)
ENTRIES = some_of(id=st.text(max_size=4), changes=st.lists(or_junk(CHANGES), max_size=2))
BODIES = or_junk(
    some_of(
        object=st.just("whatsapp_business_account"), entry=st.lists(or_junk(ENTRIES), min_size=1, max_size=2)
    )
)
