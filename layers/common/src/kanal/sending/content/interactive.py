"""Interactive messages: one model for each `type` of WhatsApp's interactive object."""

from typing import Annotated, Literal

from pydantic import Field

from kanal.sending.content.asking import (
    CallPermissionInteractive,
    ContactInfoRequestInteractive,
    LocationRequestInteractive,
)
from kanal.sending.content.carousel import CarouselAction
from kanal.sending.content.choices import ButtonInteractive, ListInteractive
from kanal.sending.content.commerce import CatalogInteractive, ProductInteractive, ProductListInteractive
from kanal.sending.content.frame import InteractiveBody
from kanal.sending.content.links import FlowInteractive, UrlInteractive, VoiceCallInteractive
from kanal.sending.content.parts import Strict


class CarouselInteractive(Strict):
    """Header, footer and buttons stand in its cards."""

    type: Literal["carousel"]
    body: InteractiveBody
    action: CarouselAction


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
