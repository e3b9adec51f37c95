"""What stands around the action of an interactive message: header, body and footer."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from kanal.sending.content.media import HeaderDocument, Media
from kanal.sending.content.parts import NOT_BLANK, Strict, Wrong, within


class TextHeader(Strict):
    type: Literal["text"]
    text: Annotated[str, within("interactive.header"), NOT_BLANK]


class ImageHeader(Strict):
    type: Literal["image"]
    image: Media


class VideoHeader(Strict):
    type: Literal["video"]
    video: Media


class DocumentHeader(Strict):
    type: Literal["document"]
    document: HeaderDocument


Header = Annotated[TextHeader | ImageHeader | VideoHeader | DocumentHeader, Field(discriminator="type")]
"""One union wherever a header may stand; which of them a message takes is said by `unfit`."""


def unfit(header: Header | None, kinds: tuple[str, ...], owner: str) -> Iterator[Wrong]:
    """A header of a kind that its owner does not take."""
    if header is not None and header.type not in kinds:
        words = f"must be of type {' or '.join(kinds)}: {owner} takes no {header.type} header"
        yield Wrong(("header",), "header_kind", words)


class InteractiveBody(Strict):
    text: Annotated[str, within("interactive.body"), NOT_BLANK]


class InteractiveFooter(Strict):
    text: Annotated[str, within("interactive.footer"), NOT_BLANK]


class Framed(Strict):
    """A message that may have all of them."""

    header: Header | None = None
    body: InteractiveBody
    footer: InteractiveFooter | None = None
