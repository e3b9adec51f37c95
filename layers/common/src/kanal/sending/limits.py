"""WhatsApp's limits on what is sent: name, value, unit and source, all in one table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """The fewest and the most that may be, both included."""

    most: int
    unit: str
    source: str
    least: int = 1


_TEXT = "WhatsApp, text messages"
_MEDIA = "WhatsApp, image, video and document messages"
_BUTTONS = "WhatsApp, interactive reply buttons messages"
_LIST = "WhatsApp, interactive list messages"
_URL = "WhatsApp, interactive call-to-action URL button messages"
_FLOW = "WhatsApp, sending a flow; Meta's OpenAPI v23 (advised, no emoji)"
_PRODUCTS = "WhatsApp, sell products and services: multi-product messages"
_CAROUSEL = "WhatsApp, interactive media and product carousel messages"
_CALL = "WhatsApp, call button messages"
_TEMPLATE = "WhatsApp, template components"
_OURS = "Kanal: far more than any real one"

LIMITS: dict[str, Limit] = {
    "recipient": Limit(150, "characters", _OURS),
    "message_id": Limit(512, "characters", "WhatsApp's ids are opaque; " + _OURS),
    "link": Limit(2000, "characters", "WhatsApp, template components: URL buttons"),
    "text.body": Limit(4096, "characters", _TEXT),
    "caption": Limit(1024, "characters", _MEDIA),
    "filename": Limit(240, "characters", _OURS),
    "contacts": Limit(257, "contacts", "WhatsApp, contacts messages"),
    "location.latitude": Limit(90, "degrees", "WGS 84", least=-90),
    "location.longitude": Limit(180, "degrees", "WGS 84", least=-180),
    "reaction.emoji": Limit(32, "characters", _OURS, least=0),
    "interactive.header": Limit(60, "characters", _BUTTONS),
    # The list page says 4096 today and 1024 in older versions; what both take is safe.
    "interactive.body": Limit(1024, "characters", _BUTTONS),
    "interactive.footer": Limit(60, "characters", _BUTTONS),
    "button.buttons": Limit(3, "buttons", _BUTTONS),
    "button.title": Limit(20, "characters", _BUTTONS),
    "button.id": Limit(256, "characters", _BUTTONS),
    "list.button": Limit(20, "characters", _LIST),
    "list.sections": Limit(10, "sections", _LIST),
    "list.rows": Limit(10, "rows", _LIST),
    "list.section_title": Limit(24, "characters", _LIST),
    "list.row_id": Limit(200, "characters", _LIST),
    "list.row_title": Limit(24, "characters", _LIST),
    "list.row_description": Limit(72, "characters", _LIST),
    "cta_url.display_text": Limit(20, "characters", _URL),
    "flow.cta": Limit(30, "characters", _FLOW),
    "products.sections": Limit(10, "sections", _PRODUCTS),
    "products.section_title": Limit(24, "characters", _PRODUCTS),
    "products.products": Limit(30, "products", _PRODUCTS),
    "card_index": Limit(9, "", _CAROUSEL, least=0),
    "carousel.cards": Limit(10, "cards", _CAROUSEL, least=2),
    "carousel.card_body": Limit(160, "characters", _CAROUSEL),
    "carousel.card_line_breaks": Limit(2, "line breaks", _CAROUSEL, least=0),
    # How many are allowed is not published; a template has at most ten buttons.
    "carousel.card_buttons": Limit(10, "buttons", _TEMPLATE),
    "voice_call.display_text": Limit(20, "characters", _CALL),
    "voice_call.ttl_minutes": Limit(43_200, "minutes", _CALL),
    "voice_call.payload": Limit(512, "characters", _CALL),
    "template.name": Limit(512, "characters", "WhatsApp, message templates"),
    "template.components": Limit(20, "components", _OURS, least=0),
    "template.parameters": Limit(100, "parameters", _OURS, least=0),
    "template.cards": Limit(10, "cards", _TEMPLATE, least=2),
    # 15 on the components page; 20 since 3 December 2025 by the changelog.
    "template.coupon_code": Limit(20, "characters", _TEMPLATE),
}
