"""Errors as RFC 9457 problems: one row for each class that Kanal raises, one page heading for each code."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from kanal import errors
from kanal.errors import FieldError, InvalidRequest, KanalError

CONTENT_TYPE = "application/problem+json"

STATUS: dict[type[KanalError], tuple[int, str]] = {
    errors.InvalidRequest: (422, "The request is not valid"),
    errors.Forbidden: (403, "The token does not allow this"),
    errors.NotFound: (404, "Not found"),
    errors.ChannelNameTaken: (409, "The channel name is taken"),
    errors.NumberAlreadyConnected: (409, "The number is already connected"),
    errors.NumberBlocked: (409, "WhatsApp has blocked the number"),
    errors.ChannelCannotSend: (409, "The channel cannot send"),
    errors.ChannelDisconnected: (409, "The channel is disconnected"),
    errors.ChannelStopped: (409, "The channel is stopped for another reason"),
    errors.WindowClosed: (409, "The customer service window is closed"),
    errors.TemplateNotSendable: (409, "The template cannot be sent"),
    errors.PhoneNumberRequired: (409, "The phone number is not known"),
    errors.MarketingOptedOut: (409, "The contact stopped marketing messages"),
    errors.MarketingSuppressed: (409, "WhatsApp takes no marketing to the contact for now"),
    errors.MessageNotReferable: (409, "The message cannot be referred to"),
    errors.MessageNotCancellable: (409, "The message cannot be cancelled"),
    errors.AlreadyOneContact: (409, "These are one contact already"),
    errors.NotMerged: (409, "The contact was not merged"),
    errors.MediaPending: (409, "The file is still being fetched"),
    errors.MediaFailed: (409, "The file was given up"),
    errors.MediaNotUploaded: (409, "The file was not uploaded yet"),
    errors.BroadcastStateForbids: (409, "The broadcast is not in a state for this"),
    errors.IdempotencyKeyReused: (409, "The idempotency key was used for another request"),
    errors.ApiKeyRejected: (422, "The provider does not accept the API key"),
    errors.ProviderRefused: (502, "The provider refused"),
    errors.ProviderUnavailable: (503, "The provider does not answer"),
    errors.ProviderAnswerUnreadable: (502, "The provider's answer cannot be read"),
    errors.WebhookNotRegistered: (502, "The webhook was not registered"),
    errors.ConfigurationError: (500, "This deployment is not configured"),
    errors.Contended: (503, "Too many changes at once"),
    errors.QueueUnavailable: (503, "The queue does not answer"),
    errors.BusUnavailable: (503, "The event bus does not answer"),
    errors.AwsUnavailable: (503, "An AWS service does not answer"),
}
"""HTTP status and title. `WebhookRefused` brings its own status."""


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    request_id: str,
    *,
    field_errors: Sequence[FieldError] = (),
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "type": f"urn:kanal:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [
            {"pointer": error.pointer, "message": error.message, "code": error.code} for error in field_errors
        ],
        "request_id": request_id,
        **(facts or {}),
    }


def problem_of(error: KanalError, request_id: str) -> dict[str, Any]:
    if isinstance(error, errors.WebhookRefused):
        title = HTTPStatus(error.status).phrase
        return problem(error.status, error.reason, title, error.detail, request_id)
    status, title = STATUS[type(error)]
    return problem(
        status,
        error.code,
        title,
        error.detail,
        request_id,
        field_errors=error.errors if isinstance(error, InvalidRequest) else _own_field(error),
        facts=error.facts,
    )


def _own_field(error: KanalError) -> Sequence[FieldError]:
    """Errors that are about one field of the request though it was well formed."""
    pointers = {errors.ApiKeyRejected: "/api_key", errors.ChannelNameTaken: "/name"}
    pointer = pointers.get(type(error))
    return [FieldError(pointer, error.detail, error.code)] if pointer else []


def body(problem: Mapping[str, Any]) -> str:
    return json.dumps(problem, ensure_ascii=False)
