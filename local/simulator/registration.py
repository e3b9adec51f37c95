"""Numbers come to the provider: made on the first call, changed on the next."""

from typing import Any

from local.simulator.chance import Chance
from local.simulator.control_models import NumberInput
from local.simulator.numbers import Number, State
from local.simulator.templates import DEFAULT_TEMPLATES, Template


class KeyTakenError(Exception):
    """The API key already belongs to another number: one key means one number."""


def register(state: State, wanted: NumberInput, chance: Chance) -> Number:
    holder = state.with_key(wanted.api_key) if wanted.api_key else None
    if holder and holder.digits != wanted.phone_number:
        raise KeyTakenError(f"the key is the one of +{holder.digits}")
    number = state.numbers.get(wanted.phone_number) or _new_number(wanted.phone_number, chance)
    state.numbers[number.digits] = number
    for name in ("display_name", "api_key", "messages_per_second", "health"):
        value = getattr(wanted, name)
        if value is not None:
            setattr(number, name, value)
    if wanted.templates is not None:
        number.templates = [_template(one.model_dump(), chance) for one in wanted.templates]
    return number


def describe(number: Number) -> dict[str, Any]:
    return {
        "phone_number": "+" + number.digits,
        "display_name": number.display_name,
        "phone_number_id": number.phone_number_id,
        "waba_id": number.waba_id,
        "api_key": number.api_key,
        "messages_per_second": number.messages_per_second,
        "health": number.health,
        "webhook_url": number.webhook_url,
    }


def _new_number(digits: str, chance: Chance) -> Number:
    return Number(
        digits=digits,
        display_name=f"Business {digits[-4:]}",
        phone_number_id=chance.digits(15),
        waba_id=chance.digits(15),
        api_key=chance.api_key(),
        templates=[_template(one, chance) for one in DEFAULT_TEMPLATES],
    )


def _template(values: dict[str, Any], chance: Chance) -> Template:
    return Template(id=chance.digits(16), **values)
