"""One example of each kind of outbound message: for the API's description, and as what the tests send."""

from typing import Any

_TO = "+4915112345678"
_PICTURE = {"link": "https://example.com/tulips.jpg"}
_BODY = {"text": "What may it be?"}
_MESSAGE = "msg_ml4eno3g6ayfoc3jtiib5d7un4"
_CATALOG = {"catalog_id": "1"}
_THUMBNAIL = {"thumbnail_product_retailer_id": "tulips"}


def _message(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"to": _TO, "type": kind, kind: content, **more}


def _interactive(kind: str, action: Any, **parts: Any) -> dict[str, Any]:
    return _message("interactive", {"type": kind, "body": _BODY, "action": action, **parts})


def _template(name: str, *components: dict[str, Any]) -> dict[str, Any]:
    content = {"name": name, "language": {"code": "en"}, "components": list(components)}
    return _message("template", content)


def _part(kind: str, *parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": kind, **more, "parameters": list(parameters)}


def _of(kind: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more, kind: value}


def _button(kind: str, index: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    return _part("button", *parameters, sub_type=kind, index=index)


def _cards(*actions: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {
        "cards": [{"card_index": index, **parts, "action": action} for index, action in enumerate(actions)]
    }


def _products(*names: str) -> list[dict[str, Any]]:
    return [{"title": "Spring", "product_items": [{"product_retailer_id": name} for name in names]}]


MESSAGES: dict[str, dict[str, Any]] = {
    "text": _message("text", {"body": "Your order is ready: https://example.com/4711", "preview_url": True}),
    "text that answers": _message("text", {"body": "Yes, it is."}, context={"message_id": _MESSAGE}),
    "image": _message("image", {**_PICTURE, "caption": "Tulips"}),
    "uploaded image": _message("image", {"id": "med_qvc53xdfdd6auj3ev73twp2uoa"}),
    "video": _message("video", {"link": "https://example.com/film.mp4", "caption": "How to plant them"}),
    "audio": _message("audio", {"link": "https://example.com/song.mp3"}),
    "voice": _message("audio", {"link": "https://example.com/voice.ogg", "voice": True}),
    "document": _message(
        "document", {"link": "https://example.com/a.pdf", "filename": "Invoice.pdf", "caption": "March"}
    ),
    "sticker": _message("sticker", {"link": "https://example.com/smile.webp"}),
    "location": _message(
        "location",
        {"latitude": 52.52, "longitude": 13.405, "name": "Our shop", "address": "Alexanderplatz 1, Berlin"},
    ),
    "contacts": _message(
        "contacts",
        [
            {
                "name": {"formatted_name": "Ada Lovelace", "first_name": "Ada"},
                "phones": [{"phone": "+49 151 12345678", "type": "WORK", "wa_id": "4915112345678"}],
                "emails": [{"email": "ada@example.com", "type": "WORK"}],
                "urls": [{"url": "https://example.com/ada"}],
                "addresses": [{"city": "Berlin", "country": "Germany", "country_code": "de", "type": "WORK"}],
                "org": {"company": "Example", "title": "Florist"},
                "birthday": "1990-12-10",
            }
        ],
    ),
    "reaction": _message("reaction", {"message_id": _MESSAGE, "emoji": "👍"}),
    "reaction taken back": _message("reaction", {"message_id": _MESSAGE, "emoji": ""}),
    "reply buttons": _interactive(
        "button",
        {
            "buttons": [
                {"type": "reply", "reply": {"id": "yes", "title": "Yes"}},
                {"type": "reply", "reply": {"id": "no", "title": "No"}},
            ]
        },
        header={"type": "image", "image": _PICTURE},
        footer={"text": "Until Friday"},
    ),
    "list": _interactive(
        "list",
        {
            "button": "Choose",
            "sections": [
                {"title": "Flowers", "rows": [{"id": "t", "title": "Tulips", "description": "10 pieces"}]},
                {"title": "Pots", "rows": [{"id": "p", "title": "Clay"}]},
            ],
        },
        header={"type": "text", "text": "Spring"},
    ),
    "link": _interactive(
        "cta_url",
        {"name": "cta_url", "parameters": {"display_text": "Track it", "url": "https://example.com/t/4711"}},
        header={"type": "document", "document": {"link": "https://example.com/a.pdf", "filename": "a.pdf"}},
    ),
    "location request": _interactive("location_request_message", {"name": "send_location"}),
    "contact info request": _interactive("request_contact_info", {"name": "request_contact_info"}),
    "flow": _interactive(
        "flow",
        {
            "name": "flow",
            "parameters": {
                "flow_message_version": "3",
                "flow_id": "1234567890",
                "flow_cta": "Book now",
                "flow_token": "booking-4711",
                "flow_action": "navigate",
                "flow_action_payload": {"screen": "START", "data": {"name": "Ada"}},
            },
        },
    ),
    "product": _interactive("product", {**_CATALOG, "product_retailer_id": "tulips"}),
    "product list": _interactive(
        "product_list",
        {**_CATALOG, "sections": _products("tulips", "roses")},
        header={"type": "text", "text": "Spring"},
    ),
    "catalog": _interactive(
        "catalog_message",
        {"name": "catalog_message", "parameters": _THUMBNAIL},
    ),
    "carousel of links": _interactive(
        "carousel",
        _cards(
            *(
                {
                    "name": "cta_url",
                    "parameters": {"display_text": "Look", "url": f"https://example.com/{at}"},
                }
                for at in range(2)
            ),
            type="cta_url",
            header={"type": "image", "image": _PICTURE},
            body={"text": "Fresh today"},
        ),
    ),
    "carousel of replies": _interactive(
        "carousel",
        _cards(
            *(
                {
                    "buttons": [
                        {"type": "quick_reply", "quick_reply": {"id": f"take-{at}", "title": "Take it"}}
                    ]
                }
                for at in range(2)
            ),
            header={"type": "video", "video": {"link": "https://example.com/film.mp4"}},
        ),
    ),
    "carousel of products": _interactive(
        "carousel",
        _cards(
            *({**_CATALOG, "product_retailer_id": name} for name in ("tulips", "roses")),
            type="product",
        ),
    ),
    "call button": _interactive(
        "voice_call",
        {
            "name": "voice_call",
            "parameters": {"display_text": "Call us", "ttl_minutes": 60, "payload": "order-4711"},
        },
    ),
    "call permission request": _interactive("call_permission_request", {"name": "call_permission_request"}),
    "template": _template("order_ready", _part("body", _of("text", "Ada"))),
    "template with header and buttons": _template(
        "order_shipped",
        _part("header", _of("image", _PICTURE)),
        _part("body", _of("text", "Ada", parameter_name="first_name")),
        _button("quick_reply", "0", _of("payload", "stop")),
        _button("url", "1", _of("text", "4711")),
    ),
    "template with money and dates": _template(
        "invoice",
        _part("header", _of("location", {"latitude": 52.52, "longitude": 13.405, "name": "Our shop"})),
        _part(
            "body",
            _of("currency", {"fallback_value": "9.90 EUR", "code": "EUR", "amount_1000": 9900}),
            _of("date_time", {"fallback_value": "31 March 2027"}),
        ),
    ),
    "one-time code": _template(
        "login_code", _part("body", _of("text", "123456")), _button("url", "0", _of("text", "123456"))
    ),
    "template with an offer": _template(
        "spring_sale",
        _part("limited_time_offer", _of("limited_time_offer", {"expiration_time_ms": 1_800_000_000_000})),
        _button("copy_code", "0", _of("coupon_code", "SPRING20")),
    ),
    "template with a carousel": _template(
        "new_flowers",
        {
            "type": "carousel",
            "cards": [
                {
                    "card_index": at,
                    "components": [
                        _part("header", _of("image", _PICTURE)),
                        _button("quick_reply", "0", _of("payload", f"take-{at}")),
                    ],
                }
                for at in range(2)
            ],
        },
    ),
    "template with flow and call": _template(
        "book",
        _button("flow", "0", _of("action", {"flow_token": "t", "flow_action_data": {"name": "Ada"}})),
        _button("voice_call", "1", _of("ttl_minutes", 60), _of("payload", "book")),
    ),
    "template with products": _template(
        "catalog",
        _button("catalog", "0", _of("action", _THUMBNAIL)),
        _button(
            "mpm",
            "1",
            _of(
                "action",
                {"thumbnail_product_retailer_id": "tulips", "sections": _products("tulips", "roses")},
            ),
        ),
    ),
}
"""By what they are; each is taken by `POST /v1/channels/{channel_id}/messages`."""

_TEXT = {"body": "Your order is ready."}
_READY = {"name": "order_ready", "language": {"code": "en"}}
WITH_OPTIONS: dict[str, dict[str, Any]] = {
    "text at a time": _message(
        "text", _TEXT, send_at="2027-01-31T09:00:00+01:00", expires_at="2027-01-31T18:00:00+01:00"
    ),
    "text that waits for a reply": _message("text", _TEXT, if_window_closed="park_until_reply"),
    "text, or else a template": _message("text", _TEXT, if_window_closed={"template": _READY}),
    "text that arrives at least once": _message("text", _TEXT, on_unconfirmed="resend", lane="bulk"),
}
"""What may be asked for beside the content, whatever the kind of message."""
