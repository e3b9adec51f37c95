"""What the code does not say about its routes: answers, scopes, problems, words. One row a route."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from kanal import errors
from kanal.errors import KanalError
from scripts import broadcast_shapes, contact_shapes, shapes
from scripts.broadcasts import BROADCASTS
from scripts.messages import MESSAGES, WITH_OPTIONS

_PROVIDER = (
    errors.ApiKeyRejected,
    errors.ProviderRefused,
    errors.ProviderUnavailable,
    errors.ProviderAnswerUnreadable,
)


@dataclass(frozen=True)
class Operation:
    """What the code does not say about a route. Examples are bodies that it accepts."""

    name: str
    summary: str
    scope: str | None
    status: int
    answer: type[BaseModel] | None
    refusals: tuple[type[KanalError], ...] = ()
    examples: Mapping[str, Any] = field(default_factory=dict)
    wants_key: bool = False


OPERATIONS: dict[str, Operation] = {
    "post /v1/channels": Operation(
        "connect_channel",
        "Connect a number: the key is tried, the webhook registered and read back.",
        "channels:write",
        201,
        shapes.Channel,
        (
            errors.InvalidRequest,
            errors.ChannelNameTaken,
            errors.NumberAlreadyConnected,
            errors.NumberBlocked,
            errors.IdempotencyKeyReused,
            errors.WebhookNotRegistered,
            errors.Contended,
            *_PROVIDER,
        ),
        {"number": {"name": "Support", "api_key": "the-api-key-of-the-number", "default_country": "DE"}},
    ),
    "get /v1/channels": Operation(
        "list_channels",
        "List the workspace's channels.",
        "channels:read",
        200,
        shapes.Channels,
        (errors.InvalidRequest,),
    ),
    "get /v1/channels/{channel_id}": Operation(
        "get_channel", "Show a channel.", "channels:read", 200, shapes.Channel, (errors.NotFound,)
    ),
    "patch /v1/channels/{channel_id}": Operation(
        "change_channel",
        "Change name, pace or default country, pause or resume sending; what is left out stays.",
        "channels:write",
        200,
        shapes.Channel,
        (
            errors.InvalidRequest,
            errors.NotFound,
            errors.ChannelNameTaken,
            errors.ChannelDisconnected,
            errors.ChannelStopped,
            errors.Contended,
        ),
        {"pace": {"messages_per_second": 40}, "pause": {"state": "paused"}},
    ),
    "delete /v1/channels/{channel_id}": Operation(
        "disconnect_channel",
        "Disconnect: name and number are free again, the API key is destroyed, messages and contacts stay.",
        "channels:write",
        204,
        None,
        (errors.NotFound,),
    ),
    "post /v1/channels/{channel_id}/messages": Operation(
        "send_message",
        "Accept a message for sending; its outcome comes as events and stands in its timeline.",
        "messages:write",
        202,
        shapes.Message,
        (
            errors.InvalidRequest,
            errors.NotFound,
            errors.ChannelCannotSend,
            errors.WindowClosed,
            errors.TemplateNotSendable,
            errors.PhoneNumberRequired,
            errors.MarketingOptedOut,
            errors.MarketingSuppressed,
            errors.MessageNotReferable,
            errors.MediaNotUploaded,
            errors.IdempotencyKeyReused,
            errors.QueueUnavailable,
            errors.Contended,
        ),
        {**MESSAGES, **WITH_OPTIONS},
        wants_key=True,
    ),
    "get /v1/channels/{channel_id}/messages/{message_id}": Operation(
        "get_message",
        "Show a message with its timeline.",
        "messages:read",
        200,
        shapes.Message,
        (errors.NotFound,),
    ),
    "delete /v1/channels/{channel_id}/messages/{message_id}": Operation(
        "cancel_message",
        "Cancel a message that is still queued. Idempotent.",
        "messages:write",
        200,
        shapes.Message,
        (errors.NotFound, errors.MessageNotCancellable),
    ),
    "post /v1/channels/{channel_id}/messages/{message_id}/read": Operation(
        "mark_read",
        "Show a person that their message and all earlier ones were read, or that somebody is typing.",
        "messages:write",
        200,
        shapes.ReadReceipt,
        (
            errors.InvalidRequest,
            errors.NotFound,
            errors.ChannelCannotSend,
            errors.MessageNotReferable,
            errors.ProviderRefused,
            errors.ProviderUnavailable,
            errors.ProviderAnswerUnreadable,
        ),
        {"read": {}, "typing": {"typing_indicator": True}},
    ),
    "get /v1/channels/{channel_id}/messages/{message_id}/media": Operation(
        "link_to_file",
        "A link to the file of a message that came in, good for five minutes for whoever has it.",
        "messages:read",
        200,
        shapes.FileLink,
        (errors.NotFound, errors.MediaPending, errors.MediaFailed),
    ),
    "post /v1/channels/{channel_id}/media": Operation(
        "announce_upload",
        "Announce a file to be sent, and get a form with which it is uploaded.",
        "messages:write",
        201,
        shapes.AnnouncedUpload,
        (
            errors.InvalidRequest,
            errors.NotFound,
            errors.ChannelDisconnected,
            errors.IdempotencyKeyReused,
        ),
        {
            "image": {"type": "image", "mime_type": "image/jpeg", "size_bytes": 182859},
            "document": {
                "type": "document",
                "mime_type": "application/pdf",
                "size_bytes": 48210,
                "filename": "invoice-4711.pdf",
            },
        },
    ),
    "get /v1/channels/{channel_id}/media/{media_id}": Operation(
        "get_upload",
        "Show an upload, and whether its file is there.",
        "messages:read",
        200,
        shapes.Upload,
        (errors.NotFound,),
    ),
    "get /v1/channels/{channel_id}/contacts": Operation(
        "find_contacts",
        "List the contacts, those last heard of first by day; or find them with `q`.",
        "contacts:read",
        200,
        contact_shapes.Contacts,
        (errors.InvalidRequest, errors.NotFound),
    ),
    "get /v1/channels/{channel_id}/contacts/{contact_id}": Operation(
        "get_contact",
        "Show a contact; the id of one that was merged leads to what it is part of.",
        "contacts:read",
        200,
        contact_shapes.Contact,
        (errors.NotFound,),
    ),
    "get /v1/channels/{channel_id}/contacts/{contact_id}/messages": Operation(
        "list_messages_of_contact",
        "The conversation in order of time, inbound and outbound in one stream.",
        "messages:read",
        200,
        shapes.Messages,
        (errors.InvalidRequest, errors.NotFound),
    ),
    "post /v1/channels/{channel_id}/contacts/{contact_id}/merge": Operation(
        "merge_contacts",
        "Make another contact part of this one: they are one person. Can be undone.",
        "contacts:write",
        200,
        contact_shapes.Contact,
        (errors.InvalidRequest, errors.NotFound, errors.AlreadyOneContact, errors.Contended),
        {"other": {"contact_id": "con_qvc53xdfdd6auj3ev73twp2uoa"}},
    ),
    "post /v1/channels/{channel_id}/contacts/{contact_id}/unmerge": Operation(
        "unmerge_contact",
        "Undo a merge: each has its own names, window and messages again, and they are kept apart.",
        "contacts:write",
        200,
        contact_shapes.Unmerged,
        (errors.InvalidRequest, errors.NotFound, errors.NotMerged, errors.Contended),
        {"part": {"contact_id": "con_qvc53xdfdd6auj3ev73twp2uoa"}},
    ),
    "post /v1/channels/{channel_id}/broadcasts": Operation(
        "make_broadcast",
        "Make a broadcast of a template; its recipients are in the request, or come as a CSV file.",
        "broadcasts:write",
        201,
        broadcast_shapes.NewBroadcast,
        (
            errors.InvalidRequest,
            errors.NotFound,
            errors.ChannelCannotSend,
            errors.TemplateNotSendable,
            errors.MediaNotUploaded,
            errors.IdempotencyKeyReused,
            errors.QueueUnavailable,
        ),
        BROADCASTS,
        wants_key=True,
    ),
    "get /v1/channels/{channel_id}/broadcasts": Operation(
        "list_broadcasts",
        "List the broadcasts, the newest first.",
        "broadcasts:read",
        200,
        broadcast_shapes.Broadcasts,
        (errors.InvalidRequest, errors.NotFound),
    ),
    "get /v1/channels/{channel_id}/broadcasts/{broadcast_id}": Operation(
        "get_broadcast",
        "Show a broadcast with its forecast and its progress.",
        "broadcasts:read",
        200,
        broadcast_shapes.Broadcast,
        (errors.NotFound, errors.QueueUnavailable),
    ),
    "post /v1/channels/{channel_id}/broadcasts/{broadcast_id}/{order}": Operation(
        "steer_broadcast",
        "Start, pause, resume or cancel a broadcast; nothing leaves two seconds after a pause or the end.",
        "broadcasts:write",
        200,
        broadcast_shapes.Broadcast,
        (
            errors.InvalidRequest,
            errors.NotFound,
            errors.BroadcastStateForbids,
            errors.QueueUnavailable,
            errors.BusUnavailable,
        ),
    ),
    "get /v1/channels/{channel_id}/broadcasts/{broadcast_id}/recipients": Operation(
        "list_recipients",
        "List the recipients in the order of the file, each with what became of it.",
        "broadcasts:read",
        200,
        broadcast_shapes.BroadcastRecipients,
        (errors.InvalidRequest, errors.NotFound),
    ),
    "get /v1/channels/{channel_id}/broadcasts/{broadcast_id}/failures": Operation(
        "link_to_failures",
        "A link to a CSV file of those who were not reached, good for five minutes for whoever has it.",
        "broadcasts:read",
        200,
        broadcast_shapes.Failures,
        (errors.NotFound, errors.QueueUnavailable),
    ),
    "get /v1/channels/{channel_id}/templates": Operation(
        "list_templates",
        "List the templates as the last sync found them.",
        "templates:read",
        200,
        shapes.Templates,
        (errors.InvalidRequest, errors.NotFound),
    ),
    "post /v1/channels/{channel_id}/templates/sync": Operation(
        "sync_templates",
        "Read all templates from the provider now.",
        "templates:write",
        200,
        shapes.Synced,
        (errors.NotFound, errors.ChannelDisconnected, *_PROVIDER),
    ),
    "get /v1/health": Operation("health", "Whether the API answers.", None, 200, shapes.Health),
    "get /v1/openapi.json": Operation("describe", "This description.", None, 200, None),
}
