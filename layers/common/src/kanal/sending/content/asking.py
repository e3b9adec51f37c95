"""Interactive messages that ask a person for something: a place, a number, leave to call."""

from typing import Literal

from kanal.sending.content.frame import InteractiveBody
from kanal.sending.content.parts import Strict


class LocationAction(Strict):
    name: Literal["send_location"]


class LocationRequestInteractive(Strict):
    type: Literal["location_request_message"]
    body: InteractiveBody
    action: LocationAction


class ContactInfoAction(Strict):
    name: Literal["request_contact_info"]


class ContactInfoRequestInteractive(Strict):
    """Asks for the phone number. Older texts of WhatsApp call the type `contact_request`."""

    type: Literal["request_contact_info"]
    body: InteractiveBody
    action: ContactInfoAction


class CallPermissionAction(Strict):
    name: Literal["call_permission_request"]


class CallPermissionInteractive(Strict):
    type: Literal["call_permission_request"]
    body: InteractiveBody | None = None
    action: CallPermissionAction
