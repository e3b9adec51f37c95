"""Every error that Kanal raises on purpose.

KanalError
├── CallerError                 the caller can mend it
│   ├── InvalidRequest          fields are wrong; names each of them
│   ├── Forbidden
│   ├── NotFound
│   ├── WebhookRefused          a webhook that is not the provider's, or not a webhook
│   └── Conflict                the request is fine, the state is not
│       ├── ChannelNameTaken
│       ├── NumberAlreadyConnected
│       ├── NumberBlocked
│       ├── ChannelCannotSend
│       ├── ChannelDisconnected
│       ├── ChannelStopped
│       ├── WindowClosed
│       ├── TemplateNotSendable
│       ├── PhoneNumberRequired
│       ├── MarketingOptedOut
│       ├── MarketingSuppressed
│       ├── MessageNotReferable
│       ├── MessageNotCancellable
│       ├── AlreadyOneContact
│       ├── NotMerged
│       ├── MediaPending
│       ├── MediaFailed
│       ├── MediaNotUploaded
│       ├── BroadcastStateForbids
│       └── IdempotencyKeyReused
├── ProviderError               the provider's answer or silence
│   ├── ApiKeyRejected
│   ├── ProviderUnavailable
│   ├── ProviderRefused
│   ├── ProviderAnswerUnreadable
│   └── WebhookNotRegistered
└── OurError                    a fault of this deployment
    ├── ConfigurationError
    ├── Contended               too many writers on one record; the same call later goes through
    ├── QueueUnavailable        stored, but not handed on; the same call again finishes the work
    ├── BusUnavailable          some events were not taken; publishing them again is right
    └── AwsUnavailable          an AWS service did not answer, or refused for now

An ambiguous outcome of a send is not in this tree: it is a state that is stored (`unconfirmed`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Fault = Literal["caller", "provider", "us"]


@dataclass(frozen=True)
class FieldError:
    """One wrong field: where (JSON pointer into the request body), what is wrong, and what to do."""

    pointer: str
    message: str
    code: str = "invalid"


class KanalError(Exception):
    """Something that ended a use case. `detail` is written for the person who reads the answer.

    Never put a secret or message text into `detail` or `facts`: both reach answers and logs.
    """

    code: ClassVar[str]
    fault: ClassVar[Fault]
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts: Mapping[str, Any] = facts


class CallerError(KanalError):
    fault = "caller"


class InvalidRequest(CallerError):
    """The body, query or a header breaks a documented rule. Nothing was done."""

    code = "invalid_request"

    def __init__(self, *errors: FieldError, detail: str | None = None) -> None:
        super().__init__(detail or f"{errors[0].pointer}: {errors[0].message}".removeprefix(": "))
        self.errors = errors


class Forbidden(CallerError):
    """The token is good but lacks the scope, or names no usable workspace."""

    code = "forbidden"


class NotFound(CallerError):
    """Nothing of that id in the caller's workspace; another workspace's id looks the same."""

    code = "not_found"


class WebhookRefused(CallerError):
    """A delivery that is not acknowledged. `status` is what the provider is told."""

    code = "webhook_refused"

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason


class Conflict(CallerError):
    code = "conflict"


class ChannelNameTaken(Conflict):
    """Another channel of the workspace has this name, whatever its case."""

    code = "channel_name_taken"


class NumberAlreadyConnected(Conflict):
    """A WhatsApp number has one webhook, so it can be connected once."""

    code = "number_already_connected"


class NumberBlocked(Conflict):
    """The provider reports that the number may not send (`can_send_message: BLOCKED`)."""

    code = "number_blocked"


class ChannelCannotSend(Conflict):
    """The channel's state stops sending: invalid credentials, unpaid, restricted, paused, disconnected."""

    code = "channel_cannot_send"


class ChannelDisconnected(Conflict):
    """A disconnected channel can be read, and nothing else."""

    code = "channel_disconnected"


class ChannelStopped(Conflict):
    """The channel is stopped for a reason of its own; pausing or resuming it by hand would hide that."""

    code = "channel_stopped"


class WindowClosed(Conflict):
    """Free-form message while the customer service window of the contact is closed."""

    code = "window_closed"


class TemplateNotSendable(Conflict):
    """The named template is unknown to the channel or not approved."""

    code = "template_not_sendable"


class PhoneNumberRequired(Conflict):
    """An authentication template for a contact of whom only a user id is known."""

    code = "phone_number_required"


class MarketingOptedOut(Conflict):
    """A marketing template for a contact who stopped marketing messages in WhatsApp."""

    code = "marketing_opted_out"


class MarketingSuppressed(Conflict):
    """A marketing template for a contact to whom WhatsApp takes none before `until`."""

    code = "marketing_suppressed"


class MessageNotReferable(Conflict):
    """The message exists but cannot be quoted, reacted to or marked as read; `because` says why."""

    code = "message_not_referable"


class MessageNotCancellable(Conflict):
    """The message is not queued any more, or was never to be sent; `state` says what it is."""

    code = "message_not_cancellable"


class AlreadyOneContact(Conflict):
    """Both ids lead to one contact, and neither was merged into the other: there is nothing to merge."""

    code = "already_one_contact"


class NotMerged(Conflict):
    """The contact named was not merged into the other, so it cannot be taken out of it."""

    code = "not_merged"


class MediaPending(Conflict):
    """The file of a message is still being fetched."""

    code = "media_pending"


class MediaFailed(Conflict):
    """The file of a message was given up; `reason` says why."""

    code = "media_failed"


class MediaNotUploaded(Conflict):
    """A message names an upload whose file is not there yet."""

    code = "media_not_uploaded"


class BroadcastStateForbids(Conflict):
    """The broadcast is not in a state in which this can be done; `state` says in which it is."""

    code = "broadcast_state"


class IdempotencyKeyReused(Conflict):
    """The Idempotency-Key was used before with another request."""

    code = "idempotency_key_reused"


class ProviderError(KanalError):
    fault = "provider"


class ApiKeyRejected(ProviderError):
    """The provider does not accept the key (HTTP 401)."""

    code = "api_key_rejected"


class ProviderUnavailable(ProviderError):
    """Timeout, refused connection, throttle or 5xx while nothing was at stake but time."""

    code = "provider_unavailable"
    retryable = True


class ProviderRefused(ProviderError):
    """The provider understood the call and will not do it; its words are in `detail`."""

    code = "provider_refused"


class WebhookNotRegistered(ProviderError):
    """The provider took the webhook but shows another one when asked."""

    code = "webhook_not_registered"


class ProviderAnswerUnreadable(ProviderError):
    """The provider answered 2xx with something that is not what its documentation shows."""

    code = "provider_answer_unreadable"


class OurError(KanalError):
    fault = "us"


class ConfigurationError(OurError):
    """A setting of this deployment is missing or wrong."""

    code = "configuration_error"


class Contended(OurError):
    """A record changed under us more often than we try again."""

    code = "contended"
    retryable = True


class QueueUnavailable(OurError):
    """The message is stored but the queue did not take it; the same Idempotency-Key finishes the work."""

    code = "queue_unavailable"
    retryable = True


class BusUnavailable(OurError):
    """The bus did not take some events. Publishing the same batch again is right."""

    code = "bus_unavailable"
    retryable = True


class AwsUnavailable(OurError):
    """An AWS service did not answer in time, throttled, or failed, repeatedly."""

    code = "aws_unavailable"
    retryable = True
