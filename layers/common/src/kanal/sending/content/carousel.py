"""Cards of a carousel: pictures or films with buttons, or products; all of one shape."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import StrictInt, model_validator

from kanal.sending.content.buttons import Reply, UrlParameters
from kanal.sending.content.frame import Header, unfit
from kanal.sending.content.parts import NOT_BLANK, Strict, Wrong, between, refuse, repeated, within
from kanal.sending.content.products import Named
from kanal.sending.limits import LIMITS


class CardBody(Strict):
    text: Annotated[str, within("carousel.card_body"), NOT_BLANK]

    @model_validator(mode="after")
    def _has_few_lines(self) -> Self:
        most = LIMITS["carousel.card_line_breaks"].most
        if self.text.count("\n") > most:
            refuse([Wrong(("text",), "too_many", f"must have at most {most} line breaks")])
        return self


class QuickReplyButton(Strict):
    type: Literal["quick_reply"]
    quick_reply: Reply


class CardAction(Strict):
    """Of a URL button `name` and `parameters`, of quick replies `buttons`, of a product its two ids."""

    name: Literal["cta_url"] | None = None
    parameters: UrlParameters | None = None
    buttons: Annotated[list[QuickReplyButton], within("carousel.card_buttons")] | None = None
    catalog_id: Named | None = None
    product_retailer_id: Named | None = None

    @property
    def kind(self) -> str | None:
        given = frozenset(name for name, value in self if value is not None)
        return _KINDS.get(given)

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        if self.kind is None:
            words = (
                "needs either name and parameters (a URL button), or buttons (quick replies),"
                " or catalog_id and product_retailer_id (a product)"
            )
            refuse([Wrong((), "card_kind", words)])
        return self


_KINDS = {
    frozenset({"name", "parameters"}): "cta_url",
    frozenset({"buttons"}): "quick_reply",
    frozenset({"catalog_id", "product_retailer_id"}): "product",
}


class Card(Strict):
    card_index: Annotated[StrictInt, between("card_index")]
    type: Literal["cta_url", "product"] | None = None
    header: Header | None = None
    body: CardBody | None = None
    action: CardAction

    @property
    def shape(self) -> tuple[object, ...]:
        return (self.action.kind, self.header and self.header.type, len(self.action.buttons or ()))

    @model_validator(mode="after")
    def _fits_its_action(self) -> Self:
        refuse(self._wrong_product() if self.action.kind == "product" else self._wrong_media())
        return self

    def _wrong_product(self) -> Iterator[Wrong]:
        if self.type != "product":
            yield Wrong(("type",), "card_kind", "must be product, as the action names one")
        for name in ("header", "body"):
            if getattr(self, name) is not None:
                yield Wrong((name,), "unused", "is not taken with a product, which shows itself; remove it")

    def _wrong_media(self) -> Iterator[Wrong]:
        if self.type == "product":
            yield Wrong(("type",), "card_kind", "may be product only where the action names one")
        if self.header is None:
            yield Wrong(("header",), "missing", "is required: an image or a video")
        yield from unfit(self.header, ("image", "video"), "a card")


class CarouselAction(Strict):
    cards: Annotated[list[Card], within("carousel.cards")]

    @model_validator(mode="after")
    def _are_alike(self) -> Self:
        indexes = ((("cards", at, "card_index"), card.card_index) for at, card in enumerate(self.cards))
        refuse(repeated(indexes, "card_index"), unlike([card.shape for card in self.cards]))
        return self


def unlike(shapes: Sequence[object]) -> Iterator[Wrong]:
    """Cards that are not built as the first one is."""
    for at, shape in enumerate(shapes):
        if shape != shapes[0]:
            words = "must be built as the first card is: the same header and the same buttons on all cards"
            yield Wrong(("cards", at), "card_shape", words)
