"""Reads what WhatsApp reports of a number and its account: quality, limits, names, alerts, restrictions.

A webhook of one of FIELDS tells facts; of each name the latest is kept on the channel. What the facts say is
WhatsApp's own words under our names, an unknown word is kept as it is, and nothing here ever raises.
Source: WhatsApp's webhook references of the account and phone number fields, in the form of autumn 2026;
keys that were removed in February 2026 are still read.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kanal.ids import derived_token
from kanal.rawjson import storable, write
from kanal.times import from_epoch, rfc3339

Json = Mapping[str, Any]
Told = Iterator[tuple[str, Json]]

_MOST_BYTES = 4 * 1024
"""What a fact may say; real ones have a tenth. All of a channel's facts lie in one item, read with it."""
_ALERT_TYPE_LENGTH = 60
ALERT = "alert_"
"""Begins the name of an alert's fact; its type ends it."""

PER_DAY: dict[str, int] = {
    "TIER_50": 50,
    "TIER_250": 250,
    "TIER_1K": 1_000,
    "TIER_2K": 2_000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
}
"""How many people a business may begin to write to within 24 hours, by WhatsApp's word for it."""
_UNLIMITED = frozenset({"TIER_UNLIMITED", "-1"})


@dataclass(frozen=True)
class Report:
    """One fact of a channel. `at` is WhatsApp's time, None where the webhook has none."""

    name: str
    value: Json
    at: datetime | None

    @property
    def digest(self) -> str:
        """The same for every delivery of the same report."""
        text = f"{self.name} {rfc3339(self.at) if self.at else ''} {write(self.value)}"
        return derived_token(hashlib.sha256(text.encode()).hexdigest())

    def order(self, received_at: datetime) -> str:
        """Which of two reports is the later one: WhatsApp's time decides, then the content.

        Reports without a time (the errors of a number never have one) are older than all that have one;
        among themselves nothing but their arrival tells the order.
        """
        when = rfc3339(self.at) if self.at else f"0#{rfc3339(received_at)}"
        return f"{when}#{self.digest}"


def reports_in(field: str, value: Json, at: datetime | None) -> list[Report]:
    """What a webhook of this field tells; nothing for a field or content that says nothing of a channel."""
    decode = FIELDS.get(field)
    told = decode(value) if decode else iter(())
    return [
        Report(name, said, at) for name, said in told if said and len(write(said).encode()) <= _MOST_BYTES
    ]


def concerns(value: Json, phone_number: str) -> bool:
    """False if the webhook names another number: those of one account may share a webhook."""
    named = _digits(value.get("display_phone_number"))
    return not named or named == _digits(phone_number)


# --- the number ---


def _quality(value: Json) -> Told:
    event = value.get("event")
    yield ("throughput" if event == "THROUGHPUT_UPGRADE" else "quality"), _only(value, event="event")
    yield "messaging_limit", _limit(value, "max_daily_conversations_per_business", "current_limit")


def _capability(value: Json) -> Told:
    yield (
        "messaging_limit",
        _limit(value, "max_daily_conversations_per_business", "max_daily_conversation_per_phone"),
    )
    yield (
        "phone_numbers",
        _only(
            value,
            max_per_business="max_phone_numbers_per_business",
            max_per_waba="max_phone_numbers_per_waba",
        ),
    )


def _limit(value: Json, *keys: str) -> Json:
    """A word (`TIER_2K`) by the documentation, a number in its sample; -1 is unlimited."""
    given = [value[key] for key in keys if _is_scalar(value.get(key))]
    if not given:
        return {}
    tier = given[0]
    number = tier if isinstance(tier, int) and not isinstance(tier, bool) and tier >= 0 else None
    return {
        "tier": tier,
        "per_day": number if number is not None else PER_DAY.get(str(tier)),
        "unlimited": str(tier) in _UNLIMITED,
    }


def _display_name(value: Json) -> Told:
    yield (
        "display_name",
        _only(
            value, decision="decision", name="requested_verified_name", rejection_reason="rejection_reason"
        ),
    )


def _username(value: Json) -> Told:
    yield "username", _only(value, username="username", status="status")


def _security(value: Json) -> Told:
    yield "security", _only(value, event="event", requester="requester")


def _error(value: Json) -> Told:
    """An entry of `errors` beside messages and statuses: trouble of the number itself."""
    yield "error", value


# --- the account ---


