"""Codes about one message, or about the person it goes to."""

from kanal.providers.playbook.play import Play, refused

_ITS_WORDS = "its words are beside this."
_NOT_IN_GROUPS = f"WhatsApp refuses this in the group; {_ITS_WORDS} Look at the group and who is in it."
_USERNAMES = f"WhatsApp refuses the username or what belongs to it; {_ITS_WORDS} Choose another."

ROWS: dict[int, Play] = {
    # What was asked for.
    100: refused(f"WhatsApp refuses a parameter; {_ITS_WORDS} Correct it and send the message anew."),
    131008: refused(f"WhatsApp misses a required parameter; {_ITS_WORDS} Add it and send the message anew."),
    131009: refused(f"WhatsApp refuses the value of a parameter; {_ITS_WORDS} Correct it and send it anew."),
    135000: refused(
        f"WhatsApp refuses the message as it is built; {_ITS_WORDS} Correct it and send it anew."
    ),
    803: refused(
        "WhatsApp does not know an id that the message names. Correct it and send the message anew."
    ),
    131051: refused("WhatsApp does not take this type of message. Send it as another type."),
    131052: refused("WhatsApp could not fetch the person's file. Ask them to send it again."),
    131053: refused(
        "WhatsApp could not use the file. Compare type, codec and size with its limits, and see that a link"
        " can be opened by anybody."
    ),
    131059: refused("The list has changed since its first page. Read it again from the start."),
    131060: refused("WhatsApp cannot show this message now. Ask the person to send it again."),
    132068: refused("WhatsApp has blocked the flow. Look at its health in WhatsApp Manager, or use another."),
    132069: refused(
        "WhatsApp lets the flow go out to few people an hour until its errors are mended. Mend the flow in"
        " WhatsApp Manager, or send it again in an hour."
    ),
    # To whom.
    131047: refused(
        "More than 24 hours passed since the contact last wrote. Send a template instead.",
        "contact",
        "window_closed",
    ),
    131049: refused(
        "WhatsApp limits marketing to this person. Try again after 24 hours at the earliest, or leave it.",
        "contact",
        "suppress_marketing",
    ),
    131050: refused(
        "This person stopped marketing messages. Do not send marketing to them.",
        "contact",
        "marketing_stopped",
    ),
    130472: refused(
        "WhatsApp holds marketing back from this person. A utility template, or a message while the person's"
        " window is open, may go through.",
        "contact",
    ),
    131026: refused(
        "The recipient cannot be reached on WhatsApp: the number may have no account, an old app, or terms"
        " that were never accepted. Check the number, or reach the person in another way.",
        "contact",
    ),
    130403: refused("This business has blocked the recipient. Unblock them to write to them.", "contact"),
    130497: refused(
        "WhatsApp does not let this business write to people in that country. Reach them in another way.",
        "contact",
    ),
    131021: refused("The recipient is the channel's own number. Send to another.", "contact"),
    131030: refused(
        "The number is a test number and the recipient is not on its list. Add them there, or use a number"
        " that is not for tests.",
        "contact",
    ),
    131062: refused(
        "WhatsApp takes no user id for this message. Ask the person for the phone number, for example with an"
        " interactive message of type request_contact_info.",
        "contact",
    ),
    137000: refused(
        "The person's identity has changed since it was confirmed. Verify who they are before you send more.",
        "contact",
    ),
    **dict.fromkeys(
        (131020, 131041, 131201, 131202, 131204, 131207, *range(131209, 131216)), refused(_NOT_IN_GROUPS)
    ),
    **dict.fromkeys(range(147001, 147006), refused(_USERNAMES)),
}
