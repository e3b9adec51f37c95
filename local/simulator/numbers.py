"""What the provider knows: its numbers, their customers, what was sent, and the settings."""

from dataclasses import dataclass, field
from typing import Any, Literal

from local.simulator.media import File
from local.simulator.phones import digits_of, user_id_of
from local.simulator.templates import Template

Health = Literal["AVAILABLE", "LIMITED", "BLOCKED"]
Status = Literal["sent", "delivered", "read"]

WINDOW_SECONDS = 24 * 60 * 60
DEFAULT_MESSAGES_PER_SECOND = 80
# A load test must not fill the memory of the machine: only the newest are remembered, per number.
MOST_MESSAGES_KEPT = 20_000


@dataclass
class Customer:
    """A person who wrote to a number or was written to; one who hides the phone number has no wa_id."""

    user_id: str
    wa_id: str | None
    profile_name: str | None = None
    window_open_until: float = 0.0

    @property
    def address(self) -> str:
        return self.wa_id or self.user_id

    @property
    def shown_name(self) -> str:
        return self.profile_name or f"Customer {self.address[-4:]}"


@dataclass
class SentMessage:
    wamid: str
    customer: str
    accepted_at: float
    category: str
    body: dict[str, Any]

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Of a reaction WhatsApp reports only that it was sent."""
        return ("sent",) if self.body["type"] == "reaction" else ("sent", "delivered", "read")


@dataclass
class Number:
    digits: str
    display_name: str
    phone_number_id: str
    waba_id: str
    api_key: str
    messages_per_second: int = DEFAULT_MESSAGES_PER_SECOND
    health: Health = "AVAILABLE"
    webhook_url: str = ""
    webhook_headers: dict[str, str] = field(default_factory=dict)
    templates: list[Template] = field(default_factory=list)
    customers: dict[str, Customer] = field(default_factory=dict)
    sent: list[SentMessage] = field(default_factory=list)
    received_wamids: list[str] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)

    def customer_with_phone(self, phone: str) -> Customer:
        """Everybody is on WhatsApp here: a phone not seen before gets its customer."""
        wa_id = digits_of(phone)
        return self.customers.setdefault(wa_id, Customer(user_id_of(wa_id), wa_id))

    def customer_with_user_id(self, user_id: str) -> Customer | None:
        return next((one for one in self.customers.values() if one.user_id == user_id), None)

    def add_hidden_customer(self, user_id: str) -> Customer:
        return self.customers.setdefault(user_id, Customer(user_id, None))

    def remember_sent(self, message: SentMessage) -> None:
        self.sent.append(message)
        del self.sent[:-MOST_MESSAGES_KEPT]

    def remember_received(self, wamid: str) -> None:
        self.received_wamids.append(wamid)
        del self.received_wamids[:-MOST_MESSAGES_KEPT]


@dataclass
class Settings:
    auto_statuses: bool | list[Status] = True
    auto_review: bool = False
    status_delay_ms: int = 200
    pair_rate: bool = False

    @property
    def statuses(self) -> list[Status]:
        if isinstance(self.auto_statuses, list):
            return self.auto_statuses
        return ["sent", "delivered", "read"] if self.auto_statuses else []


@dataclass
class State:
    numbers: dict[str, Number] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)

    def with_key(self, api_key: str) -> Number | None:
        return next((number for number in self.numbers.values() if number.api_key == api_key), None)
