"""360dialog's Messaging API (Cloud hosting): one API key is one WhatsApp number.

Source: docs.360dialog.com, Messaging API reference (health, messages, webhooks, templates), autumn 2026.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from kanal.errors import ApiKeyRejected, ProviderAnswerUnreadable, ProviderRefused, ProviderUnavailable
from kanal.ids import BSUID, PHONE_ID
from kanal.providers.errorbody import read_error
from kanal.providers.outcomes import Accepted, Outcome, Refused, TryLater, Unknown
from kanal.providers.playbook import play_for
from kanal.providers.retryafter import retry_after_seconds

NAME = "dialog360"
_FACTS = "id,display_phone_number,verified_name,name_status,quality_rating,throughput,messaging_limit_tier"
_TEMPLATE_FIELDS = (
    "id,name,language,status,category,components,parameter_format,rejected_reason,quality_score"
)
_TEMPLATES_PER_PAGE = 100


def http_client(base_url: str) -> httpx.Client:
    """One for the container. The key goes with each request, never with the client.

    Connections are kept for seconds only: a send on one that the provider just closed would be in doubt.
    There are as many as several channels have threads that send: a provider that leaves one channel's
    requests without an answer must not take the connections of the others.
    """
    limits = httpx.Limits(max_connections=256, max_keepalive_connections=128, keepalive_expiry=5)
    return httpx.Client(base_url=base_url, limits=limits, follow_redirects=False)


@dataclass(frozen=True)
class Timeouts:
    """How long the provider may take. `quick` is for calls of which connecting a channel makes five.

    All five have to end within the half minute that API Gateway waits.
    """

    quick: httpx.Timeout
    long: httpx.Timeout
    media: httpx.Timeout


DEFAULT_TIMEOUTS = Timeouts(
    quick=httpx.Timeout(connect=1.5, read=3.5, write=1.5, pool=1.5),
    long=httpx.Timeout(connect=3, read=10, write=5, pool=5),
    media=httpx.Timeout(connect=3, read=20, write=20, pool=5),
)


@dataclass(frozen=True)
class Number:
    """What the provider tells of the number behind a key."""

    phone_number_id: str
    phone_number: str
    waba_id: str | None
    verified_name: str | None
    blocked_because: tuple[str, ...]
    """Why it may not send (`BLOCKED`); empty if it may."""


@dataclass(frozen=True)
class WebhookConfig:
    """Where the provider delivers. `headers` is None where it does not tell."""

    url: str
    headers: Mapping[str, str] | None


class Dialog360:
    """The number behind one API key.

    All but `send` raise ApiKeyRejected, ProviderUnavailable, ProviderRefused or ProviderAnswerUnreadable.
    """

    def __init__(self, http: httpx.Client, api_key: str, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> None:
        self._http = http
        self._timeouts = timeouts
        self._headers = {"D360-API-KEY": api_key}
        self._secrets = (api_key,)

    def number(self) -> Number:
        answer = self._call("GET", "/health_status", params={"fields": _FACTS}, timeout=self._timeouts.quick)
        health = answer.get("health_status")
        entities = health.get("entities", []) if isinstance(health, dict) else []
        digits = re.sub(r"\D", "", str(answer.get("display_phone_number", "")))
        if not isinstance(answer.get("id"), str) or not digits or not isinstance(health, dict):
            raise ProviderAnswerUnreadable("360dialog's health answer names no number for this key.")
        blocked = health.get("can_send_message") == "BLOCKED"
        return Number(
            phone_number_id=answer["id"],
            phone_number=f"+{digits}",
            waba_id=_entity_id(entities, "WABA"),
            verified_name=answer.get("verified_name"),
            blocked_because=_reasons(entities) if blocked else (),
        )

    def webhook(self) -> WebhookConfig:
        """An empty URL when none is set, which 360dialog also reports as 404."""
        answer = self._call("GET", "/v1/configs/webhook", none_on=404, timeout=self._timeouts.quick)
        headers = answer.get("headers")
        return WebhookConfig(str(answer.get("url") or ""), headers if isinstance(headers, dict) else None)

    def set_webhook(self, config: WebhookConfig) -> None:
        """URL rules of 360dialog: https, no underscore and no port in the host name."""
        body: dict[str, Any] = {"url": config.url, "headers": dict(config.headers or {})}
        self._call(
            "POST",
            "/v1/configs/webhook",
            json=body,
            secrets=body["headers"].values(),
            timeout=self._timeouts.quick,
        )

    def templates_page(self, after: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
        """One page of message templates and the cursor of the next, None at the end."""
        params = {"limit": str(_TEMPLATES_PER_PAGE), "fields": _TEMPLATE_FIELDS}
        answer = self._call(
            "GET", "/message_templates", params={**params, **({"after": after} if after else {})}
        )
        page, paging = answer.get("data"), answer.get("paging")
        if not isinstance(page, list) or not all(isinstance(template, dict) for template in page):
            raise ProviderAnswerUnreadable("360dialog's template list is not a list of templates.")
        if not isinstance(paging, dict) or not paging.get("next"):
            return page, None
        cursors = paging.get("cursors")
        following = cursors.get("after") if isinstance(cursors, dict) else None
        return page, following if following != after else None

    def mark_read(self, wamid: str, *, typing: bool) -> None:
        """Earlier messages of the conversation as well. `typing` shows until we write, or for 25 seconds."""
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        shown = {"typing_indicator": {"type": "text"}} if typing else {}
        self._call("POST", "/messages", json={**body, **shown}, timeout=self._timeouts.quick)

    def send(self, body: Mapping[str, Any]) -> Outcome:
        """Raises nothing for what the network or the provider does: every ending is an Outcome."""
        try:
            answer = self._http.post(
                "/messages", json=body, headers=self._headers, timeout=self._timeouts.long
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            words = f"360dialog was not reached ({type(error).__name__})."
            return TryLater(failure("connection", words), scope="channel")
        except httpx.RequestError as error:
            words = f"The connection ended without an answer ({type(error).__name__})."
            return Unknown(failure("no_answer", words))
        if answer.is_success:
            return _accepted(answer)
        return not_accepted(answer, self._secrets)

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        none_on: int | None = None,
        secrets: Iterable[str] = (),
        timeout: httpx.Timeout | None = None,
    ) -> dict[str, Any]:
        try:
            answer = self._http.request(
                method,
                path,
                params=params,
                json=json,
                headers=self._headers,
                timeout=timeout or self._timeouts.long,
            )
        except httpx.RequestError as error:
            raise ProviderUnavailable(f"360dialog did not answer ({type(error).__name__}).") from error
        if answer.status_code == none_on:
            return {}
        if not answer.is_success:
            raise _management_error(answer, (*self._secrets, *secrets))
        try:
            parsed = answer.json()
        except ValueError as error:
            raise ProviderAnswerUnreadable(f"360dialog's answer to {method} {path} is not JSON.") from error
        if not isinstance(parsed, dict):
            raise ProviderAnswerUnreadable(f"360dialog's answer to {method} {path} is not an object.")
        return parsed


def message_body(
    message_id: str,
    *,
    wa_id: str | None,
    user_id: str | None,
    message_type: str,
    content: Any,
    context: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of `POST /messages`. The phone goes with `+`: without it WhatsApp may add a country code.

    `biz_opaque_callback_data` comes back in the statuses and names our message even if its answer was lost.
    """
    to = {"to": f"+{wa_id}"} if wa_id else {"recipient": user_id}
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **to,
        "type": message_type,
        message_type: content,
        **({"context": context} if context else {}),
        "biz_opaque_callback_data": message_id,
    }


