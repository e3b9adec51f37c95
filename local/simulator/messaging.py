"""Accepting a message of the business: all that stands between a well-formed body and its wamid."""

from typing import Any

from local.simulator.chance import Chance
from local.simulator.content import check_content
from local.simulator.limits import Traffic
from local.simulator.numbers import Customer, Number, SentMessage, Settings
from local.simulator.refusals import RefusalError
from local.simulator.shapes import shape, word
from local.simulator.templates import check_parameters, find_sendable

SERVICE = "service"
_TYPING = shape({"type": word("text")})


def accept(
    number: Number, body: dict[str, Any], *, traffic: Traffic, settings: Settings, chance: Chance, now: float
) -> SentMessage:
    """The message as the provider took it; raises RefusalError, and nothing has happened then.

    The limits come last: a message refused for what it is does not use up throughput.
    """
    check_content(body)
    if number.health == "BLOCKED":
        raise RefusalError(131031, "This number may not send messages.")
    customer = _recipient(number, body)
    category = _check_permission(number, customer, body, now)
    if settings.pair_rate:
        traffic.check_pair(now, customer.address)
    traffic.check_throughput(now, number.messages_per_second)
    traffic.count(now)
    if settings.pair_rate:
        traffic.count_pair(now, customer.address)
    wamid = chance.outbound_wamid(customer.address)
    message = SentMessage(wamid, customer.address, now, category, body)
    number.remember_sent(message)
    return message


def accepted_answer(body: dict[str, Any], number: Number, message: SentMessage) -> dict[str, Any]:
    customer = number.customers[message.customer]
    contact = (
        {"input": body["to"], "wa_id": customer.wa_id}
        if "to" in body
        else {"input": body["recipient"], "user_id": customer.user_id}
    )
    answer: dict[str, Any] = {"id": message.wamid}
    if body["type"] == "template":
        answer["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [answer]}


def mark_as_read(number: Number, body: dict[str, Any]) -> dict[str, Any]:
    if body.get("messaging_product") != "whatsapp":
        raise RefusalError(100, "The parameter messaging_product is required and must be whatsapp.")
    if body.get("status") != "read":
        raise RefusalError(100, "Param status must be read")
    if "typing_indicator" in body:
        _TYPING(body["typing_indicator"], "typing_indicator")
    wamid = body.get("message_id")
    if any(message.wamid == wamid for message in number.sent):
        raise RefusalError(
            100,
            f"Message supplied to mark message as read API with message ID: {wamid} is outgoing. "
            "Please use an incoming message ID.",
        )
    if wamid not in number.received_wamids:
        raise RefusalError(100, "Please check the message ID you have provided.")
    return {"success": True}


def _recipient(number: Number, body: dict[str, Any]) -> Customer:
    if "to" in body:
        customer = number.customer_with_phone(body["to"])
        if customer.wa_id == number.digits:
            raise RefusalError(131021, "A number cannot write to itself.")
        return customer
    found = number.customer_with_user_id(body["recipient"])
    if found is None:
        raise RefusalError(131009, "The business-scoped user id is not known to this business.")
    return found


def _check_permission(number: Number, customer: Customer, body: dict[str, Any], now: float) -> str:
    """The pricing category of what may be sent: a template always, anything else while the window is open."""
    if body["type"] == "template":
        named = body["template"]
        template = find_sendable(number.templates, named["name"], named["language"]["code"])
        check_parameters(template, named.get("components", []))
        return template.category.lower()
    if now >= customer.window_open_until:
        raise RefusalError(
            131047,
            "Message failed to send because more than 24 hours have passed since the customer last "
            "replied to this number.",
        )
    return SERVICE
