"""What the control interface takes, checked strictly: a typing error must not pass as a wish."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from local.simulator.faults import Kind, Where
from local.simulator.media import from_base64
from local.simulator.numbers import Health, Status
from local.simulator.phones import USER_ID, digits_of, is_phone


def _phone_digits(text: str) -> str:
    if not is_phone(text):
        raise ValueError("must be a phone number in international form, like +4915112345678")
    return digits_of(text)


def _customer_address(text: str) -> str:
    return text if USER_ID.match(text) else _phone_digits(text)


Phone = Annotated[str, AfterValidator(_phone_digits)]
Customer = Annotated[str, AfterValidator(_customer_address)]


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_by_name=True)


class TemplateInput(Input):
    """As WhatsApp shows a template; the id is made."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,512}$")
    language: str = Field(pattern=r"^[a-z]{2,3}(_[A-Z]{2,3})?$")
    category: Literal["UTILITY", "MARKETING", "AUTHENTICATION"] = "UTILITY"
    status: str = Field("APPROVED", pattern=r"^[A-Z_]+$")
    components: list[dict[str, Any]] = [{"type": "BODY", "text": "Hello from the simulator."}]


class NumberInput(Input):
    phone_number: Phone
    display_name: str | None = Field(None, min_length=1)
    api_key: str | None = Field(None, min_length=1)
    messages_per_second: int | None = Field(None, ge=1, le=10_000)
    health: Health | None = None
    templates: list[TemplateInput] | None = None


class MessageInput(BaseModel):
    """WhatsApp's own message object; anything may stand in it, as long as it has a type."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(min_length=1)


class InboundInput(Input):
    phone_number: Phone
    sender: Customer = Field(alias="from")
    profile_name: str | None = None
    message: MessageInput


class MediaInput(Input):
    """A file that a customer is about to send: the bytes, or how many made-up ones."""

    phone_number: Phone
    mime_type: str = Field(min_length=1)
    content_base64: str | None = None
    size_bytes: int | None = Field(None, ge=1, le=200 * 1024 * 1024)

    @property
    def content(self) -> bytes:
        return from_base64(self.content_base64) if self.content_base64 else b"x" * (self.size_bytes or 0)

    @model_validator(mode="after")
    def has_bytes(self) -> "MediaInput":
        if not self.content:
            raise ValueError("content_base64 or size_bytes is required")
        return self


class WebhookInput(Input):
    phone_number: Phone
    body: Any
    times: int = Field(1, ge=1, le=1000)


class FaultInput(Input):
    """Without times, every matching call fails until the faults are cleared."""

    on: Where
    kind: Kind
    status: int | None = Field(None, ge=200, le=599)
    body: Any = None
    headers: dict[str, str] = {}
    delay_ms: int | None = Field(None, ge=0, le=600_000)
    accepted: bool = True
    times: int | None = Field(None, ge=1)
    probability: float = Field(1.0, gt=0, le=1)
    to: Customer | None = None
    phone_number: Phone | None = None

    @model_validator(mode="after")
    def fits_together(self) -> "FaultInput":
        if self.kind == "status" and self.status is None:
            raise ValueError("status is required with kind status")
        if self.kind == "delay" and self.delay_ms is None:
            raise ValueError("delay_ms is required with kind delay")
        if self.to and self.on != "messages":
            raise ValueError("to is only possible with on messages")
        return self


class ReviewInput(Input):
    phone_number: Phone
    name: str
    language: str
    status: str = Field(pattern=r"^[A-Z_]+$")
    reason: str | None = None
    rejection_info: dict[str, Any] | None = None
    webhook: bool = True


class SettingsInput(Input):
    """auto_statuses may also be the list of those wanted; auto_review approves pending templates."""

    auto_statuses: bool | list[Status] | None = None
    auto_review: bool | None = None
    status_delay_ms: int | None = Field(None, ge=0, le=600_000)
    pair_rate: bool | None = None
