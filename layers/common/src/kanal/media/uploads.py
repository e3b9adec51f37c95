"""Files that are to be sent: each uploaded once to us, and by us to the provider while its id there lasts.

| pk | sk | holds |
|---|---|---|
| workspace#channel#media#media id | media | what was announced, what was found, the provider's id |

In the messages table.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kanal.aws.table import ConditionFailed, Item, Key, Table
from kanal.ids import ChannelRef, MediaId
from kanal.media.kinds import Kind
from kanal.times import parse_rfc3339, rfc3339

PROVIDER_KEEPS = timedelta(days=30)
"""An uploaded file is kept so long: WhatsApp, media."""
_SPARE = timedelta(days=1)
"""Before that it is uploaded anew: messages may wait, and WhatsApp delivers later."""


@dataclass(frozen=True)
class Upload:
    id: MediaId
    ref: ChannelRef
    kind: Kind
    mime_type: str
    size_bytes: int
    filename: str | None
    created_at: datetime
    request_digest: str
    etag: str | None = None
    """Of the object that was found good; another one under its key is not sent."""
    provider_media_id: str | None = None
    provider_until: datetime | None = None

    def at_provider(self, now: datetime) -> str | None:
        """The provider's id, if it lasts long enough."""
        lasts = self.provider_until is not None and now < self.provider_until - _SPARE
        return self.provider_media_id if lasts else None


class UploadStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, ref: ChannelRef, media_id: MediaId) -> Upload | None:
        item = self._table.get(_key(ref, media_id))
        return _from_item(ref, item) if item else None

    def add(self, upload: Upload) -> bool:
        """False if there is one of this id already; it stays as it is."""
        key = _key(upload.ref, upload.id)
        item: Item = {
            "pk": key.pk,
            "sk": key.sk,
            "id": upload.id,
            "kind": upload.kind,
            "mime_type": upload.mime_type,
            "size_bytes": upload.size_bytes,
            "filename": upload.filename,
            "created_at": rfc3339(upload.created_at),
            "request_digest": upload.request_digest,
        }
        try:
            self._table.put(item, condition="attribute_not_exists(pk)")
        except ConditionFailed:
            return False
        return True

    def record_found(self, upload: Upload, etag: str) -> Upload:
        """The file is there and good. The first that is found is the one that is sent."""
        item = self._table.update(
            _key(upload.ref, upload.id),
            "SET etag = if_not_exists(etag, :etag)",
            values={":etag": etag},
            condition="attribute_exists(pk)",
            returning="ALL_NEW",
        )
        return _from_item(upload.ref, item)

    # --- handing it to the provider: one worker at a time ---

    def lease(self, upload: Upload, now: datetime, until: datetime) -> tuple[Upload, bool]:
        """As it is now, and whether the caller is the one to upload it, until then."""
        try:
            item = self._table.update(
                _key(upload.ref, upload.id),
                "SET lease_until = :until",
                values={":until": rfc3339(until), ":now": rfc3339(now), ":spare": rfc3339(now + _SPARE)},
                condition="attribute_exists(pk)"
                " AND (attribute_not_exists(lease_until) OR lease_until < :now)"
                " AND (attribute_not_exists(provider_until) OR provider_until <= :spare)",
                returning="ALL_NEW",
            )
        except ConditionFailed as failure:
            return (_from_item(upload.ref, failure.item) if failure.item else upload), False
        return _from_item(upload.ref, item), True

    def record_at_provider(self, upload: Upload, provider_media_id: str, now: datetime) -> None:
        self._table.update(
            _key(upload.ref, upload.id),
            "SET provider_media_id = :id, provider_until = :until REMOVE lease_until",
            values={":id": provider_media_id, ":until": rfc3339(now + PROVIDER_KEEPS)},
        )

    def release(self, upload: Upload) -> None:
        """It did not work; the next may try at once."""
        self._table.update(_key(upload.ref, upload.id), "REMOVE lease_until")


def _from_item(ref: ChannelRef, item: Item) -> Upload:
    return Upload(
        id=MediaId(item["id"]),
        ref=ref,
        kind=item["kind"],
        mime_type=item["mime_type"],
        size_bytes=item["size_bytes"],
        filename=item.get("filename"),
        created_at=parse_rfc3339(item["created_at"]),
        request_digest=item["request_digest"],
        etag=item.get("etag"),
        provider_media_id=item.get("provider_media_id"),
        provider_until=parse_rfc3339(item["provider_until"]) if "provider_until" in item else None,
    )


def _key(ref: ChannelRef, media_id: MediaId) -> Key:
    return Key(f"{ref.prefix}#media#{media_id}", "media")
