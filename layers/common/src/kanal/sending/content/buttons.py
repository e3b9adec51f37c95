"""What stands on a button: a reply that comes back, or a web address that opens."""

from typing import Annotated

from kanal.sending.content.parts import NOT_BLANK, WEB, Strict, within


class Reply(Strict):
    """`id` comes back when the button is tapped."""

    id: Annotated[str, within("button.id"), NOT_BLANK]
    title: Annotated[str, within("button.title"), NOT_BLANK]


class UrlParameters(Strict):
    display_text: Annotated[str, within("cta_url.display_text"), NOT_BLANK]
    url: Annotated[str, within("link"), WEB]
