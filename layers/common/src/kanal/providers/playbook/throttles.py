"""Codes that say "not now": limits, and troubles of WhatsApp's own."""

from kanal.providers.playbook.play import UNKNOWN, Play, try_later

HOURS_OF_BULK_PAUSE = 6
_FIRST_PAUSE_OF_A_TEMPLATE_SECONDS = 3 * 3600.0
"""Source: WhatsApp, template pausing: three hours the first time, six the second, then for good."""

ROWS: dict[int, Play] = {
    # Refused before processing: safe to try again.
    4: try_later("channel", "slow_channel"),
    17: try_later("channel", "slow_channel"),
    32: try_later("channel", "slow_channel"),
    613: try_later("channel", "slow_channel"),
    80007: try_later("channel", "slow_channel"),
    80008: try_later("channel", "slow_channel"),
    130429: try_later("channel", "slow_channel"),
    131056: try_later("contact", "delay_contact"),
    131208: try_later("message"),
    133004: try_later("channel"),
    139102: try_later("message"),
    # Waits for a condition.
    131048: Play(
        "try_later",
        "bulk",
        "WhatsApp limits the number because people blocked or reported its messages. Look at its quality in"
        " the provider's hub, and write only to people who expect it.",
        "pause_bulk",
        HOURS_OF_BULK_PAUSE * 3600.0,
    ),
    132015: Play(
        "try_later",
        "template",
        "WhatsApp paused the template because people blocked or reported it. Wait until it is approved again,"
        " or use another; a third pause disables it.",
        "template_paused",
        _FIRST_PAUSE_OF_A_TEMPLATE_SECONDS,
    ),
    # May have been processed: never tried again blindly.
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 139103, 2494100), UNKNOWN),
}
