"""The pace towards each contact, in the channels table: one item a contact that was written to lately.

| pk | sk | holds |
|---|---|---|
| pace#workspace#channel#pair#contact | pair | `quiet_until`, `burst_ends`, `sent`: what is owed |
| | | `refusals`, `refused_until`: how often the provider refused in a row, and the wait for it |
| | | `expires_at` (TTL, seconds): all of it is over then |
"""

from datetime import UTC, datetime, timedelta

from kanal.aws.table import ConditionFailed, Item, Key, Table
from kanal.clock import Clock
from kanal.ids import ChannelRef, ContactId
from kanal.sending.pair import BURST_LASTS, LATE, SPACING, Pair, owes, refused
from kanal.times import epoch_microseconds

_KEPT_FOR = timedelta(hours=1)
_TRIES = 3
_REMEMBERED = 10_000
"""Contacts that owe; more than a container can have written to within seconds."""


class PairStore:
    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._known: dict[Key, Pair] = {}

    def known(self, ref: ChannelRef, contact_id: ContactId, burst: int) -> datetime | None:
        """As `take`, but counts nothing and asks nobody: None if the contact is not known to owe."""
        now, pair = epoch_microseconds(self._clock()), self._known.get(_key(ref, contact_id))
        return _moment(pair.quiet_until) if pair and owes(pair, burst, now) else None

    def take(self, ref: ChannelRef, contact_id: ContactId, burst: int) -> datetime | None:
        """None if a message may go to the contact now, and then it is counted; else when to ask again.

        `contact_id` is the root of the contact. A message that was counted and does not leave costs time,
        never excess.
        """
        key = _key(ref, contact_id)
        for _ in range(_TRIES):
            now = epoch_microseconds(self._clock())
            knows_burst = self._known.get(key, Pair()).burst_ends > now
            counted = self._join_burst(key, burst, now) if knows_burst else self._begin_burst(key, now)
            if counted:
                return None
            pair = self._known[key]
            if owes(pair, burst, now):
                return _moment(pair.quiet_until)
        return self._clock() + timedelta(microseconds=SPACING)

    def delay(self, ref: ChannelRef, contact_id: ContactId) -> datetime:
        """The provider refused for the pair rate: until when nothing goes to the contact.

        The wait grows with each refusal in a row. Nobody has to report a success: a row ends by itself.
        """
        key = _key(ref, contact_id)
        now = epoch_microseconds(self._clock())
        pair = refused(_pair(self._table.get(key)), now)
        self._table.update(
            key,
            "SET quiet_until = :quiet, burst_ends = :now, refusals = :refusals, refused_until = :refused,"
            " expires_at = :expires",
            values={
                ":quiet": pair.quiet_until,
                ":now": now,
                ":refusals": pair.refusals,
                ":refused": pair.refused_until,
                ":expires": self._expires_at(),
            },
        )
        self._remember(key, pair, now)
        return _moment(pair.quiet_until)

    def _begin_burst(self, key: Key, now: int) -> bool:
        """False if something is owed, which is known then."""
        values = {
            ":now": now,
            ":quiet": now + SPACING + LATE,
            ":ends": now + BURST_LASTS,
            ":one": 1,
            ":expires": self._expires_at(),
        }
        return self._counts(
            key,
            "SET quiet_until = :quiet, burst_ends = :ends, sent = :one, expires_at = :expires",
            "attribute_not_exists(quiet_until) OR quiet_until <= :now",
            values,
        )

    def _join_burst(self, key: Key, burst: int, now: int) -> bool:
        """False if there is no burst with room; what is owed is known then."""
        return self._counts(
            key,
            "SET quiet_until = quiet_until + :spacing, sent = sent + :one",
            "burst_ends > :now AND sent < :burst",
            {":spacing": SPACING, ":one": 1, ":now": now, ":burst": burst},
        )

    def _counts(self, key: Key, expression: str, condition: str, values: dict[str, int]) -> bool:
        try:
            item: Item | None = self._table.update(
                key, expression, values=values, condition=condition, returning="ALL_NEW"
            )
        except ConditionFailed as failure:
            self._remember(key, _pair(failure.item), values[":now"])
            return False
        self._remember(key, _pair(item), values[":now"])
        return True

    def _remember(self, key: Key, pair: Pair, now: int) -> None:
        """Others may have added to what is owed; nobody takes from it."""
        if len(self._known) >= _REMEMBERED:
            self._known = {other: one for other, one in self._known.items() if one.quiet_until > now}
        self._known[key] = pair

    def _expires_at(self) -> int:
        return int((self._clock() + _KEPT_FOR).timestamp())


def _key(ref: ChannelRef, contact_id: ContactId) -> Key:
    """A partition of its own for each contact: many are written to at once."""
    return Key(f"pace#{ref.prefix}#pair#{contact_id}", "pair")


def _pair(item: Item | None) -> Pair:
    names = ("quiet_until", "burst_ends", "sent", "refusals", "refused_until")
    return Pair(*(item.get(name, 0) for name in names)) if item else Pair()


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
