"""Interactive messages that show products of a catalog."""

from typing import Literal, Self

from pydantic import model_validator

from kanal.sending.content.frame import Header, InteractiveBody, InteractiveFooter, unfit
from kanal.sending.content.parts import Strict, refuse
from kanal.sending.content.products import Named, ProductSections, wrong_products


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
