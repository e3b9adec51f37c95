"""Which interactive messages WhatsApp takes."""

from collections.abc import Mapping
from typing import Any

from local.simulator.refusals import RefusalError
from local.simulator.shapes import Check, anything, items, link, number, shape, tagged, text, word

FILE = shape({}, {"id": text(), "link": link}, one_of=("id", "link"))
NAMED_FILE = shape({}, {"id": text(), "link": link, "filename": text()}, one_of=("id", "link"))
HEADERS: dict[str, Check] = {
    "text": shape({"type": text(), "text": text(60)}),
    "image": shape({"type": text(), "image": FILE}),
    "video": shape({"type": text(), "video": FILE}),
    "document": shape({"type": text(), "document": NAMED_FILE}),
}
BODY = shape({"text": text(1024)})
FOOTER = shape({"text": text(60)})
PRODUCT = {"catalog_id": text(), "product_retailer_id": text()}
PRODUCTS = items(
    shape({"product_items": items(shape({"product_retailer_id": text()}), 1, 30)}, {"title": text(24)}), 1, 10
)
REPLY = shape({"id": text(256), "title": text(20)})
URL_BUTTON = {
    "name": word("cta_url"),
    "parameters": shape({"display_text": text(20), "url": link}),
}
ROW = shape({"id": text(200), "title": text(24)}, {"description": text(72)})
FLOW = shape(
    {"flow_message_version": word("3"), "flow_cta": text(30)},
    {
        "flow_id": text(),
        "flow_name": text(),
        "flow_token": text(),
        "mode": word("draft", "published"),
        "flow_action": word("navigate", "data_exchange"),
        "flow_action_payload": anything,
    },
    one_of=("flow_id", "flow_name"),
)
CALL = shape({}, {"display_text": text(20), "ttl_minutes": number(1, 43_200), "payload": text(512)})
CARD = shape(
    {"card_index": number(0, 9), "action": anything},
    {
        "type": word("cta_url", "product"),
        "header": tagged({kind: HEADERS[kind] for kind in ("image", "video")}),
        "body": shape({"text": text(160)}),
    },
)
CARD_ACTIONS = (
    shape(URL_BUTTON),
    shape({"buttons": items(shape({"type": word("quick_reply"), "quick_reply": REPLY}), 1, 10)}),
    shape(PRODUCT),
)


def _named(name: str, parameters: Check | None = None) -> Check:
    return shape({"name": word(name)}, {"parameters": parameters} if parameters else {})


def _message(
    action: Check, *, headers: tuple[str, ...] = (), footer: bool = True, body: bool = True, **more: Check
) -> Check:
    parts: dict[str, Check] = {"footer": FOOTER} if footer else {}
    if headers:
        parts["header"] = tagged({kind: HEADERS[kind] for kind in headers})
    required: Mapping[str, Check] = {"type": text(), "action": action, **({"body": BODY} if body else {})}
    return shape({**required, **more}, {**parts, **({} if body else {"body": BODY})})


ANY_HEADER = tuple(HEADERS)
KINDS: dict[str, Check] = {
    "button": _message(
        shape({"buttons": items(shape({"type": word("reply"), "reply": REPLY}), 1, 3)}), headers=ANY_HEADER
    ),
    "list": _message(
        shape(
            {"button": text(20), "sections": items(shape({"rows": items(ROW)}, {"title": text(24)}), 1, 10)}
        ),
        headers=("text",),
    ),
    "cta_url": _message(shape(URL_BUTTON), headers=ANY_HEADER),
    "flow": _message(shape({"name": word("flow"), "parameters": FLOW}), headers=ANY_HEADER),
    "product": _message(shape(PRODUCT), body=False),
    "product_list": _message(
        shape({"catalog_id": text(), "sections": PRODUCTS}), header=tagged({"text": HEADERS["text"]})
    ),
    "catalog_message": _message(
        _named("catalog_message", shape({}, {"thumbnail_product_retailer_id": text()}))
    ),
    "carousel": _message(shape({"cards": items(CARD, 2, 10)}), footer=False),
    "location_request_message": _message(_named("send_location"), footer=False),
    "request_contact_info": _message(_named("request_contact_info"), footer=False),
    "voice_call": _message(_named("voice_call", CALL), footer=False),
    "call_permission_request": _message(_named("call_permission_request"), footer=False, body=False),
}


def check_interactive(content: Any, where: str) -> None:
    tagged(KINDS)(content, where)
    action = content["action"]
    _refuse_repeated([button["reply"]["title"] for button in action.get("buttons", ())], "button titles")
    _refuse_repeated([button["reply"]["id"] for button in action.get("buttons", ())], "button ids")
    _check_sections(action.get("sections", ()))
    for at, card in enumerate(action.get("cards", ())):
        _check_card(card, f"{where}['action']['cards'][{at}]")


def _check_sections(sections: Any) -> None:
    rows = [row["id"] for section in sections for row in section.get("rows", ())]
    products = sum(len(section.get("product_items", ())) for section in sections)
    if len(rows) > 10 or products > 30:
        raise RefusalError(131009, "There are more rows or products than a message can have.")
    if len(sections) > 1 and not all("title" in section for section in sections):
        raise RefusalError(131009, "Each of several sections needs a title.")
    _refuse_repeated(rows, "row ids")


def _check_card(card: dict[str, Any], where: str) -> None:
    """Of the shapes that its action may have, the one whose first key it has."""
    keys = ("name", "buttons", "catalog_id")
    found = [check for key, check in zip(keys, CARD_ACTIONS, strict=True) if key in card["action"]]
    if len(found) != 1:
        raise RefusalError(131009, f"Param {where}['action'] must be a link, replies or a product.")
    found[0](card["action"], f"{where}['action']")
    if ("catalog_id" in card["action"]) == ("header" in card):
        raise RefusalError(131009, f"Param {where} needs a header, or a product in its place.")


def _refuse_repeated(values: list[str], what: str) -> None:
    if len(set(values)) != len(values):
        raise RefusalError(131009, f"Duplicated {what}.")
