"""Takes in the rows of one part of a file, and makes the forecast when the last part is done.

A part may be imported repeatedly, or beside itself: it is read from where it lies, its rows are written over
themselves, and whichever row took a person first keeps it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

from kanal.broadcasts.csvfile import rows
from kanal.broadcasts.cutting import SIDE_BY_SIDE, Cutting, end_with_problem, file_changed
from kanal.broadcasts.events import broadcast_updated
from kanal.broadcasts.forecast import COUNTS_AS, forecast_of
from kanal.broadcasts.jobs import Step
from kanal.broadcasts.model import Broadcast, Layout, Recipient, shown_row
from kanal.broadcasts.parts import Part
from kanal.broadcasts.people import Sorted, sort_out
from kanal.broadcasts.reading import Read, Reading
from kanal.broadcasts.rows import Rows
from kanal.channels.model import Channel
from kanal.channels.store import ChannelStore
from kanal.contacts.store import ContactStore
from kanal.templates.model import Template
from kanal.templates.store import TemplateStore

_AT_ONCE = 100
"""Rows: as many contacts as DynamoDB reads in one call."""
_THREADS = 16


@dataclass(frozen=True)
class Importing:
    """What importing needs."""

    cutting: Cutting
    rows: Rows
    channels: ChannelStore
    contacts: ContactStore
    templates: TemplateStore


def import_part(parts: Importing, broadcast: Broadcast, number: int) -> None:
    part = parts.cutting.broadcasts.parts.get(broadcast, number)
    if broadcast.state not in ("importing", "ready") or broadcast.layout is None or part is None:
        return
    if part.counted is None and not _take_in(parts, broadcast, broadcast.layout, part):
        return
    finish(parts, broadcast)
    if number + SIDE_BY_SIDE <= (broadcast.parts or 0):
        parts.cutting.queue.put(Step(broadcast.ref, broadcast.id, "import", number + SIDE_BY_SIDE))


def finish(parts: Importing, broadcast: Broadcast) -> None:
    """Once all parts are imported: the forecast, and the start if it was asked for. Idempotent."""
    store, known = parts.cutting.broadcasts, list(parts.cutting.broadcasts.parts.all(broadcast))
    counted = [part.counted for part in known if part.counted is not None]
    if len(counted) != broadcast.parts:
        return
    channel = parts.channels.get(broadcast.ref)
    forecast = forecast_of(_sum(counted), _limit_of(channel), channel.messages_per_second)
    ready = store.record_ready(broadcast, forecast).broadcast
    if ready.state == "ready":
        parts.cutting.bus.publish([broadcast_updated(ready)])
        plan_start(parts.cutting, ready)


def plan_start(parts: Cutting, broadcast: Broadcast) -> None:
    """If it starts by itself. A time further away than the queue can wait is looked at again."""
    if broadcast.starts_by_itself or broadcast.send_at:
        at = broadcast.send_at or parts.clock()
        parts.queue.put(Step(broadcast.ref, broadcast.id, "start"), at - parts.clock())


# --- the rows of a part ---


def _take_in(parts: Importing, broadcast: Broadcast, layout: Layout, part: Part) -> bool:
    """False if the file or the template is gone."""
    template = parts.templates.get(broadcast.ref, broadcast.template, broadcast.language)
    pieces = parts.cutting.files.pieces(broadcast, part.start, part.end)
    if template is None or pieces is None:
        fault = file_changed()
        code, words = (fault.code, fault.words) if template else ("template_gone", "The template is gone.")
        end_with_problem(parts.cutting, broadcast, code, words)
        return False
    country = parts.channels.get(broadcast.ref).default_country
    reading = Reading(layout, template, broadcast.components, country)
    contents = enumerate(rows(pieces, layout.delimiter, part.first_row), part.first_row)
    read = (one for number, content in contents if (one := reading.read(content, number)))
    counted = Counter[str]()
    with ThreadPoolExecutor(_THREADS) as pool:
        while batch := list(islice(read, _AT_ONCE)):
            outcomes = _outcomes(parts, broadcast, template, batch, pool)
            parts.rows.put_all(broadcast, part.number, [outcome.recipient for outcome in outcomes])
            counted += _count(outcomes)
    parts.cutting.broadcasts.parts.record_imported(broadcast, part.number, counted)
    return True


def _outcomes(
    parts: Importing,
    broadcast: Broadcast,
    template: Template,
    batch: Sequence[Read | Recipient],
    pool: ThreadPoolExecutor,
) -> list[Sorted]:
    now = parts.cutting.clock()
    well = [one for one in batch if isinstance(one, Read)]
    wrong = [
        Sorted(one, is_new=False, is_outside_window=False) for one in batch if isinstance(one, Recipient)
    ]
    found = sort_out(parts.contacts, broadcast, template, well, now)
    return [*wrong, *pool.map(lambda one: _told_apart(parts.rows, broadcast, one), found)]


def _told_apart(store: Rows, broadcast: Broadcast, one: Sorted) -> Sorted:
    """Of several rows about one person the first that comes here takes it."""
    recipient = one.recipient
    if recipient.outcome != "accepted":
        return one
    holder = store.take_person(broadcast, recipient.person, recipient.row)
    return one if holder == recipient.row else Sorted(duplicate(broadcast, recipient, holder), False, False)


def duplicate(broadcast: Broadcast, recipient: Recipient, holder: int) -> Recipient:
    words = f"The same person as in row {shown_row(broadcast, holder)}."
    return replace(recipient, outcome="skipped", code="duplicate", reason=words)


def _count(outcomes: Sequence[Sorted]) -> Counter[str]:
    counted = Counter(rows=len(outcomes))
    for outcome in outcomes:
        recipient = outcome.recipient
        if recipient.outcome != "accepted":
            counted["invalid" if recipient.outcome == "failed" else COUNTS_AS[recipient.code]] += 1
            continue
        counted["recipients"] += 1
        counted["new_contacts"] += outcome.is_new
        counted["outside_window"] += outcome.is_outside_window
    return counted


def _sum(counted: Sequence[Mapping[str, int]]) -> Counter[str]:
    return sum(map(Counter, counted), Counter[str]())


def _limit_of(channel: Channel) -> int | None:
    """People to whom the portfolio may begin to write in 24 hours; None where nobody said."""
    report = channel.reports.get("messaging_limit")
    limit = report.value.get("per_day") if report else None
    return limit if isinstance(limit, int) else None
