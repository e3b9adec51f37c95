"""Codes of registering numbers, calls, flows, blocking and moving: none is an answer to a send, but a webhook
or an error of the account may name them.
"""

from kanal.providers.playbook.play import Play, refused

_IN_HUB = "Look at the number in the provider's hub."
_CALLING = "WhatsApp refuses the call; its words are beside this. Look at the number's settings for calls."
_FLOWS = "WhatsApp refuses what was asked of the flow. Look at it in WhatsApp Manager."
_MIGRATION = (
    "The number cannot be moved yet; WhatsApp's words are beside this. Do what they name, then move it again."
)
_OLD_MODEL = "WhatsApp no longer manages accounts this way. Ask the provider's support."

ROWS: dict[int, Play] = {
    133000: refused("The number's deregistration did not end. Deregister it once more."),
    133005: refused("The PIN of the number is wrong. Set or look it up in WhatsApp Manager."),
    133006: refused("The number has to be verified again. Ask for a new code in the provider's hub."),
    133008: refused("The PIN was wrong too often. Wait as long as WhatsApp's words say, then try again."),
    133009: refused("The PIN was tried too fast. Wait as long as WhatsApp's words say, then try again."),
    133015: refused("The number was deleted a moment ago. Wait five minutes, then register it."),
    133016: refused("The number was registered ten times in 72 hours. Wait 72 hours, then register it."),
    136024: refused(f"WhatsApp sends no code for this number: it may be verified already. {_IN_HUB}"),
    **dict.fromkeys(range(138000, 138019), refused(_CALLING)),
    **dict.fromkeys(range(139000, 139005), refused(_FLOWS)),
    139100: refused("Some people could not be blocked. Look which, and block them one by one."),
    139101: refused("The list of blocked people is full (64,000). Unblock some first."),
    1752041: refused(
        "The account is signed up for the Marketing Messages API already. Nothing is to be done."
    ),
    **dict.fromkeys((2388001, 2388012, 2388091, 2388093, 2388103), refused(_MIGRATION)),
    **dict.fromkeys((2593079, 2593085), refused(_OLD_MODEL)),
    2593107: refused("The app's contacts or history were synchronised already. Connect the number anew."),
    2593108: refused(
        "More than 24 hours passed since the number was connected; nothing is synchronised any more."
        " Connect the number anew."
    ),
    2593109: refused(
        "The owner of the number does not share its history. They can allow it when connecting."
    ),
}
