"""How a channel is written into an item of the channels table, and read back."""

import json
from collections.abc import Mapping

from kanal.aws.table import Item
from kanal.channels.model import DEFAULT_CONTACT_BURST, Channel
from kanal.channels.reports import Report
from kanal.ids import ChannelId, ChannelRef, WebhookId, WorkspaceId
from kanal.rawjson import write
from kanal.times import parse_rfc3339, rfc3339

_FACT = "fact_"


def to_item(channel: Channel) -> Item:
    return {
        "name": channel.name,
        "provider": channel.provider,
        "phone_number": channel.phone_number,
        "phone_number_id": channel.phone_number_id,
        "waba_id": channel.waba_id,
        "verified_name": channel.verified_name,
        "state": channel.state,
        "messages_per_second": channel.messages_per_second,
        "contact_burst": channel.contact_burst,
        "default_country": channel.default_country or "",
        "webhook_id": channel.webhook_id,
        "encrypted_api_key": channel.encrypted_api_key,
        "request_digest": channel.request_digest,
        "created_at": rfc3339(channel.created_at),
        "webhook_cleared": channel.webhook_cleared,
    }


def from_item(workspace_id: WorkspaceId, item: Item) -> Channel:
    return Channel(
        ref=ChannelRef(workspace_id, ChannelId(item["channel_id"])),
        name=item["name"],
        provider=item["provider"],
        phone_number=item["phone_number"],
        phone_number_id=item["phone_number_id"],
        waba_id=item.get("waba_id"),
        verified_name=item.get("verified_name"),
        state=item["state"],
        messages_per_second=item["messages_per_second"],
        contact_burst=item.get("contact_burst", DEFAULT_CONTACT_BURST),
        default_country=item["default_country"] or None,
        webhook_id=WebhookId(item["webhook_id"]),
        encrypted_api_key=item.get("encrypted_api_key", b""),
        request_digest=item["request_digest"],
        created_at=parse_rfc3339(item["created_at"]),
        webhook_cleared=item.get("webhook_cleared"),
        bulk_paused_until=parse_rfc3339(item["bulk_paused_until"]) if "bulk_paused_until" in item else None,
        reports=reports_from(item),
    )


def fact_attribute(name: str) -> str:
    return _FACT + name


def report_to_item(report: Report, order: str) -> Item:
    written = {"value": write(report.value), "order": order}
    return {**written, "at": rfc3339(report.at)} if report.at else written


def reports_from(item: Item) -> Mapping[str, Report]:
    """By name."""
    facts = {name.removeprefix(_FACT): fact for name, fact in item.items() if name.startswith(_FACT)}
    return {name: _report(name, fact) for name, fact in facts.items()}


def _report(name: str, fact: Item) -> Report:
    return Report(name, json.loads(fact["value"]), parse_rfc3339(fact["at"]) if "at" in fact else None)
