"""Bodies of webhooks, as 360dialog passes them on from WhatsApp."""

from typing import Any

from local.simulator.messaging import SERVICE
from local.simulator.numbers import Customer, Number, SentMessage, Status
from local.simulator.templates import Template


def inbound_webhook(
    number: Number, customer: Customer, message: dict[str, Any], *, wamid: str, now: float
) -> dict[str, Any]:
    """The customer's message in its envelope; what the message already says about itself stays."""
    sender = {"from": customer.wa_id} if customer.wa_id else {}
    made_up = {**sender, "from_user_id": customer.user_id, "id": wamid, "timestamp": str(int(now))}
    return _messages(number, contacts=[_contact(customer)], messages=[{**made_up, **message}])


def status_webhook(number: Number, message: SentMessage, status: Status, now: float) -> dict[str, Any]:
    customer = number.customers[message.customer]
    entry: dict[str, Any] = {
        "id": message.wamid,
        "status": status,
        "timestamp": str(int(now)),
        "recipient_user_id": customer.user_id,
    }
    if customer.wa_id:
        entry["recipient_id"] = customer.wa_id
    if message.body.get("biz_opaque_callback_data"):
        entry["biz_opaque_callback_data"] = message.body["biz_opaque_callback_data"]
    if status != "read":  # WhatsApp prices with `sent` and one of the two that follow
        entry["pricing"] = _pricing(message)
    return _messages(number, contacts=[_contact(customer)], statuses=[entry])


def template_status_webhook(number: Number, template: Template, now: float) -> dict[str, Any]:
    value: dict[str, Any] = {
        "event": template.status,
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "reason": template.rejected_reason,
        "message_template_category": template.category,
    }
    if template.rejection_info:
        value["rejection_info"] = template.rejection_info
    change = {"field": "message_template_status_update", "value": value}
    entry = {"id": number.waba_id, "time": int(now), "changes": [change]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def _messages(number: Number, **items: list[dict[str, Any]]) -> dict[str, Any]:
    metadata = {"display_phone_number": number.digits, "phone_number_id": number.phone_number_id}
    value = {"messaging_product": "whatsapp", "metadata": metadata, **items}
    entry = {"id": number.waba_id, "changes": [{"field": "messages", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def _contact(customer: Customer) -> dict[str, Any]:
    phone = {"wa_id": customer.wa_id} if customer.wa_id else {}
    return {"profile": {"name": customer.shown_name}, **phone, "user_id": customer.user_id}


def _pricing(message: SentMessage) -> dict[str, Any]:
    free = message.category == SERVICE
    return {
        "billable": not free,
        "pricing_model": "PMP",
        "type": "free_customer_service" if free else "regular",
        "category": message.category,
    }