def _alert(value: Json) -> Told:
    info = _object(value.get("alert_info"))
    kind = info.get("alert_type")
    kind = storable(kind)[:_ALERT_TYPE_LENGTH] if isinstance(kind, str) else ""
    said = _only(info, severity="alert_severity", status="alert_status", description="alert_description")
    if said:
        whom = _only(value, entity_type="entity_type", entity_id="entity_id")
        yield f"{ALERT}{kind}", {"type": kind or None, **said, **whom}


def _review(value: Json) -> Told:
    yield "review", _only(value, decision="decision")


def _account(value: Json) -> Told:
    event = value.get("event")
    decode = _ACCOUNT_EVENTS.get(event) if isinstance(event, str) else None
    yield from decode(value) if decode else iter([("account", value if event else {})])


def _restriction(value: Json) -> Told:
    """`restriction_type` and `expiration` of each; some restrictions follow from a violation."""
    given = value.get("restriction_info")
    restrictions = [
        {"type": one.get("restriction_type"), "until": _time(one.get("expiration"))}
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, dict)
    ]
    yield "restriction", {"restrictions": restrictions, **_violation_of(value)}


def _violation(value: Json) -> Told:
    yield "violation", _violation_of(value) or {"violation": None}


def _violation_of(value: Json) -> Json:
    return _only(_object(value.get("violation_info")), violation="violation_type")


def _ban(value: Json) -> Told:
    """The date is a text for people (`April 17, 2025`)."""
    yield "ban", _only(_object(value.get("ban_info")), state="waba_ban_state", date="waba_ban_date")


_ACCOUNT_EVENTS: dict[str, Callable[[Json], Told]] = {
    "ACCOUNT_RESTRICTION": _restriction,
    "ACCOUNT_VIOLATION": _violation,
    "DISABLED_UPDATE": _ban,
}
"""All other events of the account are kept as its last event, as they came."""

FIELDS: dict[str, Callable[[Json], Told]] = {
    "phone_number_quality_update": _quality,
    "phone_number_name_update": _display_name,
    "business_capability_update": _capability,
    "business_username_update": _username,
    "security": _security,
    "error": _error,
    "account_alerts": _alert,
    "account_review_update": _review,
    "account_update": _account,
}
"""`error` is no field of WhatsApp's: it stands for an entry of `errors` beside messages and statuses."""

_SHOWN: dict[str, tuple[str, str]] = {
    "quality": ("number", "quality"),
    "messaging_limit": ("number", "messaging_limit"),
    "throughput": ("number", "throughput"),
    "display_name": ("number", "display_name"),
    "username": ("number", "username"),
    "security": ("number", "security"),
    "error": ("number", "error"),
    "review": ("account", "review"),
    "restriction": ("account", "restriction"),
    "violation": ("account", "violation"),
    "ban": ("account", "ban"),
    "phone_numbers": ("account", "phone_numbers"),
    "account": ("account", "last_event"),
}
"""Where the API shows each fact. Alerts are a list of their own."""


def as_json(reports: Mapping[str, Report]) -> dict[str, Any]:
    """All facts as the API shows them with the channel; None for what was never reported."""
    shown: dict[str, Any] = {"number": {}, "account": {}}
    for name, (group, key) in _SHOWN.items():
        shown[group][key] = _shown(reports[name]) if name in reports else None
    alerts = [report for name, report in sorted(reports.items()) if name.startswith(ALERT)]
    return {**shown, "alerts": [_shown(alert) for alert in alerts]}


def one_as_json(report: Report) -> dict[str, Any]:
    """One fact, where `as_json` has it."""
    if report.name.startswith(ALERT):
        return {"alerts": [_shown(report)]}
    group, key = _SHOWN[report.name]
    return {group: {key: _shown(report)}}


def _shown(report: Report) -> dict[str, Any]:
    """An error may bring an `at` of its own; the report's time is the one that counts."""
    return {**report.value, "at": rfc3339(report.at) if report.at else None}


# --- reading ---


def _only(value: Json, **names: str) -> dict[str, Any]:
    """The scalars among these keys, under our names; nothing if none is there."""
    found = {ours: value.get(theirs) for ours, theirs in names.items() if _is_scalar(value.get(theirs))}
    return {ours: found.get(ours) for ours in names} if found else {}


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _time(value: Any) -> str | None:
    at = from_epoch(value)
    return rfc3339(at) if at else None


def _digits(value: Any) -> str:
    return "".join(filter(str.isdigit, str(value))) if isinstance(value, str | int) else ""