def _accepted(answer: httpx.Response) -> Outcome:
    try:
        told = answer.json()
        wamid = told["messages"][0]["id"]
    except (ValueError, KeyError, IndexError, TypeError):
        told = wamid = None
    if not isinstance(wamid, str) or not wamid:
        return Unknown(
            failure("unreadable_answer", "360dialog accepted, but its answer names no message id.")
        )
    return Accepted(wamid, *_recipient(told))


def _recipient(told: Any) -> tuple[str | None, str | None]:
    """WhatsApp's id of who was written to, which may be spelled otherwise than the number, and the BSUID."""
    contacts = told.get("contacts")
    named = contacts[0] if isinstance(contacts, list) and contacts else None
    if not isinstance(named, dict):
        return None, None
    wa_id, user_id = str(named.get("wa_id") or ""), str(named.get("user_id") or "")
    if BSUID.fullmatch(wa_id):
        wa_id, user_id = "", user_id or wa_id
    return (
        wa_id if PHONE_ID.fullmatch(wa_id) else None,
        user_id if BSUID.fullmatch(user_id) else None,
    )


def not_accepted(answer: httpx.Response, secrets: Sequence[str]) -> Refused | TryLater | Unknown:
    body = read_error(answer.status_code, answer.content, secrets)
    play = play_for(answer.status_code, body.code, subcode=body.subcode, words=body.words)
    code = body.code if body.code is not None else f"http_{answer.status_code}"
    error = {**failure(code, body.words or body.title), "title": body.title, "advice": play.advice}
    if play.kind == "unknown":
        return Unknown(error)
    if play.kind == "refused":
        return Refused(error, play.effect, play.scope)
    asked = retry_after_seconds(answer.headers)
    return TryLater(error, play.wait_seconds if asked is None else asked, play.scope, play.effect)


def _management_error(answer: httpx.Response, secrets: Sequence[str]) -> Exception:
    body = read_error(answer.status_code, answer.content, secrets)
    words = body.words or body.title
    if answer.status_code == 401:
        return ApiKeyRejected(f"360dialog does not accept the API key: {words}")
    play = play_for(answer.status_code, body.code, subcode=body.subcode, words=words)
    throttled = play.kind == "try_later"
    if throttled or answer.status_code >= 500:
        return ProviderUnavailable(f"360dialog answered HTTP {answer.status_code}: {words}")
    return ProviderRefused(f"360dialog refused the call with HTTP {answer.status_code}: {words}")


def failure(code: int | str, message: str) -> dict[str, Any]:
    return {"code": code, "title": message, "message": message, "advice": ""}


def _entity_id(entities: Any, kind: str) -> str | None:
    for entity in entities if isinstance(entities, list) else []:
        if isinstance(entity, dict) and entity.get("entity_type") == kind:
            return str(entity.get("id"))
    return None


def _reasons(entities: Any) -> tuple[str, ...]:
    """What stands at the blocked entities; never empty, as it is asked only for a blocked number."""
    words = []
    for entity in entities if isinstance(entities, list) else []:
        if isinstance(entity, dict) and entity.get("can_send_message") == "BLOCKED":
            errors = [error for error in entity.get("errors") or [] if isinstance(error, dict)]
            told = "; ".join(str(error.get("error_description", "")) for error in errors)
            words.append(f"{entity.get('entity_type')}: {told or 'blocked'}")
    return tuple(words) or ("blocked",)
