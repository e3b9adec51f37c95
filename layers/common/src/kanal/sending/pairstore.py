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
from kanal.sending.pair import BURST_LASTS, LATE, SPACING, Pair, may_join_burst, refused
from kanal.times import epoch_microseconds

_KEPT_FOR = timedelta(hours=1)
_TRIES = 3
_REMEMBERED = 10_000
"""Contacts in a burst; more than a container can have at once."""


class PairStore:
    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._burst_ends: dict[Key, int] = {}

    def take(self, ref: ChannelRef, contact_id: ContactId, burst: int) -> datetime | None:
        """None if a message may go to the contact now, and then it is counted; else when to ask again.

        `contact_id` is the root of the contact. A message that was counted and does not leave costs time,
        never excess.
        """
        key = _key(ref, contact_id)
        for _ in range(_TRIES):
            now = epoch_microseconds(self._clock())
            knows_burst = self._burst_ends.get(key, 0) > now
            pair = self._join_burst(key, burst, now) if knows_burst else self._begin_burst(key, now)
            if pair is None:
                return None
            self._remember(key, pair.burst_ends, now)
            if now < pair.quiet_until and not may_join_burst(pair, burst, now):
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
        self._burst_ends.pop(key, None)
        return _moment(pair.quiet_until)

    def _begin_burst(self, key: Key, now: int) -> Pair | None:
        """None if nothing was owed; else what is."""
        values = {
            ":now": now,
            ":quiet": now + SPACING + LATE,
            ":ends": now + BURST_LASTS,
            ":one": 1,
            ":expires": self._expires_at(),
        }
        pair = self._counted(
            key,
            "SET quiet_until = :quiet, burst_ends = :ends, sent = :one, expires_at = :expires",
            "attribute_not_exists(quiet_until) OR quiet_until <= :now",
            values,
        )
        if pair is None:
            self._remember(key, now + BURST_LASTS, now)
        return pair

    def _join_burst(self, key: Key, burst: int, now: int) -> Pair | None:
        """None if there was a burst with room; else what is owed."""
        return self._counted(
            key,
            "SET quiet_until = quiet_until + :spacing, sent = sent + :one",
            "burst_ends > :now AND sent < :burst",
            {":spacing": SPACING, ":one": 1, ":now": now, ":burst": burst},
        )

    def _counted(self, key: Key, expression: str, condition: str, values: dict[str, int]) -> Pair | None:
        try:
            self._table.update(key, expression, values=values, condition=condition)
        except ConditionFailed as failure:
            return _pair(failure.item)
        return None

    def _remember(self, key: Key, burst_ends: int, now: int) -> None:
        if len(self._burst_ends) >= _REMEMBERED:
            self._burst_ends = {other: end for other, end in self._burst_ends.items() if end > now}
        self._burst_ends[key] = burst_ends

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
