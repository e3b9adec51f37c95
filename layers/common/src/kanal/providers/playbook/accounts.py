"""Codes about the channel as a whole: it cannot send until somebody has mended something.

What concerns one kind of message only (payments, calls, template policy) stops no channel.
"""

from kanal.providers.playbook.play import Play, refused

NEW_KEY = "The provider does not accept the API key any more. Connect the channel again with a valid key."
BILLING = "Sending is stopped for unpaid invoices or a missing payment method. Settle it with the provider."
_RESTRICTED = "WhatsApp restricts the business account or number. Look at its health in the provider's hub."
_NO_PERMISSION = (
    "The provider's app has no permission for this number. Grant it in the provider's hub, or ask the"
    " provider's support."
)
_REGISTER = "The number is not registered with WhatsApp. Register it again in the provider's hub."

ROWS: dict[int, Play] = {
    0: refused(NEW_KEY, "channel", "credentials_invalid"),
    190: refused(NEW_KEY, "channel", "credentials_invalid"),
    131042: refused(BILLING, "channel", "payment_required"),
    **dict.fromkeys((3, 10, *range(200, 300), 131005), refused(_NO_PERMISSION, "channel", "restricted")),
    **dict.fromkeys((368, 131031), refused(_RESTRICTED, "channel", "restricted")),
    **dict.fromkeys((131045, 133010), refused(_REGISTER, "channel", "restricted")),
    33: refused(
        "WhatsApp does not know the number any more. Look whether it was deleted or moved in the provider's"
        " hub, then connect it again.",
        "channel",
        "restricted",
    ),
    131037: refused(
        "WhatsApp has not approved the number's display name. Have it approved in the provider's hub.",
        "channel",
        "restricted",
    ),
    131064: refused(
        "WhatsApp limits the account because templates were in the wrong category. Correct their categories"
        " before sending more of them.",
        "bulk",
        "pause_bulk",
    ),
    131044: refused("Calls need a payment method. Add one in WhatsApp Manager."),
    134011: refused(
        "The business has not accepted WhatsApp's terms for payments. Accept them in WhatsApp Manager, then"
        " send it again."
    ),
    139200: refused(
        "WhatsApp does not let this account send templates that it has not approved. Have the template"
        " approved, then send it."
    ),
}
