"""What a request body must be before anybody looks into it."""

import base64
from typing import Any

import pytest

from kanal.errors import InvalidRequest
from kanal.http.bodies import MAX_BODY_BYTES, check_body


@pytest.mark.parametrize(
    "body",
    ["{", "nope", '{"a": NaN}', '{"a": 1e999}', "[" * 5000, '{"a": ' + "9" * 5000 + "}", "[" * 100_000],
)
def test_what_is_no_json_is_refused_before_anything_reads_it(body: str) -> None:
    """Promise 12: a clear 422, never a 500 that wakes somebody up."""
    with pytest.raises(InvalidRequest) as refused:
        check_body({"body": body})
    assert refused.value.errors[0].code == "json_invalid"


@pytest.mark.parametrize("encoded", [False, True])
def test_the_limit_is_on_bytes(encoded: bool) -> None:
    """Limits on every size: at the limit accepted, one byte more refused, naming both numbers."""
    check_body(_event("x" * (MAX_BODY_BYTES - 2), encoded))
    with pytest.raises(InvalidRequest, match=f"{MAX_BODY_BYTES + 1} bytes; the limit is {MAX_BODY_BYTES}"):
        check_body(_event("x" * (MAX_BODY_BYTES - 1), encoded))


@pytest.mark.parametrize("body", [None, ""])
def test_a_request_without_a_body_has_none_to_check(body: str | None) -> None:
    """GET and DELETE bring nothing; a route that wants a body says so itself."""
    check_body({"body": body})


def _event(text: str, encoded: bool) -> dict[str, Any]:
    body = f'"{text}"'
    return {
        "body": base64.b64encode(body.encode()).decode() if encoded else body,
        "isBase64Encoded": encoded,
    }
