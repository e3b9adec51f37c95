"""Contents without parts of their own: text, location, reaction."""

from typing import Annotated

from pydantic import Field, StrictBool, StrictFloat

from kanal.sending.content.parts import NOT_BLANK, Matching, Strict, between, within

MessageRef = Annotated[
    str,
    within("message_id"),
    Matching(r"^[\x21-\x7e]+\Z", "must be a message's id: of Kanal (msg_...) or of WhatsApp (wamid...)"),
]
_EMOJI = Matching(r"^$|^\S*[^\x00-\x7f]\S*\Z", "must be one emoji; an empty text takes the reaction back")


class Text(Strict):
    body: Annotated[str, within("text.body"), NOT_BLANK]
    preview_url: StrictBool | None = Field(
        None, description="Whether the first address in the text is shown."
    )


class Location(Strict):
    """In degrees; `name` and `address` are shown under the map."""

    latitude: Annotated[StrictFloat, between("location.latitude")]
    longitude: Annotated[StrictFloat, between("location.longitude")]
    name: Annotated[str, NOT_BLANK] | None = None
    address: Annotated[str, NOT_BLANK] | None = None


class Reaction(Strict):
    message_id: MessageRef = Field(description="What is reacted to: `msg_...` or WhatsApp's id.")
    emoji: Annotated[str, within("reaction.emoji"), _EMOJI] = Field(
        description="An empty text takes the reaction back."
    )


class Quoted(Strict):
    """The message that is answered. WhatsApp shows it above the answer unless it is older than 30 days."""

    message_id: MessageRef = Field(description="`msg_...` or WhatsApp's id.")
