"""Examples of broadcasts. The API's description shows them; tests make them."""

from typing import Any

_PERSONAL = {
    "name": "order_update",
    "language": {"code": "en"},
    "components": [
        {
            "type": "body",
            "parameters": [
                {"type": "text", "text": {"column": "name"}},
                {"type": "text", "text": {"column": "order"}},
            ],
        }
    ],
}

BROADCASTS: dict[str, Any] = {
    "file": {"name": "Orders of May", "template": _PERSONAL},
    "recipients": {
        "name": "Orders of today",
        "template": _PERSONAL,
        "recipients": [
            {"to": "+4915112345678", "values": {"name": "Ada", "order": "4711"}},
            {"to": "con_qvc53xdfdd6auj3ev73twp2uoa", "values": {"name": "Bob", "order": 4712}},
        ],
        "send_at": "2026-12-01T08:00:00Z",
    },
}
