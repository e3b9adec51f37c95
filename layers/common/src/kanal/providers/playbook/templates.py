"""Codes about templates: those of sending one, and those of changing the template itself."""

from kanal.providers.playbook.play import Play, refused

_COMPARE = "Compare with the template."
_CHANGE = "Change the template and submit it again."
_MARKETING_ONLY = "This way of sending takes marketing templates only. Send the template as a plain message."

ROWS: dict[int, Play] = {
    # Sending one.
    132000: refused("The number of parameters does not fit the template. Compare with its text."),
    132001: refused(
        "WhatsApp knows no approved template of this name and language. Look at the channel's templates after"
        " the sync that was asked for.",
        "template",
        "template_unknown",
    ),
    132005: refused("The template's text is too long with these parameters. Shorten them."),
    132007: refused("A template parameter breaks WhatsApp's rules on characters or format. Correct it."),
    132008: refused(f"A template parameter has a value that WhatsApp refuses. {_COMPARE}"),
    132012: refused(f"A template parameter has the wrong format. {_COMPARE}"),
    132016: refused(
        "WhatsApp disabled the template because people blocked or reported it. Use another.",
        "template",
        "template_disabled",
    ),
    132018: refused(
        "A template parameter is not valid. Line breaks, tabs and rows of spaces are refused. Correct it."
    ),
    131055: refused(_MARKETING_ONLY),
    131063: refused(
        "Marketing templates of this account go out by the Marketing Messages API only. Ask the provider's"
        " support to allow them here."
    ),
    134100: refused(_MARKETING_ONLY),
    134101: refused("The template is still being copied inside WhatsApp. Send it again in ten minutes."),
    134102: refused("The template cannot be used this way. Use another, or look at it in WhatsApp Manager."),
    134103: refused("WhatsApp refuses the template; its words are beside this. Use another."),
    # Changing one; they may stand in `error_subcode` beside code 100.
    2388019: refused("The account has as many templates as it may have. Delete some that are not used."),
    2388023: refused(
        "A template of this name and language is still being deleted, for up to 30 days. Use another name."
    ),
    2388024: refused("There is a template of this name and language. Edit it, or use another name."),
    2388039: refused(
        "The template cannot be edited now: an approved one once a day and ten times in 30 days. Wait, or"
        " make a new one."
    ),
    2388040: refused(f"A text of the template is too long. {_CHANGE}"),
    2388047: refused(f"The template's header is not built as WhatsApp wants it. {_CHANGE}"),
    2388072: refused(f"The template's body is not built as WhatsApp wants it. {_CHANGE}"),
    2388073: refused(f"The template's footer is not built as WhatsApp wants it. {_CHANGE}"),
    2388293: refused(f"The template has too many variables for its text. Take some out. {_CHANGE}"),
    2388299: refused(f"A variable stands at the start or end of the text. Put words there. {_CHANGE}"),
    200005: refused("WhatsApp has no statistics of this template. Ask again later."),
    200006: refused("Statistics of templates cannot be turned off again. Nothing is to be done."),
    200007: refused("Statistics of templates are not turned on. Turn them on in WhatsApp Manager."),
}
