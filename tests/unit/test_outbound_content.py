"""Each kind of outbound message: what is taken as it is, and each rule in words."""

from typing import Any

import pytest

from scripts.messages import MESSAGES
from tests.outbound_bodies import GONE, SEND, changed, refusals

_I = "/interactive"
_ACTION = f"{_I}/action"
_CARD = f"{_ACTION}/cards/1"
_PART = "/template/components"
_UPLOAD = (
    "must be an id of Kanal (med_...): upload the file through POST /v1/channels/{channel_id}/media, or give"
    " a link. Media ids of WhatsApp or 360dialog are not taken"
)
_ONE_FILE = "needs either an id (of an upload to POST /v1/channels/{channel_id}/media) or a link, not both"
_HTTPS = "must be an https address without spaces, such as https://example.com/a"
_UNKNOWN = "is not known here; remove it"
_TITLED = "is required: with more than one section each needs a title"
_ALIKE = "must be built as the first card is: the same header and the same buttons on all cards"
_TWICE = "is used twice; each {} must be different"
_PRODUCTS = [{"product_retailer_id": "x"}] * 16
_NAME = "needs another part beside formatted_name: first_name, last_name, middle_name, prefix, suffix"
_ACTIONS = (
    "needs either name and parameters (a URL button), or buttons (quick replies),"
    " or catalog_id and product_retailer_id (a product)"
)
_WAMID = "wamid.HBgNNDkxNTExMjM0NTY3OBUCABEYEjQ"


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_each_kind_is_taken_as_it_is(name: str) -> None:
    """What will be sent is what the caller wrote; only the language's one policy is added."""
    body = MESSAGES[name]
    taken = SEND.validate_python(body).as_json()
    if taken["type"] == "template":
        assert taken["template"]["language"].pop("policy") == "deterministic"
    assert taken == body


TAKEN: list[tuple[str, list[tuple[str, Any]]]] = [
    ("text", [("/text/preview_url", False)]),
    ("text that answers", [("/context/message_id", _WAMID)]),
    ("reaction", [("/reaction/message_id", _WAMID)]),
    ("reaction", [("/reaction/emoji", "👩🏽‍❤️‍💋‍👩🏽")]),
    ("reaction", [("/reaction/emoji", "1️⃣")]),
    ("voice", [("/audio/voice", False)]),
    ("location", [("/location/latitude", 0), ("/location/name", GONE), ("/location/address", GONE)]),
    ("reply buttons", [(f"{_I}/header", {"type": "video", "video": {"link": "https://example.com/a.mp4"}})]),
    ("link", [(f"{_ACTION}/parameters/url", "http://example.com")]),
    ("list", [(f"{_ACTION}/sections/1", GONE), (f"{_ACTION}/sections/0/title", GONE)]),
    ("product", [(f"{_I}/body", GONE)]),
    ("catalog", [(f"{_ACTION}/parameters", GONE)]),
    ("call button", [(f"{_ACTION}/parameters", GONE)]),
    ("call permission request", [(f"{_I}/body", GONE)]),
    ("flow", [(f"{_ACTION}/parameters/flow_id", GONE), (f"{_ACTION}/parameters/flow_name", "booking")]),
    ("flow", [(f"{_ACTION}/parameters/flow_action_payload/data", {"deep": [{"er": None}]})]),
    ("carousel of links", [(f"{_ACTION}/cards/0/type", GONE), (f"{_ACTION}/cards/0/body", GONE)]),
    ("template", [(f"{_PART}", GONE)]),
    ("template", [(f"{_PART}/0/parameters", GONE)]),
    ("template", [("/template/language/code", "fil")]),
    ("template with flow and call", [(f"{_PART}/0/parameters", [])]),
]


@pytest.mark.parametrize(("example", "changes"), TAKEN)
def test_what_may_be_left_out_or_be_otherwise_is_taken(example: str, changes: list[tuple[str, Any]]) -> None:
    """What WhatsApp takes is never refused here."""
    assert refusals(changed(example, *changes)) == []


def test_null_is_as_if_left_out() -> None:
    """Many clients write null for what they do not set."""
    body = changed("image", ("/image/caption", None), ("/image/id", None), ("/context", None))
    assert SEND.validate_python(body).as_json()["image"] == {"link": MESSAGES["image"]["image"]["link"]}


