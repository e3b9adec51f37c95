"""Template messages: name, language, and what is filled into each component.

Whether it all fits the approved template is checked by `kanal.templates.parameters`.
"""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StrictInt, model_validator

from kanal.sending.content.carousel import unlike
from kanal.sending.content.parameters import Parameters, wrong_kinds
from kanal.sending.content.parts import Matching, Strict, between, refuse, repeated, within


def _as_text(value: object) -> object:
    """WhatsApp's examples write the index both ways."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class HeaderComponent(Strict):
    type: Literal["header"]
    parameters: Parameters | None = None

    @model_validator(mode="after")
    def _takes_these(self) -> Self:
        refuse(wrong_kinds("header", self.parameters))
        return self


class BodyComponent(Strict):
    type: Literal["body"]
    parameters: Parameters | None = None

    @model_validator(mode="after")
    def _takes_these(self) -> Self:
        refuse(wrong_kinds("body", self.parameters))
        return self


class ButtonComponent(Strict):
    type: Literal["button"]
    sub_type: Literal["quick_reply", "url", "copy_code", "flow", "catalog", "mpm", "voice_call"]
    index: Annotated[
        str,
        BeforeValidator(_as_text),
        Matching(r"^[0-9]\Z", "must be the place of the button, from 0 to 9"),
    ]
    parameters: Parameters | None = None

    @model_validator(mode="after")
    def _takes_these(self) -> Self:
        refuse(wrong_kinds(f"{self.sub_type} button", self.parameters))
        return self


class OfferComponent(Strict):
    type: Literal["limited_time_offer"]
    parameters: Parameters | None = None

    @model_validator(mode="after")
    def _takes_these(self) -> Self:
        refuse(wrong_kinds("limited_time_offer", self.parameters))
        return self


CardComponent = Annotated[HeaderComponent | BodyComponent | ButtonComponent, Field(discriminator="type")]


class TemplateCard(Strict):
    card_index: Annotated[StrictInt, between("card_index")]
    components: Annotated[list[CardComponent], within("template.components")]

    @property
    def shape(self) -> list[tuple[str, str, int]]:
        return [
            (part.type, getattr(part, "sub_type", ""), len(part.parameters or ())) for part in self.components
        ]


class CarouselComponent(Strict):
    type: Literal["carousel"]
    cards: Annotated[list[TemplateCard], within("template.cards")]

    @model_validator(mode="after")
    def _are_alike(self) -> Self:
        indexes = ((("cards", at, "card_index"), card.card_index) for at, card in enumerate(self.cards))
        refuse(repeated(indexes, "card_index"), unlike([card.shape for card in self.cards]))
        return self


Component = Annotated[
    HeaderComponent | BodyComponent | ButtonComponent | OfferComponent | CarouselComponent,
    Field(discriminator="type"),
]


class Language(Strict):
    code: Annotated[
        str,
        Matching(
            r"^[a-z]{2,3}(_[A-Z]{2})?\Z", "must be a language as WhatsApp writes it, such as en or pt_BR"
        ),
    ]
    policy: Literal["deterministic"] = "deterministic"


class TemplateContent(Strict):
    name: Annotated[
        str,
        Matching(r"^[a-z0-9_]{1,512}\Z", "must be 1 to 512 lower-case letters, digits and underscores"),
    ]
    language: Language
    components: Annotated[list[Component], within("template.components")] | None = None
