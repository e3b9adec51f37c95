"""The resolver that every HTTP function uses: routes with checked bodies, and every error as a problem."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from botocore.exceptions import BotoCoreError, ClientError

from kanal.channels.store import no_channel
from kanal.errors import AwsUnavailable, InvalidRequest, KanalError
from kanal.fields import TaggedUnions, field_error
from kanal.http.access import workspace_of
from kanal.http.bodies import MAX_BODY_BYTES, check_body, refuse_list
from kanal.http.problems import CONTENT_TYPE, body, problem, problem_of
from kanal.ids import CHANNEL_ID, ChannelId, ChannelRef, WorkspaceId
from kanal.observability import log_failure, logger
from kanal.settings import settings

_DESCRIPTION = Path(__file__).with_name("openapi.json")


class Api(APIGatewayHttpResolver):
    """`unions`: where a body is one of several shapes."""

    def __init__(self, unions: TaggedUnions | None = None, *, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        super().__init__(enable_validation=True)
        self._max_body_bytes = max_body_bytes
        self._unions = unions or {}
        self.exception_handler(KanalError)(self._known)
        self.exception_handler(RequestValidationError)(self._invalid)
        self.exception_handler([ClientError, BotoCoreError])(self._aws)
        # Without a handler for the rest the resolver itself would log an exception with its words.
        self.exception_handler(Exception)(self._unforeseen)
        self.not_found(self._no_route)

    def handle(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Every body is read as JSON, whatever its content type says: there is nothing else it could be."""
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        event = {**event, "headers": {**headers, "content-type": "application/json"}}
        logger.append_keys(request_id=_request_id(event))
        try:
            check_body(event, self._max_body_bytes)
            refuse_list(event)
            return self.resolve(event, context)
        except InvalidRequest as error:
            return self._answer(problem_of(error, _request_id(event))).build_plain()
        except Exception as error:  # noqa: BLE001  # the last line of defence: the caller gets an answer, we get the trace
            return self._internal(error, _request_id(event)).build_plain()

    def workspace(self, scope: str) -> WorkspaceId:
        """The caller's workspace; raises Forbidden without the scope."""
        return workspace_of(self.current_event.raw_event, scope, settings().workspace_claim)

    def channel(self, scope: str, channel_id: str) -> ChannelRef:
        """The channel of the path in the caller's workspace; raises Forbidden without the scope, NotFound."""
        ref = ChannelRef(self.workspace(scope), ChannelId(channel_id))
        if not CHANNEL_ID.fullmatch(channel_id):
            raise no_channel(ref)
        return ref

    def description(self) -> Response[str]:
        """The OpenAPI description of all routes, as `make openapi` generated it from the code."""
        return Response(200, "application/json", _DESCRIPTION.read_text())

    def base_url(self) -> str:
        """Where the provider reaches us: as configured, else the domain on which we were called."""
        configured = settings().webhook_base_url
        return configured or f"https://{self.current_event.raw_event['requestContext']['domainName']}"

    # --- errors ---

    def _known(self, error: KanalError) -> Response[str]:
        if error.fault == "us":
            logger.error("A fault of this deployment", extra={"code": error.code})
        return self._answer(problem_of(error, self._request_id()))

    def _aws(self, error: Exception) -> Response[str]:
        log_failure("An AWS call failed", error)
        known = AwsUnavailable("A service that this needs does not answer. Try again shortly.")
        return self._answer(problem_of(known, self._request_id()))

    def _invalid(self, error: RequestValidationError) -> Response[str]:
        found = [field_error(one, self._unions) for one in error.errors()]
        return self._answer(problem_of(InvalidRequest(*found), self._request_id()))

    def _unforeseen(self, error: Exception) -> Response[str]:
        return self._internal(error, self._request_id())

    def _internal(self, error: Exception, request_id: str) -> "Answer":
        log_failure("Unhandled error", error)
        words = "Something went wrong on our side. The request id leads to the log entry."
        return self._answer(problem(500, "internal_error", "Internal error", words, request_id))

    def _no_route(self, _: NotFoundError) -> Response[str]:
        words = "There is no such route. The API's description is at /v1/openapi.json."
        return self._answer(problem(404, "not_found", "Not found", words, self._request_id()))

    def _request_id(self) -> str:
        return _request_id(self.current_event.raw_event)

    @staticmethod
    def _answer(shown: Mapping[str, Any]) -> "Answer":
        return Answer(shown)


class Answer(Response[str]):
    """A problem as an answer."""

    def __init__(self, shown: Mapping[str, Any]) -> None:
        super().__init__(status_code=shown["status"], content_type=CONTENT_TYPE, body=body(shown))

    def build_plain(self) -> dict[str, Any]:
        return {
            "statusCode": self.status_code,
            "headers": {"content-type": CONTENT_TYPE},
            "body": self.body,
            "isBase64Encoded": False,
        }


def _request_id(event: Mapping[str, Any]) -> str:
    return str(event["requestContext"].get("requestId", ""))
