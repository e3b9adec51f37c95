"""Whether a body of `POST /messages` is one that WhatsApp would take, before anybody is looked up."""

from typing import Any

from local.simulator.phones import USER_ID, is_phone
from local.simulator.refusals import RefusalError

TYPES = (
    "audio", "contacts", "document", "image", "interactive", "location", "reaction", "sticker",
    "template", "text", "video",
)  # fmt: skip
ENVELOPE_KEYS = {
    "messaging_product", "recipient_type", "to", "recipient", "type", "context",
    "biz_opaque_callback_data", "recipient_identity_key_hash",
}  # fmt: skip
TEXT_KEYS = {"body", "preview_url"}
LONGEST_TEXT = 4096
LONGEST_CALLBACK_DATA = 512


def check_content(body: dict[str, Any]) -> None:
    if body.get("messaging_product") != "whatsapp":
        raise RefusalError(100, "The parameter messaging_product is required and must be whatsapp.")
    _check_envelope(body)
    kind = body["type"]
    content = body.get(kind)
    if not isinstance(content, list if kind == "contacts" else dict):
        raise RefusalError(131008, f"Parameter '{kind}' is mandatory for type '{kind}'")
    if kind == "text":
        _check_text(body["text"])
    if kind == "template":
        _check_template(body["template"])


def _check_envelope(body: dict[str, Any]) -> None:
    if not body.get("type"):
        raise RefusalError(131008, "The parameter type is required.")
    if body["type"] not in TYPES:
        raise RefusalError(100, f"Param type must be one of {', '.join(kind.upper() for kind in TYPES)}")
    _refuse_unknown(body, ENVELOPE_KEYS | {body["type"]}, "the message")
    if body.get("recipient_type", "individual") == "group":
        raise RefusalError(131041, "This number is in no group.")
    if body.get("recipient_type", "individual") != "individual":
        raise RefusalError(100, "Param recipient_type must be one of individual, group")
    _check_callback_data(body.get("biz_opaque_callback_data", ""))
    _check_recipient(body)


def _check_recipient(body: dict[str, Any]) -> None:
    """With both given, `to` counts and `recipient` is not looked at."""
    if "to" in body:
        if not isinstance(body["to"], str) or not is_phone(body["to"]):
            raise RefusalError(131009, "Parameter 'to' is not a phone number")
    elif "recipient" not in body:
        raise RefusalError(131008, "The parameter to is required.")
    elif not isinstance(body["recipient"], str) or not USER_ID.match(body["recipient"]):
        raise RefusalError(131009, "Parameter 'recipient' is not a business-scoped user id")


def _check_callback_data(data: Any) -> None:
    if not isinstance(data, str):
        raise RefusalError(100, "Param biz_opaque_callback_data must be a string")
    if len(data) > LONGEST_CALLBACK_DATA:
        raise RefusalError(
            100, f"Param biz_opaque_callback_data must be at most {LONGEST_CALLBACK_DATA} characters long"
        )


def _check_text(text: dict[str, Any]) -> None:
    _refuse_unknown(text, TEXT_KEYS, "text")
    if not isinstance(text.get("body", ""), str):
        raise RefusalError(100, "Param text['body'] must be a string.")
    if not text.get("body"):
        raise RefusalError(131008, "The parameter text['body'] is required.")
    if len(text["body"]) > LONGEST_TEXT:
        raise RefusalError(100, f"Param text['body'] must be at most {LONGEST_TEXT} characters long.")


def _check_template(template: dict[str, Any]) -> None:
    language = template.get("language")
    if not isinstance(template.get("name"), str) or not template["name"]:
        raise RefusalError(131008, "The parameter template['name'] is required.")
    if not isinstance(language, dict) or not isinstance(language.get("code"), str):
        raise RefusalError(131008, "The parameter template['language']['code'] is required.")
    if not isinstance(template.get("components", []), list):
        raise RefusalError(100, "Param template['components'] must be an array.")


def _refuse_unknown(given: dict[str, Any], known: set[str], where: str) -> None:
    for key in given:
        if key not in known:
            raise RefusalError(100, f'Unexpected key "{key}" on {where}.')
