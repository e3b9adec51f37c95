"""Interactive messages: one model for each `type` of WhatsApp's interactive object."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, model_validator

from kanal.sending.content.buttons import Reply, UrlParameters
from kanal.sending.content.carousel import CarouselAction
from kanal.sending.content.headers import Header, unfit
from kanal.sending.content.parts import (
    NOT_BLANK,
    AnyObject,
    Strict,
    Wrong,
    between,
    exactly_one,
    refuse,
    repeated,
    too_many,
    within,
)
from kanal.sending.content.products import Named, ProductSections, untitled, wrong_products


class InteractiveBody(Strict):
    text: Annotated[str, within("interactive.body"), NOT_BLANK]


class InteractiveFooter(Strict):
    text: Annotated[str, within("interactive.footer"), NOT_BLANK]


class _Full(Strict):
    """What has header, body and footer."""

    header: Header | None = None
    body: InteractiveBody
    footer: InteractiveFooter | None = None


# --- reply buttons ---


class ReplyButton(Strict):
    type: Literal["reply"]
    reply: Reply


class ReplyButtons(Strict):
    buttons: Annotated[list[ReplyButton], within("button.buttons")]

    @model_validator(mode="after")
    def _are_told_apart(self) -> Self:
        replies = [(("buttons", at, "reply"), button.reply) for at, button in enumerate(self.buttons)]
        refuse(
            repeated((((*where, "id"), reply.id) for where, reply in replies), "id"),
            repeated((((*where, "title"), reply.title) for where, reply in replies), "title"),
        )
        return self


class ButtonInteractive(_Full):
    type: Literal["button"]
    action: ReplyButtons


# --- list ---


class Row(Strict):
    id: Annotated[str, within("list.row_id"), NOT_BLANK]
    title: Annotated[str, within("list.row_title"), NOT_BLANK]
    description: Annotated[str, within("list.row_description"), NOT_BLANK] | None = None


class RowSection(Strict):
    title: Annotated[str, within("list.section_title"), NOT_BLANK] | None = None
    rows: Annotated[list[Row], within("list.rows")]


class ListAction(Strict):
    button: Annotated[str, within("list.button"), NOT_BLANK]
    sections: Annotated[list[RowSection], within("list.sections")]

    @model_validator(mode="after")
    def _is_one_list(self) -> Self:
        ids = [
            (("sections", number, "rows", at, "id"), row.id)
            for number, section in enumerate(self.sections)
            for at, row in enumerate(section.rows)
        ]
        refuse(
            untitled([section.title for section in self.sections]),
            repeated(ids, "row id"),
            too_many(("sections",), len(ids), "list.rows"),
        )
        return self


class ListInteractive(_Full):
    type: Literal["list"]
    action: ListAction

    @model_validator(mode="after")
    def _has_a_text_header(self) -> Self:
        refuse(unfit(self.header, ("text",), "a list"))
        return self


# --- links and flows ---


class UrlAction(Strict):
    name: Literal["cta_url"]
    parameters: UrlParameters


class UrlInteractive(_Full):
    type: Literal["cta_url"]
    action: UrlAction


class FlowPayload(Strict):
    screen: Named | None = None
    data: Annotated[AnyObject, Field(min_length=1)] | None = None


class FlowParameters(Strict):
    flow_message_version: Literal["3"]
    flow_id: Named | None = None
    flow_name: Named | None = None
    flow_cta: Annotated[str, within("flow.cta"), NOT_BLANK]
    flow_token: Named | None = None
    mode: Literal["draft", "published"] | None = None
    flow_action: Literal["navigate", "data_exchange"] | None = None
    flow_action_payload: FlowPayload | None = None

    @model_validator(mode="after")
    def _is_one_flow(self) -> Self:
        words = "needs either a flow_id or a flow_name, not both"
        refuse(exactly_one(self, ("flow_id", "flow_name"), words), self._unused_payload())
        return self

    def _unused_payload(self) -> list[Wrong]:
        if self.flow_action != "data_exchange" or self.flow_action_payload is None:
            return []
        words = "is only for the flow_action navigate; remove it, the flow asks your endpoint"
        return [Wrong(("flow_action_payload",), "unused", words)]


class FlowAction(Strict):
    name: Literal["flow"]
    parameters: FlowParameters


class FlowInteractive(_Full):
    type: Literal["flow"]
    action: FlowAction


# --- products ---


class ProductAction(Strict):
    catalog_id: Named
    product_retailer_id: Named


class ProductInteractive(Strict):
    """WhatsApp shows the product in place of a header."""

    type: Literal["product"]
    body: InteractiveBody | None = None
    footer: InteractiveFooter | None = None
    action: ProductAction


class ProductListAction(Strict):
    catalog_id: Named
    sections: ProductSections

    @model_validator(mode="after")
    def _is_one_list(self) -> Self:
        refuse(wrong_products(self.sections))
        return self


class ProductListInteractive(Strict):
    type: Literal["product_list"]
    header: Header
    body: InteractiveBody
    footer: InteractiveFooter | None = None
    action: ProductListAction

    @model_validator(mode="after")
    def _has_a_text_header(self) -> Self:
        refuse(unfit(self.header, ("text",), "a product list"))
        return self


class CatalogParameters(Strict):
    thumbnail_product_retailer_id: Named


class CatalogAction(Strict):
    name: Literal["catalog_message"]
    parameters: CatalogParameters | None = None


class CatalogInteractive(Strict):
    type: Literal["catalog_message"]
    body: InteractiveBody
    footer: InteractiveFooter | None = None
    action: CatalogAction


class CarouselInteractive(Strict):
    """Header, footer and buttons stand in its cards."""

    type: Literal["carousel"]
    body: InteractiveBody
    action: CarouselAction


# --- requests and calls ---


class LocationAction(Strict):
    name: Literal["send_location"]


class LocationRequestInteractive(Strict):
    type: Literal["location_request_message"]
    body: InteractiveBody
    action: LocationAction


class ContactInfoAction(Strict):
    name: Literal["request_contact_info"]


class ContactInfoRequestInteractive(Strict):
    """Asks for the phone number. Older texts of WhatsApp call the type `contact_request`."""

    type: Literal["request_contact_info"]
    body: InteractiveBody
    action: ContactInfoAction


class VoiceCallParameters(Strict):
    display_text: Annotated[str, within("voice_call.display_text"), NOT_BLANK] | None = None
    ttl_minutes: Annotated[StrictInt, between("voice_call.ttl_minutes")] | None = None
    payload: Annotated[str, within("voice_call.payload"), NOT_BLANK] | None = None


class VoiceCallAction(Strict):
    name: Literal["voice_call"]
    parameters: VoiceCallParameters | None = None


class VoiceCallInteractive(Strict):
    """A button with which the person calls the business."""

    type: Literal["voice_call"]
    body: InteractiveBody
    action: VoiceCallAction


class CallPermissionAction(Strict):
    name: Literal["call_permission_request"]


class CallPermissionInteractive(Strict):
    type: Literal["call_permission_request"]
    body: InteractiveBody | None = None
    action: CallPermissionAction


Interactive = Annotated[
    ButtonInteractive
    | ListInteractive
    | UrlInteractive
    | FlowInteractive
    | ProductInteractive
    | ProductListInteractive
    | CatalogInteractive
    | CarouselInteractive
    | LocationRequestInteractive
    | ContactInfoRequestInteractive
    | VoiceCallInteractive
    | CallPermissionInteractive,
    Field(discriminator="type"),
]
