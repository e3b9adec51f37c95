"""Keeps what WhatsApp reports of a channel on the channel's own item (`fact_<name>`): shown and listed with
it at no further read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kanal.aws.table import ConditionFailed, Table
from kanal.channels.records import fact_attribute, report_to_item, reports_from
from kanal.channels.reports import Report
from kanal.channels.store import channel_key
from kanal.ids import ChannelRef


@dataclass(frozen=True)
class Recorded:
    """All that is known after a report, and whether it changed something."""

    reports: Mapping[str, Report]
    is_new: bool


class ChannelFacts:
    def __init__(self, table: Table) -> None:
        self._table = table

    def record(self, ref: ChannelRef, report: Report, received_at: datetime) -> Recorded | None:
        """Of each fact the latest stays, whatever the order of arrival. None if there is no such channel."""
        order = report.order(received_at)
        try:
            item = self._table.update(
                channel_key(ref),
                "SET #fact = :fact",
                names={"#fact": fact_attribute(report.name), "#order": "order"},
                values={":fact": report_to_item(report, order), ":order": order},
                condition="attribute_exists(pk) AND (attribute_not_exists(#fact) OR #fact.#order < :order)",
                returning="ALL_NEW",
            )
        except ConditionFailed as failure:
            return Recorded(reports_from(failure.item), is_new=False) if failure.item else None
        return Recorded(reports_from(item), is_new=True)
