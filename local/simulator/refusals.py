"""Errors in WhatsApp's own words: code, title, HTTP status and body.

Throttles are HTTP 400 with a code, not 429, as WhatsApp does it for messages.
"""

from typing import Any

TITLES: dict[int, tuple[int, str]] = {
    100: (400, "Invalid parameter"),
    130429: (400, "Rate limit hit"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131021: (400, "Recipient cannot be sender"),
    131031: (403, "Business Account locked"),
    131041: (400, "Group unknown"),
    131047: (400, "Re-engagement message"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131059: (400, "Invalid paging cursor"),
    131053: (400, "Media upload error"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
}


class RefusalError(Exception):
    """The provider does not do what was asked; the code decides HTTP status and title."""

    def __init__(self, code: int, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details

    @property
    def status_code(self) -> int:
        return TITLES[self.code][0]

    def body(self, trace_id: str) -> dict[str, Any]:
        return {
            "error": {
                "message": f"(#{self.code}) {TITLES[self.code][1]}",
                "type": "OAuthException",
                "code": self.code,
                "error_data": {"messaging_product": "whatsapp", "details": self.details},
                "fbtrace_id": trace_id,
            }
        }
