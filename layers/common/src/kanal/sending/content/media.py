"""Media objects: a file by link or by the id of an upload, and where in a content they stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import StrictBool, model_validator

from kanal.ids import MEDIA_ID, MediaId
from kanal.sending.content.parts import HTTPS, NOT_BLANK, Matching, Strict, exactly_one, refuse, within

_UPLOADED = Matching(
    rf"^{MEDIA_ID.pattern}\Z",
    "must be an id of Kanal (med_...): upload the file through POST /v1/channels/{channel_id}/media, or give"
    " a link. Media ids of WhatsApp or 360dialog are not taken",
)

Caption = Annotated[str, within("caption"), NOT_BLANK]
Filename = Annotated[str, within("filename"), NOT_BLANK]


class Media(Strict):
    """A file: a sticker, or a picture or film in a header."""

    id: Annotated[str, _UPLOADED] | None = None
    link: Annotated[str, within("link"), HTTPS] | None = None

    @model_validator(mode="after")
    def _is_one_file(self) -> Self:
        words = (
            "needs either an id (of an upload to POST /v1/channels/{channel_id}/media) or a link, not both"
        )
        refuse(exactly_one(self, ("id", "link"), words))
        return self


class Captioned(Media):
    """An image or a video."""

    caption: Caption | None = None


class Audio(Media):
    """`voice` shows it as a voice message; that needs .ogg with the OPUS codec."""

    voice: StrictBool | None = None


class HeaderDocument(Media):
    filename: Filename | None = None


class Document(HeaderDocument):
    """The ending of `filename` decides the icon."""

    caption: Caption | None = None


# --- where they stand ---

_IN_PARAMETERS = ("parameters/*/image", "parameters/*/video", "parameters/*/document")
_MEDIA_AT: Mapping[str, tuple[str, ...]] = {
    "image": ("",),
    "video": ("",),
    "audio": ("",),
    "document": ("",),
    "sticker": ("",),
    "interactive": (
        "header/image",
        "header/video",
        "header/document",
        "action/cards/*/header/image",
        "action/cards/*/header/video",
    ),
    "template": (
        *(f"components/*/{path}" for path in _IN_PARAMETERS),
        *(f"components/*/cards/*/components/*/{path}" for path in _IN_PARAMETERS),
    ),
}
"""By type of message; `*` is every entry of a list. An id anywhere else is the caller's own text."""


@dataclass(frozen=True)
class Use:
    """Where an upload stands in a content, and what has to stand there (`image`, `document`, ...)."""

    media_id: MediaId
    kind: str
    pointer: str


def media_uses(message_type: str, content: Any) -> list[Use]:
    """Every place in which the content names an upload, in its order."""
    found: list[Use] = []

    def note(use: Use) -> str:
        found.append(use)
        return use.media_id

    _with_ids(message_type, content, note)
    return found


def media_ids(message_type: str, content: Any) -> list[MediaId]:
    """The uploads that the content names, in its order, each once."""
    return list(dict.fromkeys(use.media_id for use in media_uses(message_type, content)))


def with_provider_ids(message_type: str, content: Any, provider_ids: Mapping[MediaId, str]) -> Any:
    """A copy of the content in which the provider's ids stand for ours. Raises KeyError."""
    return _with_ids(message_type, content, lambda use: provider_ids[use.media_id])


def _with_ids(message_type: str, content: Any, replaced: Callable[[Use], str]) -> Any:
    for path in _MEDIA_AT.get(message_type, ()):
        content = _at(content, path.split("/") if path else [], [message_type], replaced)
    return content


def _at(value: Any, path: list[str], behind: list[str], replaced: Callable[[Use], str]) -> Any:
    """`behind` are the steps that led here from the message."""
    if not path:
        if not isinstance(value, dict) or not MEDIA_ID.fullmatch(str(value.get("id"))):
            return value
        use = Use(MediaId(value["id"]), behind[-1], "".join(f"/{step}" for step in [*behind, "id"]))
        return {**value, "id": replaced(use)}
    step, rest = path[0], path[1:]
    if step == "*":
        if not isinstance(value, list):
            return value
        return [_at(entry, rest, [*behind, str(place)], replaced) for place, entry in enumerate(value)]
    if not isinstance(value, dict) or step not in value:
        return value
    return {**value, step: _at(value[step], rest, [*behind, step], replaced)}
