"""Whatever the provider answers, the reason for a failure is found or said to be unknown."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from kanal.providers.errorbody import ErrorBody, read_error
from kanal.providers.playbook import BY_CODE, effects_told, play_for
from tests.property.json_values import ANY_JSON

_STATUSES = st.sampled_from([400, 401, 403, 404, 429, 500, 502, 503, 555])
_WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


@given(_STATUSES, st.binary(max_size=60))
@example(500, b"[" * 100_000)
@example(400, b'{"error": {"code": true, "message": null}}')
@example(502, b"<html>Bad Gateway</html>")
def test_any_bytes_are_read(status: int, body: bytes) -> None:
    """A proxy's error page is an answer too: it decides by its status and breaks nothing."""
    assert _is_usable(read_error(status, body))


@given(_STATUSES, ANY_JSON, ANY_JSON)
def test_any_json_is_read(status: int, one: Any, other: Any) -> None:
    """Promise 11: an error that is not built as documented still ends in a recorded outcome."""
    for body in (one, {"error": one, "meta": other}, {"error": {"code": one, "error_data": other}}):
        assert _is_usable(read_error(status, json.dumps(body).encode()))


def _is_usable(error: ErrorBody) -> bool:
    """A code is a number of WhatsApp's, and there is always something to show."""
    return type(error.code) in (int, type(None)) and bool(error.title) and len(error.words) <= 500


@given(_STATUSES, st.integers(), _WORDS, _WORDS)
def test_code_and_details_of_whatsapps_own_error_are_found(
    status: int, code: int, message: str, details: str
) -> None:
    """Promise 12: the failed message shows what WhatsApp said, the details before the headline."""
    error = {"message": message, "code": code, "error_data": {"details": details}}
    assert read_error(status, json.dumps({"error": error}).encode()) == ErrorBody(code, message, details)
    del error["error_data"]
    assert read_error(status, json.dumps({"error": error}).encode()).words == message
    error["error_subcode"] = 2388024
    assert read_error(status, json.dumps({"error": error}).encode()).subcode == 2388024


@given(
    _STATUSES,
    st.sampled_from(
        [
            lambda words: {"error": words},
            lambda words: {"message": words},
            lambda words: {"meta": {"developer_message": words, "http_code": 400}},
            lambda words: {"meta": {"developerMessage": words, "httpCode": 400}},
        ]
    ),
    _WORDS,
)
def test_words_of_360dialogs_own_errors_are_found(status: int, shape: Any, words: str) -> None:
    """Promise 12: the shapes without a code still tell why."""
    found = read_error(status, json.dumps(shape(words)).encode())
    assert (found.code, found.words) == (None, words)


_CODES = st.none() | st.integers() | st.sampled_from(sorted(BY_CODE))
_PHRASES = st.lists(
    st.sampled_from(["unpaid", "api key expired", "API disabled", "rate limit", "Ärger", " "]), max_size=4
).map(" ".join)


@given(_STATUSES | st.integers(100, 999), _CODES, _CODES, st.text(max_size=40) | _PHRASES)
def test_every_answer_has_a_play_and_no_unknown_answer_is_tried_again(
    status: int, code: int | None, subcode: int | None, words: str
) -> None:
    """Promise 6: only what is known to be refused before processing is sent a second time."""
    play = play_for(status, code, subcode=subcode, words=words)
    has_row = code in BY_CODE or subcode in BY_CODE
    if play.kind == "try_later":
        assert has_row or (status == 429 or (status == 400 and code is None))
    if status >= 500 and not has_row:
        assert play.kind == "unknown"


@given(ANY_JSON)
def test_any_error_of_a_status_is_read(error: Any) -> None:
    """Promise 11: a status with errors that are not built as documented is a status all the same."""
    for errors in ([error], [{"code": error}], [{"code": error}, error]):
        assert isinstance(effects_told("failed", errors), tuple)
