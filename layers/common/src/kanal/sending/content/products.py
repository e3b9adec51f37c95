"""Sections of products, as multi-product messages and multi-product template buttons list them."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from kanal.sending.content.parts import NOT_BLANK, Strict, Wrong, too_many, within

Named = Annotated[str, NOT_BLANK]
"""Something that WhatsApp or a catalog knows by this name or id."""


class Product(Strict):
    product_retailer_id: Named


class ProductSection(Strict):
    title: Annotated[str, within("products.section_title"), NOT_BLANK] | None = None
    product_items: Annotated[list[Product], within("products.products")]


ProductSections = Annotated[list[ProductSection], within("products.sections")]


def wrong_products(sections: Sequence[ProductSection]) -> Iterator[Wrong]:
    yield from untitled([section.title for section in sections])
    count = sum(len(section.product_items) for section in sections)
    yield from too_many(("sections",), count, "products.products")


def untitled(titles: Sequence[str | None]) -> Iterator[Wrong]:
    """Sections without a title, where there are several."""
    for number, title in enumerate(titles):
        if title is None and len(titles) > 1:
            words = "is required: with more than one section each needs a title"
            yield Wrong(("sections", number, "title"), "missing", words)
