"""Templates in the templates table.

| pk | sk | holds |
|---|---|---|
| workspace#channel | template#name#language | the template as the provider last showed it |
| workspace#channel | report | the last sync: when, and what it found |
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kanal.aws.table import ConditionFailed, Item, Key, Table
from kanal.ids import ChannelRef
from kanal.rawjson import write
from kanal.templates.model import Template
from kanal.times import parse_rfc3339, rfc3339

_PAGE = 100


class TemplateStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, ref: ChannelRef, name: str, language: str) -> Template | None:
        item = self._table.get(_key(ref, name, language))
        return _from_item(item) if item else None

    def page(self, ref: ChannelRef, after: str | None, limit: int) -> tuple[Sequence[Template], str | None]:
        """In order of name and language. `after` and the second value are sort keys."""
        start = {"pk": ref.prefix, "sk": after} if after else None
        items, last = self._table.query(ref.prefix, prefix="template#", after=start, limit=limit)
        return [_from_item(item) for item in items], last["sk"] if last else None

    def all(self, ref: ChannelRef) -> list[Template]:
        found: list[Template] = []
        after: str | None = None
        while True:
            page, after = self.page(ref, after, _PAGE)
            found += page
            if after is None:
                return found

    def find(self, ref: ChannelRef, name: str, language: str, provider_id: str) -> Template | None:
        """By name and language; by the provider's id, which reads all of the channel, only without them."""
        if name and language:
            return self.get(ref, name, language)
        matches = (template for template in self.all(ref) if template.provider_id == provider_id)
        return next(matches, None) if provider_id else None

    def put(self, ref: ChannelRef, template: Template, *, over: Template | None) -> bool:
        """`over` is what was read before, None if nothing was there. False if that has changed since."""
        values = {":read": _orders(over)} if over and over.orders else {}
        unchanged = "orders = :read" if values else "attribute_not_exists(orders)"
        condition = unchanged if over else "attribute_not_exists(pk)"
        try:
            self._table.put(_to_item(ref, template), condition=condition, values=values or None)
        except ConditionFailed:
            return False
        return True

    def report(self, ref: ChannelRef) -> Mapping[str, Any] | None:
        """The last sync that ended well, None if there was none."""
        item = self._table.get(_report_key(ref))
        return json.loads(item["report"]) if item else None

    def put_report(self, ref: ChannelRef, report: Mapping[str, Any], order: str) -> None:
        key = _report_key(ref)
        self._table.put({"pk": key.pk, "sk": key.sk, "report": write(report), "order": order})

    def last_sync(self, ref: ChannelRef) -> str:
        """The order of the last sync that ended well: what is older, it has seen."""
        item = self._table.get(_report_key(ref))
        return str(item.get("order", "")) if item else ""


def _key(ref: ChannelRef, name: str, language: str) -> Key:
    return Key(ref.prefix, f"template#{name}#{language}")


def _report_key(ref: ChannelRef) -> Key:
    return Key(ref.prefix, "report")


def _to_item(ref: ChannelRef, template: Template) -> Item:
    key = _key(ref, template.name, template.language)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "name": template.name,
        "language": template.language,
        "provider_id": template.provider_id,
        "provider_status": template.provider_status,
        "category": template.category,
        "components": write(list(template.components)),
        "parameter_format": template.parameter_format,
        "rejected_reason": template.rejected_reason,
        "quality": template.quality,
        "vanished_at": rfc3339(template.vanished_at) if template.vanished_at else None,
        "status_info": _written(template.status_info),
        "category_change": _written(template.category_change),
        "orders": _orders(template) if template.orders else None,
    }


def _written(value: Any) -> str | None:
    return write(value) if value is not None else None


def _orders(template: Template) -> str:
    return write(dict(sorted(template.orders.items())))


def _from_item(item: Item) -> Template:
    return Template(
        name=item["name"],
        language=item["language"],
        provider_id=item["provider_id"],
        provider_status=item["provider_status"],
        category=item["category"],
        components=json.loads(item["components"]),
        parameter_format=item["parameter_format"],
        rejected_reason=item.get("rejected_reason"),
        quality=item.get("quality"),
        vanished_at=parse_rfc3339(item["vanished_at"]) if "vanished_at" in item else None,
        status_info=json.loads(item.get("status_info", "null")),
        category_change=json.loads(item.get("category_change", "null")),
        orders=json.loads(item.get("orders", "{}")),
    )
