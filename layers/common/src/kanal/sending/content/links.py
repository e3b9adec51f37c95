"""Interactive messages that lead on: to a web address, into a flow, into a call."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, model_validator

from kanal.sending.content.buttons import UrlParameters
from kanal.sending.content.frame import Framed, InteractiveBody
from kanal.sending.content.parts import (
    NOT_BLANK,
    AnyObject,
    Strict,
    Wrong,
    between,
    exactly_one,
    refuse,
    within,
)
from kanal.sending.content.products import Named


class UrlAction(Strict):
    name: Literal["cta_url"]
    parameters: UrlParameters


class UrlInteractive(Framed):
    type: Literal["cta_url"]
    action: UrlAction


class FlowPayload(Strict):
    screen: Named | None = None
    data: Annotated[AnyObject, Field(min_length=1)] | None = None


class FlowParameters(Strict):
    flow_message_version: Literal["3"]
    flow_id: Named | None = None
    flow_name: Named | None = None
    flow_cta: Annotated[str, within("flow.cta"), NOT_BLANK]
    flow_token: Named | None = None
    mode: Literal["draft", "published"] | None = None
    flow_action: Literal["navigate", "data_exchange"] | None = None
    flow_action_payload: FlowPayload | None = None

    @model_validator(mode="after")
    def _is_one_flow(self) -> Self:
        words = "needs either a flow_id or a flow_name, not both"
        refuse(exactly_one(self, ("flow_id", "flow_name"), words), self._unused_payload())
        return self

    def _unused_payload(self) -> list[Wrong]:
        if self.flow_action != "data_exchange" or self.flow_action_payload is None:
            return []
        words = "is only for the flow_action navigate; remove it, the flow asks your endpoint"
        return [Wrong(("flow_action_payload",), "unused", words)]


class FlowAction(Strict):
    name: Literal["flow"]
    parameters: FlowParameters


class FlowInteractive(Framed):
    type: Literal["flow"]
    action: FlowAction


class VoiceCallParameters(Strict):
    display_text: Annotated[str, within("voice_call.display_text"), NOT_BLANK] | None = None
    ttl_minutes: Annotated[StrictInt, between("voice_call.ttl_minutes")] | None = None
    payload: Annotated[str, within("voice_call.payload"), NOT_BLANK] | None = None


class VoiceCallAction(Strict):
    name: Literal["voice_call"]
    parameters: VoiceCallParameters | None = None


class VoiceCallInteractive(Strict):
    """A button with which the person calls the business."""

    type: Literal["voice_call"]
    body: InteractiveBody
    action: VoiceCallAction
