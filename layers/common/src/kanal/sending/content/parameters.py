"""Parameters of a template's components: one union wherever one may stand, and a table of what goes where."""

from typing import Annotated, Literal, Self

from annotated_types import MinLen
from pydantic import Field, StrictInt, model_validator

from kanal.sending.content.media import HeaderDocument, Media
from kanal.sending.content.parts import (
    NOT_BLANK,
    AnyObject,
    Matching,
    Strict,
    Wrong,
    between,
    refuse,
    within,
)
from kanal.sending.content.plain import Location
from kanal.sending.content.products import Named, ProductSections, wrong_products


class TextParameter(Strict):
    """`parameter_name` where the template names its variables."""

    type: Literal["text"]
    parameter_name: Named | None = None
    text: Annotated[str, MinLen(1)]


class Currency(Strict):
    fallback_value: Named
    code: Annotated[str, Matching(r"^[A-Z]{3}\Z", "must be three capital letters of ISO 4217, such as EUR")]
    amount_1000: StrictInt = Field(description="The amount times 1,000.")


class CurrencyParameter(Strict):
    type: Literal["currency"]
    parameter_name: Named | None = None
    currency: Currency


class DateTime(Strict):
    fallback_value: Named


class DateTimeParameter(Strict):
    type: Literal["date_time"]
    parameter_name: Named | None = None
    date_time: DateTime


class ImageParameter(Strict):
    type: Literal["image"]
    image: Media


class VideoParameter(Strict):
    type: Literal["video"]
    video: Media


class DocumentParameter(Strict):
    type: Literal["document"]
    document: HeaderDocument


class LocationParameter(Strict):
    type: Literal["location"]
    location: Location


class ProductOfCard(Strict):
    catalog_id: Named
    product_retailer_id: Named


class ProductParameter(Strict):
    type: Literal["product"]
    product: ProductOfCard


class PayloadParameter(Strict):
    """Comes back when the button is tapped."""

    type: Literal["payload"]
    payload: Named


class CouponCodeParameter(Strict):
    type: Literal["coupon_code"]
    coupon_code: Annotated[str, within("template.coupon_code"), NOT_BLANK]


class TtlMinutesParameter(Strict):
    type: Literal["ttl_minutes"]
    ttl_minutes: Annotated[StrictInt, between("voice_call.ttl_minutes")]


class ButtonAction(Strict):
    """Of a flow button token and data, of a catalog or multi-product button thumbnail and products."""

    flow_token: Named | None = None
    flow_action_data: AnyObject | None = None
    thumbnail_product_retailer_id: Named | None = None
    sections: ProductSections | None = None

    @model_validator(mode="after")
    def _is_one_list(self) -> Self:
        refuse(wrong_products(self.sections or []))
        return self


class ActionParameter(Strict):
    type: Literal["action"]
    action: ButtonAction


class Offer(Strict):
    expiration_time_ms: Annotated[StrictInt, Field(ge=0)] = Field(description="Milliseconds since 1970.")


class OfferParameter(Strict):
    type: Literal["limited_time_offer"]
    limited_time_offer: Offer


Parameter = Annotated[
    TextParameter
    | CurrencyParameter
    | DateTimeParameter
    | ImageParameter
    | VideoParameter
    | DocumentParameter
    | LocationParameter
    | ProductParameter
    | PayloadParameter
    | CouponCodeParameter
    | TtlMinutesParameter
    | ActionParameter
    | OfferParameter,
    Field(discriminator="type"),
]
Parameters = Annotated[list[Parameter], within("template.parameters")]

TAKEN_BY: dict[str, tuple[str, ...]] = {
    "header": ("text", "image", "video", "document", "location", "product"),
    "body": ("text", "currency", "date_time"),
    "limited_time_offer": ("limited_time_offer",),
    "quick_reply button": ("payload",),
    "url button": ("text",),
    "copy_code button": ("coupon_code",),
    "flow button": ("action",),
    "catalog button": ("action",),
    "mpm button": ("action",),
    "voice_call button": ("payload", "ttl_minutes"),
}
"""Which parameters a component takes. A one-time code goes to a `url` button. Source: WhatsApp, templates."""


def wrong_kinds(owner: str, parameters: list[Parameter] | None) -> list[Wrong]:
    kinds = TAKEN_BY[owner]
    words = f"must be of type {' or '.join(kinds)}: a {owner} takes nothing else"
    return [
        Wrong(("parameters", at), "parameter_kind", words)
        for at, parameter in enumerate(parameters or [])
        if parameter.type not in kinds
    ]
