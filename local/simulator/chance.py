"""Everything that the simulator makes up: ids, keys, and whether a fault strikes."""

import base64
import random
import string

KEY_ALPHABET = string.ascii_letters + string.digits

# Framing of the ids that WhatsApp gives to messages: base64 over the other party's number and a random
# tail, with one byte telling the direction and one the length of the tail.
OUTBOUND = (0x11, 18)
INBOUND = (0x12, 20)


class Chance:
    def __init__(self, source: random.Random | None = None) -> None:
        self._random = source or random.Random()  # noqa: S311  # nothing here is a secret

    def strikes(self, probability: float) -> bool:
        return self._random.random() < probability

    def digits(self, length: int) -> str:
        return str(self._random.randrange(10 ** (length - 1), 10**length))

    def api_key(self) -> str:
        return self._word(KEY_ALPHABET, 26) + "_AK"

    def trace_id(self) -> str:
        return "A" + self._word(KEY_ALPHABET, 22)

    def outbound_wamid(self, wa_id: str) -> str:
        return self._wamid(wa_id, *OUTBOUND)

    def inbound_wamid(self, wa_id: str) -> str:
        return self._wamid(wa_id, *INBOUND)

    def _wamid(self, wa_id: str, direction: int, tail_length: int) -> str:
        party = wa_id.encode()
        tail = self._word("0123456789ABCDEF", tail_length).encode()
        framed = bytes([0x1C, 0x18, len(party), *party, 0x15, 2, 0, direction, 0x18, tail_length, *tail, 0])
        return "wamid." + base64.b64encode(framed).decode()

    def _word(self, alphabet: str, length: int) -> str:
        return "".join(self._random.choices(alphabet, k=length))
