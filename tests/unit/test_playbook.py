"""What each answer of the provider means for a send, and for what is sent next."""

from collections import Counter
from typing import get_args

import pytest

from kanal.providers.outcomes import Effect, Scope
from kanal.providers.playbook import BY_CODE, SUBJECTS, effects_told, play_for, play_of
from kanal.providers.playbook.dialog360 import BY_STATUS, BY_WORDS, NO_ANSWER, OTHER_REFUSAL
from kanal.providers.playbook.play import Play

_REFUSED_BEFORE_PROCESSING = {4, 17, 32, 613, 80007, 80008, 130429, 131056, 131208, 133004, 139102}
_WAITS_FOR_A_CONDITION = {131048, 132015}
_MAYBE_PROCESSED = {1, 2, 131000, 131016, 131057, 139103, 2494100}
_NO_PERMISSION = {3, 10, *range(200, 300), 131005}
_EFFECTS: dict[int, Effect] = {
    **dict.fromkeys((4, 17, 32, 613, 80007, 80008, 130429), "slow_channel"),
    131056: "delay_contact",
    131048: "pause_bulk",
    131064: "pause_bulk",
    131049: "suppress_marketing",
    131050: "marketing_stopped",
    131047: "window_closed",
    132001: "template_unknown",
    132015: "template_paused",
    132016: "template_disabled",
    0: "credentials_invalid",
    190: "credentials_invalid",
    131042: "payment_required",
    **dict.fromkeys((*_NO_PERMISSION, 33, 368, 131031, 131037, 131045, 133010), "restricted"),
}
_SCOPES: dict[Effect, Scope] = {
    "slow_channel": "channel",
    "delay_contact": "contact",
    "pause_bulk": "bulk",
    "suppress_marketing": "contact",
    "marketing_stopped": "contact",
    "window_closed": "contact",
    "template_unknown": "template",
    "template_paused": "template",
    "template_disabled": "template",
    "credentials_invalid": "channel",
    "payment_required": "channel",
    "restricted": "channel",
}
_WHATSAPPS_CODES = {
    *{0, 1, 2, 3, 4, 10, 17, 32, 33, 100, 190, *range(200, 300), 368, 613, 803, 80007, 80008},
    *{200005, 200006, 200007, 130403, 130429, 130472, 130497, 131000, 131005, 131008, 131009, 131016, 131020},
    *{131021, 131026, 131030, 131031, 131037, 131041, 131042, 131044, 131045, *range(131047, 131054), 131055},
    *{131056, 131057, 131059, 131060, 131062, 131063, 131064, 131201, 131202, 131204, *range(131207, 131216)},
    *{132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069, 133000, 133004},
    *{133005, 133006, 133008, 133009, 133010, 133015, 133016, 134011, *range(134100, 134104), 135000, 136024},
    *{137000, *range(138000, 138019), *range(139000, 139005), *range(139100, 139104), 139200},
    *{*range(147001, 147006), 1752041, 2388001, 2388012, 2388019, 2388023, 2388024, 2388039, 2388040},
    *{2388047, 2388072, 2388073, 2388091, 2388093, 2388103, 2388293, 2388299, 2494100},
    *{2593079, 2593085, 2593107, 2593108, 2593109},
}
"""Those that its pages list, and those met in practice."""
_ALL_PLAYS = [*BY_CODE.values(), *BY_STATUS.values(), *(known.play for known in BY_WORDS)]


def test_every_code_that_whatsapp_lists_has_its_row_and_no_code_has_two() -> None:
    """A row that disappears would turn a throttle into a failed message."""
    assert BY_CODE.keys() == _WHATSAPPS_CODES
    rows = Counter(code for subject in SUBJECTS for code in subject)
    assert [code for code, count in rows.items() if count > 1] == []


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500, 503])
@pytest.mark.parametrize("code", BY_CODE)
def test_the_code_decides_whatever_the_http_status_and_the_words_say(code: int, status: int) -> None:
    """WhatsApp answers one code with different statuses, and its words are translated."""
    assert play_for(status, code, words="Unpaid invoices, rate limit") is BY_CODE[code]


@pytest.mark.parametrize("code", BY_CODE)
def test_only_what_was_refused_before_processing_is_sent_again(code: int) -> None:
    """Promise 6: nothing goes out twice because a code was taken for harmless."""
    again = _REFUSED_BEFORE_PROCESSING | _WAITS_FOR_A_CONDITION
    assert (BY_CODE[code].kind == "try_later") == (code in again)
    assert (BY_CODE[code].kind == "unknown") == (code in _MAYBE_PROCESSED)
    assert (BY_CODE[code].wait_seconds is not None) == (code in _WAITS_FOR_A_CONDITION)


@pytest.mark.parametrize("code", BY_CODE)
def test_a_code_says_more_than_its_message_only_where_whatsapp_says_so(code: int) -> None:
    """Promise 5: one bad message never stops a channel."""
    assert BY_CODE[code].effect == _EFFECTS.get(code)


@pytest.mark.parametrize("play", [play for play in _ALL_PLAYS if play.effect])
def test_an_effect_reaches_as_far_as_the_answer_does(play: Play) -> None:
    """A contact who stopped marketing holds up nobody else."""
    assert play.effect is not None
    assert play.scope == _SCOPES[play.effect]