def test_a_button_index_may_be_a_number() -> None:
    """WhatsApp's own examples write it both ways; it is sent as text."""
    body = changed("one-time code", (f"{_PART}/1/index", 0))
    assert SEND.validate_python(body).as_json()["template"]["components"][1]["index"] == "0"


REFUSED: list[tuple[str, list[tuple[str, Any]], list[tuple[str, str]]]] = [
    # media
    ("image", [("/image", {})], [("/image", _ONE_FILE)]),
    ("image", [("/image/id", "med_" + "a" * 26)], [("/image", _ONE_FILE)]),
    ("uploaded image", [("/image/id", "1234567890")], [("/image/id", _UPLOAD)]),
    ("uploaded image", [("/image/id", "med_" + "a" * 26 + "\n")], [("/image/id", _UPLOAD)]),
    ("image", [("/image/link", "http://example.com/a.png")], [("/image/link", _HTTPS)]),
    ("image", [("/image/link", "https://")], [("/image/link", _HTTPS)]),
    ("image", [("/image/link", "https://example.com/a b")], [("/image/link", _HTTPS)]),
    ("image", [("/image/filename", "a.png")], [("/image/filename", _UNKNOWN)]),
    ("audio", [("/audio/caption", "Song")], [("/audio/caption", _UNKNOWN)]),
    ("sticker", [("/sticker/caption", "Smile")], [("/sticker/caption", _UNKNOWN)]),
    ("image", [("/image/voice", True)], [("/image/voice", _UNKNOWN)]),
    ("voice", [("/audio/voice", "yes")], [("/audio/voice", "must be true or false")]),
    ("image", [("/image/caption", " ")], [("/image/caption", "must not be blank")]),
    (
        "reply buttons",
        [(f"{_I}/header/image", {"id": "7"})],
        [(f"{_I}/header/image/id", _UPLOAD)],
    ),
    # text, location, contacts, reaction, context
    ("text", [("/text/body", "\ud800")], [("/text/body", "holds half of a character (a lone surrogate)")]),
    ("text", [("/text/preview_url", 1)], [("/text/preview_url", "must be true or false")]),
    ("location", [("/location/latitude", "52.5")], [("/location/latitude", "must be a number")]),
    ("location", [("/location/longitude", True)], [("/location/longitude", "must be a number")]),
    ("location", [("/location/latitude", GONE)], [("/location/latitude", "is required")]),
    (
        "contacts",
        [("/contacts/0/name/first_name", GONE)],
        [("/contacts/0/name", _NAME)],
    ),
    (
        "contacts",
        [("/contacts/0/name/formatted_name", GONE)],
        [("/contacts/0/name/formatted_name", "is required")],
    ),
    (
        "contacts",
        [("/contacts/0/phones/0/wa_id", "+4915112345678")],
        [("/contacts/0/phones/0/wa_id", "must be 7 to 15 digits, without +")],
    ),
    (
        "contacts",
        [("/contacts/0/birthday", "10 December")],
        [("/contacts/0/birthday", "must be a date, such as 1990-12-31")],
    ),
    ("contacts", [("/contacts/0/nickname", "A")], [("/contacts/0/nickname", _UNKNOWN)]),
    ("contacts", [("/contacts", {})], [("/contacts", "must be a list")]),
    (
        "reaction",
        [("/reaction/emoji", "nice")],
        [("/reaction/emoji", "must be one emoji; an empty text takes the reaction back")],
    ),
    ("reaction", [("/reaction/emoji", GONE)], [("/reaction/emoji", "is required")]),
    ("reaction", [("/context", {"message_id": _WAMID})], [("/context", _UNKNOWN)]),
    (
        "text that answers",
        [("/context/message_id", "no id")],
        [("/context/message_id", "must be a message's id: of Kanal (msg_...) or of WhatsApp (wamid...)")],
    ),
    ("text that answers", [("/context", _WAMID)], [("/context", "must be an object")]),
    # interactive
    (
        "reply buttons",
        [(f"{_ACTION}/buttons/1/reply", {"id": "yes", "title": "Yes"})],
        [
            (f"{_ACTION}/buttons/1/reply/id", _TWICE.format("id")),
            (f"{_ACTION}/buttons/1/reply/title", _TWICE.format("title")),
        ],
    ),
    (
        "list",
        [(f"{_ACTION}/sections/1/rows/0/id", "t")],
        [(f"{_ACTION}/sections/1/rows/0/id", _TWICE.format("row id"))],
    ),
    ("list", [(f"{_ACTION}/sections/0/title", GONE)], [(f"{_ACTION}/sections/0/title", _TITLED)]),
    (
        "list",
        [(f"{_ACTION}/sections/1/rows", [{"id": f"r{at}", "title": "Row"} for at in range(10)])],
        [(f"{_ACTION}/sections", "must have at most 10 rows in all, it has 11")],
    ),
    (
        "list",
        [(f"{_I}/header", {"type": "image", "image": {"link": "https://example.com/a.png"}})],
        [(f"{_I}/header", "must be of type text: a list takes no image header")],
    ),
    ("location request", [(f"{_I}/footer", {"text": "x"})], [(f"{_I}/footer", _UNKNOWN)]),
    ("product", [(f"{_I}/header", {"type": "text", "text": "x"})], [(f"{_I}/header", _UNKNOWN)]),
    ("carousel of links", [(f"{_I}/footer", {"text": "x"})], [(f"{_I}/footer", _UNKNOWN)]),
    ("contact info request", [(f"{_I}/body", GONE)], [(f"{_I}/body", "is required")]),
    (
        "contact info request",
        [(f"{_ACTION}/name", "contact_request")],
        [(f"{_ACTION}/name", "must be request_contact_info")],
    ),
    (
        "link",
        [(f"{_ACTION}/parameters/url", "example.com")],
        [(f"{_ACTION}/parameters/url", "must be a web address with https:// (or http://), without spaces")],
    ),
    (
        "flow",
        [(f"{_ACTION}/parameters/flow_name", "booking")],
        [(f"{_ACTION}/parameters", "needs either a flow_id or a flow_name, not both")],
    ),
    (
        "flow",
        [(f"{_ACTION}/parameters/flow_id", GONE)],
        [(f"{_ACTION}/parameters", "needs either a flow_id or a flow_name, not both")],
    ),
    (
        "flow",
        [(f"{_ACTION}/parameters/flow_action", "data_exchange")],
        [
            (
                f"{_ACTION}/parameters/flow_action_payload",
                "is only for the flow_action navigate; remove it, the flow asks your endpoint",
            )
        ],
    ),
    (
        "flow",
        [(f"{_ACTION}/parameters/flow_action_payload/data", {})],
        [(f"{_ACTION}/parameters/flow_action_payload/data", "must not be empty")],
    ),
    (
        "flow",
        [(f"{_ACTION}/parameters/flow_action_payload/data", {"name": ["\udc00"]})],
        [(f"{_ACTION}/parameters/flow_action_payload/data", "holds half of a character (a lone surrogate)")],
    ),
    (
        "flow",
        [(f"{_ACTION}/parameters/flow_message_version", 3)],
        [(f"{_ACTION}/parameters/flow_message_version", "must be 3")],
    ),
    ("product list", [(f"{_I}/header", GONE)], [(f"{_I}/header", "is required")]),
    (
        "product list",
        [(f"{_I}/header", {"type": "video", "video": {"link": "https://example.com/a.mp4"}})],
        [(f"{_I}/header", "must be of type text: a product list takes no video header")],
    ),
    (
        "product list",
        [(f"{_ACTION}/sections", [{"title": str(at), "product_items": _PRODUCTS} for at in range(2)])],
        [(f"{_ACTION}/sections", "must have at most 30 products in all, it has 32")],
    ),
    (
        "product list",
        [(f"{_ACTION}/sections", [{"product_items": _PRODUCTS[:1]} for _ in range(2)])],
        [(f"{_ACTION}/sections/0/title", _TITLED), (f"{_ACTION}/sections/1/title", _TITLED)],
    ),
    # carousels
    (
        "carousel of links",
        [(f"{_CARD}/card_index", 0)],
        [(f"{_CARD}/card_index", _TWICE.format("card_index"))],
    ),
    (
        "carousel of links",
        [(f"{_CARD}/header", {"type": "video", "video": {"link": "https://example.com/a.mp4"}})],
        [(_CARD, _ALIKE)],
    ),
    (
        "carousel of links",
        [(f"{_CARD}/header", GONE)],
        [(f"{_CARD}/header", "is required: an image or a video")],
    ),
    (
        "carousel of links",
        [(f"{_CARD}/header", {"type": "text", "text": "x"})],
        [(f"{_CARD}/header", "must be of type image or video: a card takes no text header")],
    ),
    (
        "carousel of links",
        [(f"{_CARD}/action/parameters", GONE)],
        [(f"{_CARD}/action", _ACTIONS)],
    ),
    (
        "carousel of links",
        [(f"{_CARD}/type", "product")],
        [(f"{_CARD}/type", "may be product only where the action names one")],
    ),
    (
        "carousel of products",
        [(f"{_CARD}/type", GONE), (f"{_CARD}/body", {"text": "x"})],
        [
            (f"{_CARD}/type", "must be product, as the action names one"),
            (f"{_CARD}/body", "is not taken with a product, which shows itself; remove it"),
        ],
    ),
    (
        "carousel of replies",
        [
            (f"{_CARD}/action", {"catalog_id": "1", "product_retailer_id": "x"}),
            (f"{_CARD}/header", GONE),
            (f"{_CARD}/type", "product"),
        ],
        [(_CARD, _ALIKE)],
    ),
    (
        "call button",
        [(f"{_ACTION}/parameters/ttl_minutes", "60")],
        [(f"{_ACTION}/parameters/ttl_minutes", "must be a whole number")],
    ),
    # templates
    (
        "template",
        [(f"{_PART}/0/parameters/0", {"type": "payload", "payload": "x"})],
        [
            (
                f"{_PART}/0/parameters/0",
                "must be of type text or currency or date_time: a body takes nothing else",
            )
        ],
    ),
    (
        "one-time code",
        [(f"{_PART}/1/parameters/0", {"type": "payload", "payload": "x"})],
        [(f"{_PART}/1/parameters/0", "must be of type text: a url button takes nothing else")],
    ),
    (
        "one-time code",
        [(f"{_PART}/1/index", "10")],
        [(f"{_PART}/1/index", "must be the place of the button, from 0 to 9")],
    ),
    ("one-time code", [(f"{_PART}/1/index", True)], [(f"{_PART}/1/index", "must be a text")]),
    (
        "one-time code",
        [(f"{_PART}/1/sub_type", "otp")],
        [(f"{_PART}/1/sub_type", "must be quick_reply, url, copy_code, flow, catalog, mpm or voice_call")],
    ),
    (
        "template with money and dates",
        [(f"{_PART}/1/parameters/0/currency/code", "euro")],
        [
            (
                f"{_PART}/1/parameters/0/currency/code",
                "must be three capital letters of ISO 4217, such as EUR",
            )
        ],
    ),
    (
        "template with a carousel",
        [(f"{_PART}/0/cards/1/components/1", GONE)],
        [(f"{_PART}/0/cards/1", _ALIKE)],
    ),
    (
        "template with a carousel",
        [(f"{_PART}/0/cards/1/card_index", 0)],
        [(f"{_PART}/0/cards/1/card_index", _TWICE.format("card_index"))],
    ),
    (
        "template with products",
        [(f"{_PART}/1/parameters/0/action/sections", [{"product_items": _PRODUCTS[:1]}] * 2)],
        [(f"{_PART}/1/parameters/0/action/sections/{at}/title", _TITLED) for at in range(2)],
    ),
    # several at once
    (
        "reply buttons",
        [
            ("/to", ""),
            (f"{_I}/body/text", "x" * 1025),
            (f"{_I}/header/image/link", "ftp://example.com"),
            (f"{_ACTION}/buttons/1/reply/id", "yes"),
        ],
        [
            ("/to", "must not be empty"),
            (f"{_I}/header/image/link", _HTTPS),
            (f"{_I}/body/text", "must have at most 1024 characters"),
            (f"{_ACTION}/buttons/1/reply/id", _TWICE.format("id")),
        ],
    ),
]


@pytest.mark.parametrize(("example", "changes", "expected"), REFUSED)
def test_what_breaks_a_rule_is_refused_where_it_stands_and_in_words(
    example: str, changes: list[tuple[str, Any]], expected: list[tuple[str, str]]
) -> None:
    """Promise 12: field, limit and what to do, for each thing that is wrong."""
    assert refusals(changed(example, *changes)) == expected
