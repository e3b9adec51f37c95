"""Bodies of the routes of messages. Content uses WhatsApp's own objects, which stand in `content`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, StrictBool, StringConstraints, model_validator

from kanal.sending.content.contacts import ContactCards
from kanal.sending.content.frame import Header
from kanal.sending.content.interactive import Interactive
from kanal.sending.content.media import Audio, Captioned, Document, Media
from kanal.sending.content.parameters import Parameter
from kanal.sending.content.parts import Strict, refuse, within
from kanal.sending.content.plain import Location, Quoted, Reaction, Text
from kanal.sending.content.template import CardComponent, Component, TemplateContent
from kanal.sending.options import OPTIONS, Options, of_a_template

Recipient = Annotated[str, StringConstraints(strip_whitespace=True), within("recipient")]


class _Addressed(Options):
    to: Recipient = Field(
        description="Phone number with country code, contact id, or business-scoped user id."
    )

    def as_json(self) -> dict[str, Any]:
        """The message itself, without what was left out and without its options."""
        return self.model_dump(mode="json", exclude_none=True, exclude=set(OPTIONS))


class _Answering(_Addressed):
    context: Quoted | None = None


class TextMessage(_Answering):
    type: Literal["text"]
    text: Text


class ImageMessage(_Answering):
    type: Literal["image"]
    image: Captioned


class VideoMessage(_Answering):
    type: Literal["video"]
    video: Captioned


class AudioMessage(_Answering):
    type: Literal["audio"]
    audio: Audio


class DocumentMessage(_Answering):
    type: Literal["document"]
    document: Document


class StickerMessage(_Answering):
    type: Literal["sticker"]
    sticker: Media


class LocationMessage(_Answering):
    type: Literal["location"]
    location: Location


class ContactsMessage(_Answering):
    type: Literal["contacts"]
    contacts: ContactCards


class InteractiveMessage(_Answering):
    type: Literal["interactive"]
    interactive: Interactive


class TemplateMessage(_Answering):
    """WhatsApp takes a `context` beside it but does not show the quoted message."""

    type: Literal["template"]
    template: TemplateContent

    @model_validator(mode="after")
    def _needs_no_window(self) -> Self:
        refuse(of_a_template(self))
        return self


class ReactionMessage(_Addressed):
    """Names its target itself and quotes nothing."""

    type: Literal["reaction"]
    reaction: Reaction


OutboundMessage = (
    TextMessage
    | ImageMessage
    | VideoMessage
    | AudioMessage
    | DocumentMessage
    | StickerMessage
    | LocationMessage
    | ContactsMessage
    | InteractiveMessage
    | TemplateMessage
    | ReactionMessage
)
SendMessage = Annotated[OutboundMessage, Field(discriminator="type")]


class MarkRead(Strict):
    """`typing_indicator` shows that somebody is typing, until the answer or for 25 seconds."""

    typing_indicator: StrictBool = False


def _tags(union: Any) -> tuple[str, ...]:
    """The values of `type` in a union, which may be annotated."""
    members = get_args(union)
    while not isinstance(members[0], type):
        members = get_args(members[0])
    return tuple(get_args(member.model_fields["type"].annotation)[0] for member in members)


_IN_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "/template/components/*": _tags(Component),
    "/template/components/*/parameters/*": _tags(Parameter),
    "/template/components/*/cards/*/components/*": _tags(CardComponent),
    "/template/components/*/cards/*/components/*/parameters/*": _tags(Parameter),
}
TAGGED_UNIONS: Mapping[str, tuple[str, ...]] = {
    "": _tags(SendMessage),
    "/interactive": _tags(Interactive),
    "/interactive/header": _tags(Header),
    "/interactive/action/cards/*/header": _tags(Header),
    **_IN_TEMPLATES,
    **{f"/if_window_closed{place}": tags for place, tags in _IN_TEMPLATES.items()},
}
"""Where a body is one of several shapes, and the values of `type` that say which; `*` is any list entry."""