def test_every_effect_comes_of_some_answer() -> None:
    """And none that is handled can never happen."""
    assert {play.effect for play in _ALL_PLAYS} - {None} == set(get_args(Effect))


@pytest.mark.parametrize(
    "play", dict.fromkeys([*_ALL_PLAYS, OTHER_REFUSAL, NO_ANSWER]), ids=lambda play: play.advice[:40]
)
def test_every_refusal_says_what_to_do(play: Play) -> None:
    """Promise 12: the reader of a failed message is told what it is about and the next step, in sentences."""
    waits_for_somebody = play.wait_seconds is not None
    assert bool(play.advice) == (play.kind == "refused" or waits_for_somebody)
    if play.advice:
        assert play.advice.endswith(".")
        assert not play.advice[0].islower()
        assert play.advice.count(". ") >= 1, "one sentence says what is wrong, another what to do"
        assert len(play.advice) <= 200


@pytest.mark.parametrize(
    ("status", "kind", "effect"),
    [
        (400, "refused", None),
        (401, "refused", "credentials_invalid"),
        (403, "refused", None),
        (404, "refused", None),
        (429, "try_later", "slow_channel"),
        (500, "unknown", None),
        (502, "unknown", None),
        (503, "unknown", None),
        (555, "unknown", None),
    ],
)
@pytest.mark.parametrize("code", [None, 999_999])
def test_without_a_known_code_the_status_decides(
    status: int, kind: str, effect: str | None, code: int | None
) -> None:
    """Promise 6: an answer in the 500s settles nothing, so the message is not sent again."""
    play = play_for(status, code)
    assert (play.kind, play.effect) == (kind, effect)


@pytest.mark.parametrize(
    ("status", "words", "kind", "effect"),
    [
        (400, "Sending is blocked: unpaid invoices", "refused", "payment_required"),
        (400, "API access revoked due to lack of payment", "refused", "payment_required"),
        (400, "You have an overdue invoice", "refused", "payment_required"),
        (400, "API is disabled for this number", "refused", "restricted"),
        (403, "This channel is disabled for the messaging API", "refused", "restricted"),
        (400, "Endpoint rate limit exceeded", "try_later", "slow_channel"),
        (400, "Only one request is allowed every 5 seconds", "try_later", "slow_channel"),
        (404, "Invalid api_key or token expired", "refused", "credentials_invalid"),
        (403, "Invalid api token", "refused", "credentials_invalid"),
        (403, "Forbidden", "refused", None),
        (400, "Template parameter seconds is missing", "refused", None),
        (400, "Payment method of the order is not valid", "refused", None),
        (500, "Endpoint rate limit exceeded", "unknown", None),
        (502, "unpaid invoices", "unknown", None),
    ],
)
def test_360dialogs_own_words_decide_where_there_is_no_code(
    status: int, words: str, kind: str, effect: str | None
) -> None:
    """It answers unpaid invoices, a disabled API and its own rate limit all with HTTP 400."""
    play = play_for(status, None, words=words)
    assert (play.kind, play.effect) == (kind, effect)


@pytest.mark.parametrize(
    ("code", "subcode", "decides"),
    [
        (100, 2388024, 2388024),
        (100, 2494010, 100),
        (100, 33, 100),
        (190, 463, 190),
        (999_999, 2494100, 2494100),
    ],
)
def test_a_long_subcode_says_more_than_its_code_and_a_short_one_nothing(
    code: int, subcode: int, decides: int
) -> None:
    """Subcode 33 of code 100 is an unknown object, and no deleted number."""
    assert play_for(400, code, subcode=subcode) is BY_CODE[decides]


@pytest.mark.parametrize("code", [131049, "131049"])
def test_a_status_names_its_code_as_number_or_text(code: object) -> None:
    assert play_of({"code": code}) is BY_CODE[131049]
    assert effects_told("failed", [{"code": code}, {"code": code}]) == ("suppress_marketing",)
    assert effects_told("delivered", [{"code": code}]) == ()


@pytest.mark.parametrize(
    "error", [None, "131049", 131049, {}, {"code": None}, {"code": True}, {"code": "²"}, {"code": "9" * 99}]
)
def test_an_error_without_a_known_code_says_nothing(error: object) -> None:
    """Promise 11: what WhatsApp invents next is kept, and nothing follows from it."""
    assert play_of(error) is None
    assert effects_told("failed", [error]) == ()


@pytest.mark.parametrize(
    ("status", "errors", "outside"),
    [
        ("failed", [{"code": 131047}], True),
        ("failed", [{"code": 131026}, {"code": 131047}], True),
        ("failed", [{"code": 131026}], False),
        ("failed", [], False),
        ("failed", ["131047", None, 131047], False),
        ("sent", [{"code": 131047}], False),
    ],
)
def test_only_a_failure_with_whatsapps_code_says_that_the_window_is_closed(
    status: str, errors: list[object], outside: bool
) -> None:
    """Promise 7: other errors leave the window as it is, in whatever shape they come."""
    assert ("window_closed" in effects_told(status, errors)) is outside
