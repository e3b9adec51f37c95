"""WhatsApp's table of files: types, sizes at their edges, and how such files begin."""

import pytest

from kanal.media.kinds import (
    KB,
    MB,
    MOST_STATIC_STICKER_BYTES,
    RULES,
    SIGNATURES,
    Kind,
    wrong_content,
    wrong_size,
    wrong_type,
)

LIMITS: dict[Kind, int] = {
    "image": 5 * MB,
    "video": 16 * MB,
    "audio": 16 * MB,
    "document": 100 * MB,
    "sticker": 500 * KB,
}
TYPES: dict[Kind, list[str]] = {
    "image": ["image/jpeg", "image/png"],
    "video": ["video/mp4", "video/3gpp"],
    "audio": ["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/ogg; codecs=opus"],
    "document": ["application/pdf", "text/plain", "application/msword", "image/png", "text/csv"],
    "sticker": ["image/webp"],
}
NOT: dict[Kind, list[str]] = {
    "image": ["image/webp", "image/gif", "image", "application/pdf", ""],
    "video": ["video/quicktime", "audio/mp4"],
    "audio": ["audio/wav", "video/mp4"],
    "document": ["pdf", "", "application/", "application/pdf\r\nx: y", "/pdf"],
    "sticker": ["image/png"],
}
_OFFICE = "application/vnd.openxmlformats-officedocument"
HEADS: dict[str, bytes] = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "video/mp4": b"\x00\x00\x00\x20ftypisom",
    "video/3gpp": b"\x00\x00\x00\x18ftyp3gp4",
    "audio/mp4": b"\x00\x00\x00\x20ftypM4A ",
    "audio/aac": b"\xff\xf1\x50\x80",
    "audio/amr": b"#!AMR\n",
    "audio/mpeg": b"ID3\x04",
    "audio/ogg": b"OggS" + b"\0" * 24 + b"OpusHead",
    "application/pdf": b"%PDF-1.7\n",
    "application/msword": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "application/vnd.ms-excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "application/vnd.ms-powerpoint": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    f"{_OFFICE}.wordprocessingml.document": b"PK\x03\x04",
    f"{_OFFICE}.spreadsheetml.sheet": b"PK\x03\x04",
    f"{_OFFICE}.presentationml.presentation": b"PK\x03\x04",
    "text/plain": "Grüße".encode(),
}
OTHER_HEADS: dict[str, bytes] = {
    "audio/ogg": b"OggS" + b"\0" * 24 + b"\x01vorbis",
    "text/plain": b"text\x00binary",
}
"""What is nearly right."""


@pytest.mark.parametrize("kind", RULES)
def test_a_size_is_taken_up_to_the_limit(kind: Kind) -> None:
    most = LIMITS[kind]
    assert [wrong_size(kind, size) is None for size in (0, 1, most - 1, most, most + 1)] == [
        False, True, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("kind", RULES)
def test_a_kind_takes_its_types_and_no_others(kind: Kind) -> None:
    assert [mime for mime in TYPES[kind] if wrong_type(kind, mime)] == []
    assert [mime for mime in NOT[kind] if not wrong_type(kind, mime)] == []


def test_every_documented_type_has_a_signature_with_an_example() -> None:
    documented = set[str]().union(*(rule.mime_types or () for rule in RULES.values()))
    assert documented <= SIGNATURES.keys() == HEADS.keys()


@pytest.mark.parametrize("mime_type", HEADS)
def test_a_file_begins_as_its_type_does(mime_type: str) -> None:
    assert wrong_content("document", mime_type, 100, HEADS[mime_type]) is None
    other = OTHER_HEADS.get(mime_type, b"<html>\x00")
    assert "does not begin" in str(wrong_content("document", mime_type, 100, other))


def test_of_other_types_anything_is_taken() -> None:
    assert wrong_content("document", "application/x-unknown", 100, b"\x00anything") is None


@pytest.mark.parametrize(
    ("size", "head", "fine"),
    [
        (MOST_STATIC_STICKER_BYTES, HEADS["image/webp"], True),
        (MOST_STATIC_STICKER_BYTES + 1, HEADS["image/webp"], False),
        (500 * KB, b"RIFF\x24\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00", True),
        (500 * KB, b"RIFF\x24\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00", False),
    ],
)
def test_a_sticker_may_be_large_only_if_it_moves(size: int, head: bytes, fine: bool) -> None:
    assert (wrong_content("sticker", "image/webp", size, head) is None) is fine
