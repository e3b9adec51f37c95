"""Where a file may be fetched from, and how hashes are read."""

import base64
import hashlib

import pytest

from kanal.media.model import announced, digest_of
from kanal.providers.dialog360_media import attachment_target

PROVIDER = "https://waba-v2.360dialog.io"
QUERY = "mid=1&ext=2&hash=a%2Fb"
PATH = "/whatsapp_business/attachments/"

GOOD = [
    f"https://lookaside.fbsbx.com{PATH}?{QUERY}",
    f"https://lookaside.fbsbx.com:443{PATH}?{QUERY}",
    f"https://LOOKASIDE.fbsbx.com{PATH}?{QUERY}",
    f"{PROVIDER}{PATH}?{QUERY}",
]
BAD = [
    f"http://lookaside.fbsbx.com{PATH}?{QUERY}",
    f"https://lookaside.fbsbx.com:8443{PATH}?{QUERY}",
    f"https://lookaside.fbsbx.com.evil.example{PATH}?{QUERY}",
    f"https://evil.example{PATH}?{QUERY}",
    f"https://lookaside.fbsbx.com@evil.example{PATH}?{QUERY}",
    f"https://user:word@lookaside.fbsbx.com{PATH}?{QUERY}",
    f"https://evil.example\\@lookaside.fbsbx.com{PATH}?{QUERY}",
    f"https://lookaside.fbsbx.com/messages?{QUERY}",
    f"https://lookaside.fbsbx.com{PATH}../../messages?{QUERY}",
    f"https://lookaside.fbsbx.com{PATH}%2e%2e/%2E./v1/configs/webhook",
    f"https://lookaside.fbsbx.com{PATH}..%2fmessages",
    f"https://lookaside.fbsbx.com/{PATH}?{QUERY}",
    f"http://waba-v2.360dialog.io{PATH}?{QUERY}",
    f"//lookaside.fbsbx.com{PATH}?{QUERY}",
    f"file://lookaside.fbsbx.com{PATH}",
    f"https://lookaside.fbsbx.com:port{PATH}",
    "https://[lookaside",
    f"https://lookaside.fbsbx.com{PATH}?mid=1\x00",
    f"https://lookaside.fbsbx.com{PATH}?mid= 1",
    f"https://lookaside.fbsbx.com{PATH}?mid=" + "1" * 4000,
    "",
]


@pytest.mark.parametrize("url", GOOD)
def test_a_link_of_whatsapp_s_is_asked_of_the_provider(url: str) -> None:
    """Path and query stay, to the letter."""
    assert attachment_target(url, PROVIDER) == f"{PATH}?{QUERY}"


@pytest.mark.parametrize("url", BAD)
def test_any_other_link_is_not_asked_at_all(url: str) -> None:
    assert attachment_target(url, PROVIDER) is None


def test_a_hash_is_the_same_in_every_spelling() -> None:
    digest = hashlib.sha256(b"file")
    in_base64 = base64.b64encode(digest.digest()).decode()
    url_safe = base64.urlsafe_b64encode(digest.digest()).decode()
    spellings = [digest.hexdigest(), digest.hexdigest().upper(), in_base64, in_base64.rstrip("="), url_safe]
    assert {digest_of(spelling) for spelling in spellings} == {digest.digest()}


@pytest.mark.parametrize(
    "text", [None, 17, "", "sha256", "é" * 64, "x" * 64, base64.b64encode(b"short").decode()]
)
def test_what_is_no_hash_is_none(text: object) -> None:
    """Seen in the wild: the word `sha256`, and cut-off digests."""
    assert digest_of(text) is None


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text", {"id": "1"}),
        ("image", None),
        ("image", "1"),
        ("image", {}),
        ("image", {"id": ""}),
        ("image", {"id": True}),
        ("image", {"id": {"x": 1}}),
    ],
)
def test_what_names_no_file_announces_none(kind: str, content: object) -> None:
    assert announced(kind, content) is None


def test_an_announcement_may_be_odd_in_all_but_its_id() -> None:
    media = announced("document", {"id": 17, "mime_type": 5, "sha256": ["x"]})
    assert media
    assert (media.media_id, media.mime_type, media.sha256, media.state) == ("17", None, None, "pending")
