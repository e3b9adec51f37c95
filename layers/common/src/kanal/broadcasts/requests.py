"""Bodies of the routes of broadcasts."""

from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
)

MOST_IN_A_REQUEST = 10_000
MAX_BODY_BYTES = 3_000_000
"""A function takes 6 MB, in which the body is a text in JSON: each of its quotes becomes two characters."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BroadcastLanguage(_Strict):
    code: Annotated[str, StringConstraints(min_length=2, max_length=15)]
    policy: Literal["deterministic"] = "deterministic"


class BroadcastTemplate(_Strict):
    """As in a message of type template, but that `{"column": "name"}` may stand wherever a component has a
    text or a number: the value of each recipient.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    language: BroadcastLanguage
    components: Annotated[list[dict[str, Any]], Field(max_length=20)] = []


class BroadcastRecipient(_Strict):
    to: Annotated[str, StringConstraints(max_length=150)] = Field(
        description="Phone number with country code, contact id, or business-scoped user id."
    )
    values: dict[str, StrictStr | StrictInt | StrictFloat] = Field(
        default={}, description="What the template's `column`s are for this recipient."
    )


class CreateBroadcast(_Strict):
    """Without `recipients` a form comes back, with which their CSV file is uploaded."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = Field(
        description="For people; nobody whom it is sent to sees it."
    )
    template: BroadcastTemplate
    recipients: (
        Annotated[list[BroadcastRecipient], Field(min_length=1, max_length=MOST_IN_A_REQUEST)] | None
    ) = None
    start: StrictBool = Field(
        default=False, description="Start by itself once it is ready, without a look at the forecast."
    )
    send_at: AwareDatetime | None = Field(
        default=None, description="Start by itself then, or once it is ready if that is later."
    )
