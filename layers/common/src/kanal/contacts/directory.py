"""Lists a channel's contacts, and finds them by name, number or user name.

A person whose parts stand at several places of an index is shown at one of them: at the latest of the list,
and at the first word that fits the query.
"""

from collections.abc import Callable, Sequence

from kanal.channels.model import Channel
from kanal.contacts.model import Contact
from kanal.contacts.recipient import parse_recipient
from kanal.contacts.records import BY_CHANNEL, listed, terms_pk
from kanal.contacts.store import ContactStore
from kanal.contacts.terms import terms_of, words_of
from kanal.errors import FieldError, InvalidRequest
from kanal.ids import ChannelRef, ContactId

Page = tuple[Sequence[Contact], str | None]
"""The contacts, and the position after which the next page begins (None at the end)."""
_Place = tuple[str, ContactId]
"""Where a contact stands in an index, and which part it is."""
_ROUNDS = 10
"""Of reading on when what was read is not to be shown; a page may then be shorter than asked for."""


def find_contacts(
    contacts: ContactStore, channel: Channel, query: str | None, after: str | None, limit: int
) -> Page:
    """All of them; or by whatever a person may have at hand: a name, a number, a user name, an id."""
    if not query:
        return list_contacts(contacts, channel.ref, after, limit)
    if after is None and (exact := _named_exactly(contacts, channel, query.strip())):
        return [exact], None
    return search_contacts(contacts, channel.ref, query, after, limit)


def _named_exactly(contacts: ContactStore, channel: Channel, query: str) -> Contact | None:
    """A number as people write it in the channel's country, in any of WhatsApp's spellings; or an id."""
    try:
        named = parse_recipient(query, channel.default_country)
    except InvalidRequest:
        return None
    return contacts.find_recipient(channel.ref, named)


def list_contacts(contacts: ContactStore, ref: ChannelRef, after: str | None, limit: int) -> Page:
    """Those last heard of first, by day."""

    def read(position: str | None, count: int) -> tuple[list[_Place], str | None]:
        items, more = contacts.table.page_of_index(
            BY_CHANNEL, ref.prefix, after=position, limit=count, descending=True
        )
        places = [(item["listed"], ContactId(item["listed"].partition("#")[2])) for item in items]
        return places, places[-1][0] if more else None

    return _page(contacts, ref, read, lambda contact: max(map(listed, contact.parts)), after, limit)


def search_contacts(
    contacts: ContactStore, ref: ChannelRef, query: str, after: str | None, limit: int
) -> Page:
    """Those who have, for every word of the query, a word that begins with it.

    Raises InvalidRequest for a position in another search, where DynamoDB would refuse to begin.
    """
    words = sorted(words_of(query), key=len, reverse=True)
    if not words:
        return [], None
    if after and not after.startswith(words[0]):
        raise InvalidRequest(FieldError("query:cursor", "is a cursor of another search", "cursor_invalid"))

    def read(position: str | None, count: int) -> tuple[list[_Place], str | None]:
        pk = terms_pk(ref)
        start = {"pk": pk, "sk": position} if position else None
        items, last = contacts.table.query(pk, prefix=words[0], after=start, limit=count)
        places = [(item["sk"], ContactId(item["sk"].rpartition("#")[2])) for item in items]
        return places, last["sk"] if last else None

    def place(contact: Contact) -> str | None:
        found = [(term, part.id) for part in contact.parts for term in terms_of(part)]
        if not all(any(term.startswith(word) for term, _ in found) for word in words):
            return None
        return min(f"{term}#{part_id}" for term, part_id in found if term.startswith(words[0]))

    return _page(contacts, ref, read, place, after, limit)


def _page(
    contacts: ContactStore,
    ref: ChannelRef,
    read: Callable[[str | None, int], tuple[list[_Place], str | None]],
    place_of: Callable[[Contact], str | None],
    after: str | None,
    limit: int,
) -> Page:
    shown: list[Contact] = []
    for _ in range(_ROUNDS):
        places, after = read(after, limit - len(shown))
        found = contacts.get_all(ref, list(dict.fromkeys(part_id for _, part_id in places)))
        shown += [contact for contact in found if (place_of(contact), contact.via) in places]
        if after is None or len(shown) == limit:
            break
    return shown, after
