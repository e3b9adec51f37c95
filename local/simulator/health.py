"""What a number says about itself: whether it can send, and the facts asked for by name."""

from collections.abc import Collection, Sequence
from typing import Any

from local.simulator.numbers import Number
from local.simulator.phones import displayed
from local.simulator.refusals import RefusalError

HIGH_THROUGHPUT = 1000
BUSINESS_ID = "102030405060708"
APP_ID = "908070605040302"


def facts_of(number: Number) -> dict[str, Any]:
    high = number.messages_per_second >= HIGH_THROUGHPUT
    return {
        "id": number.phone_number_id,
        "display_phone_number": displayed(number.digits),
        "verified_name": number.display_name,
        "name_status": "APPROVED",
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "messaging_limit_tier": "TIER_2K",
        "throughput": {"level": "HIGH" if high else "STANDARD"},
    }


def status_of(number: Number, fields: Sequence[str]) -> dict[str, Any]:
    facts = facts_of(number)
    refuse_unknown_fields(fields, {*facts, "health_status"}, "WhatsAppBusinessPhoneNumber")
    named = {name: facts[name] for name in fields if name in facts}
    entities = [
        _phone_number_entity(number),
        _entity("WABA", number.waba_id),
        _entity("BUSINESS", BUSINESS_ID),
        _entity("APP", APP_ID),
    ]
    health = {"can_send_message": number.health, "entities": entities}
    return {"health_status": health, **named, "id": number.phone_number_id}


def refuse_unknown_fields(fields: Sequence[str], known: Collection[str], node: str) -> None:
    for name in fields:
        if name not in known:
            raise RefusalError(100, f"Tried accessing nonexisting field ({name}) on node type ({node})")


def _entity(kind: str, entity_id: str) -> dict[str, Any]:
    return {"entity_type": kind, "id": entity_id, "can_send_message": "AVAILABLE"}


def _phone_number_entity(number: Number) -> dict[str, Any]:
    entity = {**_entity("PHONE_NUMBER", number.phone_number_id), "can_send_message": number.health}
    if number.health == "LIMITED":
        entity["additional_info"] = ["The display name of this number has not been approved yet."]
    if number.health == "BLOCKED":
        entity["errors"] = [
            {
                "error_code": 131031,
                "error_description": "This number may not send messages.",
                "possible_solution": "Contact the support of your provider.",
            }
        ]
    return entity
