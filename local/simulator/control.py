"""The control interface: what a person or a test may do to the simulated provider and its customers."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.simulator import control_models as models
from local.simulator.clock import rfc3339
from local.simulator.faults import Fault
from local.simulator.media_routes import announced
from local.simulator.numbers import Customer, Number, SentMessage
from local.simulator.phones import digits_of
from local.simulator.registration import KeyTakenError, describe, register
from local.simulator.simulator import Simulator
from local.simulator.webhooks import Attempt

Wanted = TypeVar("Wanted", bound=BaseModel)


class ControlError(Exception):
    def __init__(self, status_code: int, field: str, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.field = field


class Control:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def routes(self) -> list[Route]:
        return [
            _route("/_control/ready", "GET", self.ready),
            _route("/_control/numbers", "GET", self.list_numbers),
            _route("/_control/numbers", "POST", self.put_number),
            _route("/_control/inbound", "POST", self.inbound),
            _route("/_control/media", "POST", self.put_file),
            _route("/_control/media", "GET", self.list_files),
            _route("/_control/webhook", "POST", self.webhook),
            _route("/_control/sent", "GET", self.sent),
            _route("/_control/faults", "GET", self.list_faults),
            _route("/_control/faults", "POST", self.add_fault),
            _route("/_control/faults", "DELETE", self.clear_faults),
            _route("/_control/templates/review", "POST", self.review),
            _route("/_control/settings", "POST", self.settings),
            _route("/_control/reset", "POST", self.reset),
        ]

    async def ready(self, _request: Request) -> Any:
        return {"ready": True}

    async def list_numbers(self, _request: Request) -> Any:
        return [
            {**describe(number), "refused_as_too_fast": self._simulator.refused_as_too_fast(number)}
            for number in self._simulator.state.numbers.values()
        ]

    async def put_number(self, request: Request) -> Any:
        wanted = await _input(request, models.NumberInput)
        try:
            number = register(self._simulator.state, wanted, self._simulator.chance)
        except KeyTakenError as error:
            raise ControlError(422, "api_key", str(error)) from error
        self._simulator.changed()
        self._simulator.review_pending(number)
        return {
            "phone_number": "+" + number.digits,
            "phone_number_id": number.phone_number_id,
            "waba_id": number.waba_id,
            "api_key": number.api_key,
        }

    async def inbound(self, request: Request) -> Any:
        wanted = await _input(request, models.InboundInput)
        number = self._number(wanted.phone_number)
        customer = _customer(number, wanted.sender)
        customer.profile_name = wanted.profile_name or customer.profile_name
        wamid, attempt = await self._simulator.receive(number, customer, wanted.message.model_dump())
        return {"wamid": wamid, **_outcome(attempt)}

    async def put_file(self, request: Request) -> Any:
        """What a message of the customer then says of it, as `image`, `document` and so on."""
        wanted = await _input(request, models.MediaInput)
        number = self._number(wanted.phone_number)
        return announced(self._simulator.keep_file(number, "inbound", wanted.mime_type, wanted.content))

    async def list_files(self, request: Request) -> Any:
        number = self._number(digits_of(request.query_params.get("phone_number", "")))
        return [
            {
                **announced(file),
                "source": file.source,
                "filename": file.filename,
                "file_size": len(file.content),
            }
            for file in number.files.values()
        ]

    async def webhook(self, request: Request) -> Any:
        wanted = await _input(request, models.WebhookInput)
        number = self._number(wanted.phone_number)
        if not number.webhook_url:
            raise ControlError(409, "phone_number", "the number has no webhook registered")
        codes = [
            (await self._simulator.deliver_as_is(number, wanted.body)).status_code
            for _ in range(wanted.times)
        ]
        return {"status_code": codes[-1], "status_codes": codes}

    async def sent(self, request: Request) -> Any:
        phone = request.query_params.get("phone_number")
        numbers = [self._number(digits_of(phone))] if phone else self._simulator.state.numbers.values()
        found = [(number, message) for number in numbers for message in number.sent]
        found.sort(key=lambda pair: pair[1].accepted_at)
        after = request.query_params.get("after")
        return [_sent_message(*pair) for pair in (_those_after(found, after) if after else found)]

    async def list_faults(self, _request: Request) -> Any:
        return [asdict(fault) for fault in self._simulator.faults.waiting()]

    async def add_fault(self, request: Request) -> Any:
        wanted = await _input(request, models.FaultInput)
        fault = Fault(**wanted.model_dump(exclude_none=True))
        self._simulator.faults.add(fault)
        return asdict(fault)

    async def clear_faults(self, _request: Request) -> Any:
        return {"cleared": self._simulator.faults.clear()}

    async def review(self, request: Request) -> Any:
        wanted = await _input(request, models.ReviewInput)
        number = self._number(wanted.phone_number)
        template = next(
            (one for one in number.templates if (one.name, one.language) == (wanted.name, wanted.language)),
            None,
        )
        if template is None:
            raise ControlError(404, "name", f"no template {wanted.name} in {wanted.language}")
        template.review(wanted.status, wanted.reason, wanted.rejection_info)
        self._simulator.changed()
        if not wanted.webhook:
            return {"id": template.id, "status": template.status}
        attempt = await self._simulator.announce_review(number, template)
        return {"id": template.id, "status": template.status, **_outcome(attempt)}

    async def settings(self, request: Request) -> Any:
        wanted = await _input(request, models.SettingsInput)
        settings = self._simulator.state.settings
        for name, value in wanted.model_dump(exclude_none=True).items():
            setattr(settings, name, value)
        self._simulator.changed()
        return asdict(settings)

    async def reset(self, _request: Request) -> Any:
        await self._simulator.reset()
        return {"reset": True}

    def _number(self, digits: str) -> Number:
        number = self._simulator.state.numbers.get(digits)
        if number is None:
            message = f"no number +{digits} here; POST /_control/numbers makes one"
            raise ControlError(404, "phone_number", message)
        return number


def _route(path: str, method: str, handle: Callable[[Request], Awaitable[Any]]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await handle(request))
        except ControlError as error:
            return _problem(error.status_code, [{"field": error.field, "message": str(error)}])
        except ValidationError as error:
            return _problem(422, [_field_error(one) for one in error.errors()])

    return Route(path, endpoint, methods=[method])


async def _input(request: Request, model: type[Wanted]) -> Wanted:
    return model.model_validate_json(await request.body())


def _problem(status_code: int, errors: list[dict[str, str]]) -> Response:
    summary = "; ".join(f"{one['field']}: {one['message']}" for one in errors)
    return JSONResponse({"error": summary, "errors": errors}, status_code)


def _field_error(error: Any) -> dict[str, str]:
    return {"field": ".".join(map(str, error["loc"])) or "body", "message": error["msg"]}


def _outcome(attempt: Attempt) -> dict[str, Any]:
    return {"delivered": attempt.delivered, "status_code": attempt.status_code}


def _customer(number: Number, address: str) -> Customer:
    if address.isdigit():
        return number.customer_with_phone(address)
    return number.customer_with_user_id(address) or number.add_hidden_customer(address)


def _sent_message(number: Number, message: SentMessage) -> dict[str, Any]:
    return {
        "wamid": message.wamid,
        "phone_number": "+" + number.digits,
        "to": message.customer,
        "accepted_at": rfc3339(message.accepted_at),
        "body": message.body,
    }


def _those_after(found: list[tuple[Number, SentMessage]], after: str) -> list[tuple[Number, SentMessage]]:
    """`after` is the wamid of the last one seen, or a time."""
    for position, (_, message) in enumerate(found):
        if message.wamid == after:
            return found[position + 1 :]
    moment = _unix_seconds(after)
    return [pair for pair in found if pair[1].accepted_at > moment]


def _unix_seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        # In a query string, the plus of an offset arrives as a space.
        return datetime.fromisoformat(text.replace(" ", "+")).timestamp()
    except ValueError as error:
        message = "must be the wamid of a message sent before, or a time"
        raise ControlError(422, "after", message) from error
