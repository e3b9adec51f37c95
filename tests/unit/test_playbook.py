"""What each error code of the provider means for a send."""

import pytest

from kanal.providers.playbook import BY_CODE, BY_STATUS, NO_ANSWER, OTHER_REFUSAL, play_for

_REFUSED_BEFORE_PROCESSING = {4, 17, 32, 613, 80007, 130429, 131056, 133004}
_MAYBE_PROCESSED = {1, 2, 131000, 131016, 131057, 2494100}
_EFFECTS = {
    0: "credentials_invalid",
    190: "credentials_invalid",
    131042: "payment_required",
    368: "restricted",
    131031: "restricted",
    131047: "window_closed",
    131050: "marketing_stopped",
}


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500, 503])
@pytest.mark.parametrize("code", BY_CODE)
def test_the_code_decides_whatever_the_http_status_says(code: int, status: int) -> None:
    """WhatsApp answers one code with different statuses."""
    assert play_for(status, code) is BY_CODE[code]


@pytest.mark.parametrize("code", BY_CODE)
def test_only_what_was_refused_before_processing_is_sent_again(code: int) -> None:
    """Promise 6: nothing goes out twice because a code was taken for harmless."""
    assert (BY_CODE[code].kind == "try_later") == (code in _REFUSED_BEFORE_PROCESSING)
    assert (BY_CODE[code].kind == "unknown") == (code in _MAYBE_PROCESSED)


@pytest.mark.parametrize("code", BY_CODE)
def test_a_code_stops_the_channel_or_closes_the_window_only_where_whatsapp_says_so(code: int) -> None:
    """Promise 5: one bad message never stops a channel."""
    assert BY_CODE[code].effect == _EFFECTS.get(code)


@pytest.mark.parametrize("code", [*_REFUSED_BEFORE_PROCESSING, *_MAYBE_PROCESSED, *_EFFECTS])
def test_every_code_that_is_more_than_a_refusal_has_its_row(code: int) -> None:
    """A row that disappears would turn a throttle into a failed message."""
    assert code in BY_CODE


@pytest.mark.parametrize("play", [*BY_CODE.values(), *BY_STATUS.values(), OTHER_REFUSAL, NO_ANSWER])
def test_every_refusal_says_what_to_do(play: object) -> None:
    """Promise 12: the reader of a failed message is told the next step; what passes by itself needs none."""
    kind, advice = vars(play)["kind"], vars(play)["advice"]
    assert bool(advice) == (kind == "refused")
    assert not advice or advice.endswith(".")


@pytest.mark.parametrize(
    ("status", "kind", "effect"),
    [
        (400, "refused", None),
        (401, "refused", "credentials_invalid"),
        (403, "refused", None),
        (429, "try_later", None),
        (500, "unknown", None),
        (502, "unknown", None),
        (503, "unknown", None),
    ],
)
@pytest.mark.parametrize("code", [None, 999_999])
def test_without_a_known_code_the_status_decides(
    status: int, kind: str, effect: str | None, code: int | None
) -> None:
    """Promise 6: an answer in the 500s settles nothing, so the message is not sent again."""
    play = play_for(status, code)
    assert (play.kind, play.effect) == (kind, effect)
