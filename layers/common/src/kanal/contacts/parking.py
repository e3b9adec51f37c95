"""The mark on a contact for whom messages wait until they write: whoever handles what they write reads the
contact anyway, and so knows of it for free.

Setting and taking it away count as changes of the part: a sighting that was read before is not written over
it, and finds the mark when it reads again. Either the sighting sees the mark, or whoever sets it sees the
window that the sighting opened.
"""

from kanal.aws.table import ConditionFailed
from kanal.contacts.model import Contact
from kanal.contacts.records import contact_key, from_item
from kanal.contacts.store import ContactStore
from kanal.ids import ChannelRef, ContactId, MessageId


def mark_parked(
    contacts: ContactStore, ref: ChannelRef, contact_id: ContactId, message_id: MessageId
) -> Contact | None:
    """The contact as it is after that; None if there is none."""
    try:
        item = contacts.table.update(
            contact_key(ref, contact_id),
            "SET parked = :message, version = version + :one",
            values={":message": message_id, ":one": 1},
            condition="attribute_exists(pk)",
            returning="ALL_NEW",
        )
    except ConditionFailed:
        return None
    part = from_item(ref, item)
    if part.merged or part.merged_into:
        return contacts.get(ref, contact_id)
    return Contact((part,), via=contact_id)


def unmark_parked(contacts: ContactStore, ref: ChannelRef, contact_id: ContactId, seen: str) -> None:
    """Unless a further message was parked since the mark was `seen`."""
    try:
        contacts.table.update(
            contact_key(ref, contact_id),
            "SET version = version + :one REMOVE parked",
            values={":one": 1, ":seen": seen},
            condition="parked = :seen",
        )
    except ConditionFailed:
        return
