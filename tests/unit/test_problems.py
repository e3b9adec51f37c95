"""Every error has its status, its shape and its page."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kanal import errors
from kanal.errors import FieldError, InvalidRequest, KanalError, WebhookRefused
from kanal.http.problems import STATUS, problem_of

_PAGE = Path(__file__).parents[2] / "docs" / "problems.md"
_WEBHOOK_REASONS = {
    *("payload_too_large", "webhook_secret_invalid", "webhook_signature_invalid", "webhook_not_found"),
    *("empty_body", "invalid_json"),
}


def _subclasses(parent: type[KanalError]) -> Iterator[type[KanalError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _subclasses(child)


_ALL = [error for error in _subclasses(KanalError) if error.__module__ == errors.__name__]
_LEAVES = [error for error in _ALL if not error.__subclasses__()]
_RAISED = [error for error in _LEAVES if error is not WebhookRefused]


def _names(of: type[KanalError]) -> str:
    return of.__name__


def _example(error: type[KanalError]) -> KanalError:
    if error is InvalidRequest:
        return InvalidRequest(FieldError("/to", "is wrong", "recipient_invalid"))
    return error("Words for a person.", window={"open": False})


@pytest.mark.parametrize("error", _RAISED, ids=_names)
def test_every_error_has_its_status(error: type[KanalError]) -> None:
    """A new error that nobody gave a status would be answered with 500."""
    status, title = STATUS[error]
    assert title
    assert (400 <= status < 500) == (error.fault == "caller" or error.code == "api_key_rejected")


def test_no_status_is_left_over() -> None:
    """A row without an error is a row that nobody reads."""
    assert set(STATUS) == set(_RAISED)


@pytest.mark.parametrize("error", _RAISED, ids=_names)
def test_only_what_passes_by_itself_asks_for_another_try(error: type[KanalError]) -> None:
    """503 is for what the same request may get through later."""
    assert error.retryable == (STATUS[error][0] == 503)


@pytest.mark.parametrize("error", _LEAVES, ids=_names)
def test_every_error_says_in_its_docstring_when_it_is_raised(error: type[KanalError]) -> None:
    """Whoever catches one knows what happened."""
    assert error.__doc__ != error.__mro__[1].__doc__
    assert inspect.getdoc(error)


def test_no_two_errors_share_a_code() -> None:
    """Callers decide by code."""
    codes = [error.code for error in _LEAVES]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


@pytest.mark.parametrize("code", sorted({*(error.code for error in _RAISED), "internal_error"}))
def test_every_code_has_its_heading_on_the_page(code: str) -> None:
    """Promise 12: whoever meets a code finds what to do about it."""
    assert code in _headings()


@pytest.mark.parametrize("code", sorted(_WEBHOOK_REASONS))
def test_every_answer_to_a_webhook_is_on_the_page(code: str) -> None:
    """Operators read these in the provider's delivery log."""
    assert code in _headings()


def _headings() -> set[str]:
    return set(re.findall(r"^## `?([a-z_]+)`?$", _PAGE.read_text(), re.MULTILINE))


@pytest.mark.parametrize("error", _RAISED, ids=_names)
def test_a_problem_has_the_shape_of_rfc_9457(error: type[KanalError]) -> None:
    """Every refusal of the API is read by the same few lines of the caller."""
    shown = problem_of(_example(error), "req-1")
    status, title = STATUS[error]
    expected = {
        "type": f"urn:kanal:problem:{error.code}",
        "title": title,
        "status": status,
        "code": error.code,
        "request_id": "req-1",
    }
    assert {name: shown[name] for name in expected} == expected
    assert shown["detail"]
    assert all(set(field) == {"pointer", "message", "code"} for field in shown["errors"])


def test_an_invalid_request_names_each_field() -> None:
    """Promise 12: where, what and a code, for every field that is wrong."""
    invalid = InvalidRequest(
        FieldError("/to", "is wrong", "recipient_invalid"), FieldError("/text", "is empty")
    )
    assert problem_of(invalid, "")["errors"] == [
        {"pointer": "/to", "message": "is wrong", "code": "recipient_invalid"},
        {"pointer": "/text", "message": "is empty", "code": "invalid"},
    ]


@pytest.mark.parametrize(
    ("error", "pointer"), [(errors.ApiKeyRejected, "/api_key"), (errors.ChannelNameTaken, "/name")]
)
def test_a_refusal_that_is_about_one_field_points_to_it(error: type[KanalError], pointer: str) -> None:
    """Promise 12: a form can show the words beside the field."""
    [field] = problem_of(error("Words."), "")["errors"]
    assert field == {"pointer": pointer, "message": "Words.", "code": error.code}


def test_facts_of_an_error_stand_beside_its_words() -> None:
    """Promise 7: a closed window tells when it was open, in a form that a program reads."""
    shown = problem_of(errors.WindowClosed("Closed.", window={"open": False, "open_until": None}), "")
    assert shown["window"] == {"open": False, "open_until": None}


@pytest.mark.parametrize(("status", "title"), [(401, "Unauthorized"), (404, "Not Found")])
def test_a_refused_webhook_brings_its_own_status(status: int, title: str) -> None:
    """The provider is told what its delivery lacked."""
    shown = problem_of(WebhookRefused(status, "webhook_secret_invalid", "Words."), "")
    assert (shown["status"], shown["title"], shown["code"]) == (status, title, "webhook_secret_invalid")


def test_the_drawing_of_the_error_tree_is_the_tree() -> None:
    """The docstring of errors.py is where people look; it names every class under its own parent."""
    assert _drawn() == {error.__name__: error.__mro__[1].__name__ for error in _ALL}


def _drawn() -> dict[str, str]:
    """Each class of the drawing with its parent."""
    line: list[str] = ["KanalError"]
    parents: dict[str, str] = {}
    for before, name in re.findall(r"^([│ ]*)[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE):
        depth = len(before) // 4 + 1
        line[depth:] = [name]
        parents[name] = line[depth - 1]
    return parents
