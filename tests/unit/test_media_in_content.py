"""Uploads named in a content: found wherever WhatsApp takes a media object, and nowhere else."""

from typing import Any

import pytest

from kanal.ids import MediaId
from kanal.sending.content.media import media_ids, with_provider_ids

ONE, TWO = MediaId("med_" + "a" * 26), MediaId("med_" + "b" * 26)


def _parameters(*kinds: str) -> dict[str, Any]:
    return {"type": "header", "parameters": [{"type": kind, kind: {"id": ONE}} for kind in kinds]}


CONTENTS: list[tuple[str, Any]] = [
    *((kind, {"id": ONE}) for kind in ("image", "video", "audio", "document", "sticker")),
    ("image", {"id": ONE, "caption": TWO}),
    *(
        ("interactive", {"type": "button", "header": {"type": kind, kind: {"id": ONE}}})
        for kind in ("image", "video", "document")
    ),
    ("interactive", {"action": {"cards": [{"header": {"type": "image", "image": {"id": ONE}}}] * 2}}),
    ("interactive", {"action": {"cards": [{"header": {"type": "video", "video": {"id": ONE}}}]}}),
    *(("template", {"components": [_parameters(kind)]}) for kind in ("image", "video", "document")),
    (
        "template",
        {"components": [{"type": "carousel", "cards": [{"components": [_parameters("image", "video")]}]}]},
    ),
]


@pytest.mark.parametrize(("kind", "content"), CONTENTS)
def test_an_upload_is_found_and_replaced_wherever_media_may_stand(kind: str, content: Any) -> None:
    """The worker sends the provider's id; what is stored keeps ours."""
    before = repr(content)
    assert media_ids(kind, content) == [ONE]
    sent = with_provider_ids(kind, content, {ONE: "1234"})
    assert repr(sent) == before.replace(ONE, "1234")
    assert repr(content) == before


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("image", {"link": "https://example.com/a.png"}),
        ("text", {"body": ONE}),
        ("text", {"image": {"id": ONE}}),
        (
            "interactive",
            {"action": {"parameters": {"flow_action_payload": {"data": {"image": {"id": ONE}}}}}},
        ),
        ("interactive", {"action": {"buttons": [{"type": "reply", "reply": {"id": ONE}}]}}),
        ("template", {"components": [{"parameters": [{"type": "payload", "payload": ONE}]}]}),
        ("image", {"id": "1234"}),
        ("image", {"id": None}),
        ("image", None),
        ("interactive", {"header": [], "action": {"cards": {"*": {}}}}),
        ("pigeon", {"id": ONE}),
    ],
)
def test_what_is_no_upload_stays_as_it_is(kind: str, content: Any) -> None:
    """A text of the caller's that looks like an id is a text."""
    assert media_ids(kind, content) == []
    assert with_provider_ids(kind, content, {}) == content


def test_uploads_are_named_once_and_in_order() -> None:
    """However often one is used, it is uploaded once."""
    cards = [{"header": {"type": "image", "image": {"id": one}}} for one in (TWO, ONE, TWO)]
    assert media_ids("interactive", {"action": {"cards": cards}}) == [TWO, ONE]
