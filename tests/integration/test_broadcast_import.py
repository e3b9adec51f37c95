"""A file becomes recipients: each row for itself, each person once, and a forecast first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kanal.broadcasts import cutting, importing
from kanal.broadcasts.csvfile import MAX_ROW_BYTES
from kanal.broadcasts.requests import CreateBroadcast
from kanal.channels.reports import Report
from kanal.contacts.identity import phone
from kanal.contacts.model import Sighting
from kanal.errors import (
    BroadcastStateForbids,
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    TemplateNotSendable,
)
from kanal.ids import ChannelRef, WorkspaceId
from tests.integration.aws import boto
from tests.integration.broadcasting import GREETING, SUMMER, Studio
from tests.integration.hooks import outage
from tests.integration.world import CUSTOMER, World


@pytest.fixture
def studio(world: World) -> Studio:
    return Studio(world)


def states(studio: Studio, broadcast_id: str) -> list[tuple[int, str, str]]:
    """Row, state and why, of each."""
    return [
        (each["row"], each["state"], (each["reason"] or {"code": ""})["code"])
        for each in studio.recipients(broadcast_id)
    ]


# --- rows ---


def test_a_bad_row_is_a_failed_recipient_and_stops_no_other(studio: Studio) -> None:
    broadcast = studio.import_file(
        "to,name,code\n"
        "+4915112345670,Mia,A\n"
        "nobody,Mia,A\n"
        "+4915112345671,,A\n"
        "\n"
        "+4915112345672,Mia,A,more\n"
        '+4915112345673,"Mia\tB",A\n'
        "con_aaaaaaaaaaaaaaaaaaaaaaaaaa,Mia,A\n"
        "+4915112345674,Bob,B\n"
    )
    assert states(studio, broadcast.id) == [
        (2, "pending", ""),
        (3, "failed", "recipient_invalid"),
        (4, "failed", "value_missing"),
        (6, "failed", "too_many_fields"),
        (7, "failed", "template_parameters"),
        (8, "failed", "contact_unknown"),
        (9, "pending", ""),
    ]
    assert broadcast.forecast
    assert (broadcast.forecast.rows, broadcast.forecast.recipients, broadcast.forecast.invalid) == (7, 2, 5)


@pytest.mark.parametrize(
    "text",
    [
        "﻿To;Name;Code\r\n+4915112345670;Mia;A\r\n",
        'code\tname\tto\nA\t"Mia"\t+49 151 12345670\n',
        "name,unused,TO ,code\r\nMia,x,+4915112345670,A",
        '"to","name","code"\n"+4915112345670","Mia ","A"\n\n\n',
    ],
)
def test_files_are_read_as_spreadsheets_write_them(studio: Studio, text: str) -> None:
    """Byte order mark, semicolons, tabs, quotes, any line ends, columns in any order and of others."""
    broadcast = studio.import_file(text)
    [recipient] = studio.rows.page(broadcast, 1, 0, 10)[0]
    assert (recipient.outcome, dict(recipient.values)) == ("accepted", {"name": "Mia", "code": "A"})


def test_recipients_of_a_request_are_imported_like_a_file(studio: Studio) -> None:
    """Their rows are counted from 1."""
    values = {"name": 'Mia, "the first"', "Code": 4711}
    made = studio.make(recipients=[{"to": f"+{CUSTOMER}", "values": values}, {"to": "x"}])
    assert "upload" not in made
    studio.run()
    assert states(studio, made["id"]) == [(1, "pending", ""), (2, "failed", "value_missing")]
    [first, _] = studio.rows.page(studio.found(made["id"]), 1, 0, 10)[0]
    assert dict(first.values) == {"name": 'Mia, "the first"', "code": "4711"}


# --- one person ---


def test_a_person_counts_once_however_spelt(studio: Studio) -> None:
    """Spellings of a number of somebody new; number, id and user id of somebody known."""
    world, user_id = studio.world, "DE.abc123"
    known = Sighting("2026-11-20T12:00:00.000Z#1", wa_id=CUSTOMER, user_id=user_id)
    contact = world.contacts.sight(studio.channel.ref, known, world.clock())
    same = ["+5541988887777", "+554188887777", "+55 41 98888-7777"]
    also_same = [f"+{CUSTOMER}", contact.id, user_id]
    rows = [f"{to},Mia,A" for to in [*same, *also_same]]
    broadcast = studio.import_file("to,name,code\n" + "\n".join(rows))
    assert [state for _, state, _ in states(studio, broadcast.id)] == [
        "pending",
        "skipped",
        "skipped",
        "pending",
        "skipped",
        "skipped",
    ]
    assert studio.recipients(broadcast.id, "skipped")[0]["reason"] == {
        "code": "duplicate",
        "message": "The same person as in row 2.",
    }
    assert broadcast.forecast
    assert (broadcast.forecast.duplicates, broadcast.forecast.new_contacts) == (4, 1)


def test_duplicates_are_found_across_parts_and_steps_may_be_repeated(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step twice, and steps of different parts in between: the same recipients, the same forecast."""
    for module in (cutting, importing):
        monkeypatch.setattr(module, "SIDE_BY_SIDE", 2)
    monkeypatch.setattr(cutting, "ROWS_OF_A_PART", 3)
    numbers = [f"+49151123456{at % 7:02}" for at in range(20)]
    made = studio.make(template=GREETING)
    studio.upload(made, "to\n" + "\n".join(numbers))
    for _ in range(60):
        records = studio.world.aws.take("broadcast", 1)
        if not records:
            break
        for _ in range(2):
            studio.handle(records)
        studio.world.aws.delete("broadcast", records[0])
    broadcast = studio.found(made["id"])
    assert broadcast.forecast
    assert (broadcast.state, broadcast.parts, broadcast.forecast.rows) == ("ready", 7, 20)
    assert (broadcast.forecast.recipients, broadcast.forecast.duplicates) == (7, 13)
    accepted = [each["to"] for each in studio.recipients(broadcast.id, "pending")]
    assert sorted(accepted) == sorted(set(numbers))


def test_who_stopped_marketing_is_skipped_by_marketing_only(studio: Studio) -> None:
    world = studio.world
    world.contacts.sight(
        studio.channel.ref,
        Sighting("2026-11-20T12:00:00.000Z#1", wa_id=CUSTOMER, marketing="stop"),
        world.clock(),
    )
    text = f"to,name,code\n+{CUSTOMER},Mia,A\n"
    broadcast = studio.import_file(text)
    assert states(studio, broadcast.id) == [(2, "skipped", "marketing_opted_out")]
    assert broadcast.forecast
    assert broadcast.forecast.opted_out == 1
    other = studio.import_file(text, key="other", template=GREETING)
    assert states(studio, other.id) == [(2, "pending", "")]


# --- the forecast ---


def test_the_forecast_knows_the_limit_and_the_pace(studio: Studio) -> None:
    """The customer's window is open, so only the others count towards the limit."""
    world, limit = studio.world, Report("messaging_limit", {"tier": "TIER_2", "per_day": 2}, None)
    world.inbox.channel_facts.record(studio.channel.ref, limit, world.clock())
    numbers = [f"+{CUSTOMER}", *(f"+491511234{at:04}" for at in range(200))]
    broadcast = studio.import_file("to\n" + "\n".join(numbers), template=GREETING)
    assert broadcast.forecast
    shown = broadcast.forecast
    assert (shown.recipients, shown.outside_window, shown.new_contacts) == (201, 200, 200)
    assert (shown.limit_per_day, shown.over_limit, shown.seconds_to_finish) == (2, 198, 3)
    assert world.contacts.find(studio.channel.ref, phone("4915112340001")) is None  # nothing is made of it


# --- the file as a whole ---


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        (b"name,code\nMia,A\n", "no_recipient_column", 1),
        (b"to,name\n+4915112345670,Mia\n", "column_missing", 1),
        (b"to,name,code,name\n", "column_twice", 1),
        ("to,name,code\n+4915112345670,Mïa,A\n".encode("latin-1"), "not_utf8", 2),
        ("to,name,code\n".encode("utf-16"), "not_utf8", 1),
        (b"to,name,code\n", "no_rows", None),
        (b'to,name,code\n1,"' + b"x\n" * MAX_ROW_BYTES, "row_too_long", 2),
    ],
)
def test_a_file_that_cannot_be_used_says_why(studio: Studio, text: bytes, code: str, row: int | None) -> None:
    broadcast = studio.import_file(text)
    assert broadcast.problem
    assert (broadcast.state, broadcast.problem["code"], broadcast.problem["row"]) == ("failed", code, row)
    told = [event["detail"]["broadcast"] for event in studio.world.aws.events()]
    assert told[-1]["problem"]["code"] == code
    with pytest.raises(BroadcastStateForbids):
        studio.order(broadcast.id, "start")


def test_too_many_rows_are_refused(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "MAX_ROWS", 2)
    broadcast = studio.import_file("to\n1\n2\n3\n", template=GREETING)
    assert broadcast.problem
    assert (broadcast.problem["code"], broadcast.problem["row"]) == ("too_many_rows", 4)


def test_a_file_that_never_comes_ends_the_broadcast(studio: Studio) -> None:
    made = studio.make()
    for _ in range(200):
        if not studio.step():
            break
        studio.world.clock.sleep(20)
    problem = studio.found(made["id"]).problem
    assert problem
    assert problem["code"] == "not_uploaded"


def test_a_file_that_changes_while_it_is_imported_ends_the_broadcast(studio: Studio) -> None:
    made = studio.make(template=GREETING)
    studio.upload(made, "to\n+4915112345670\n")
    studio.step()
    studio.upload(made, "to\n+4915112345671\n")
    studio.run()
    problem = studio.found(made["id"]).problem
    assert problem
    assert problem["code"] == "file_changed"


# --- making ---


def test_the_same_key_is_the_same_broadcast(studio: Studio) -> None:
    first = studio.make(recipients=[{"to": f"+{CUSTOMER}"}], template=GREETING)
    assert studio.make(recipients=[{"to": f"+{CUSTOMER}"}], template=GREETING)["id"] == first["id"]
    with pytest.raises(IdempotencyKeyReused):
        studio.make(recipients=[{"to": "+4915112345670"}], template=GREETING)
    studio.run()
    assert [each["to"] for each in studio.recipients(first["id"])] == [f"+{CUSTOMER}"]


def test_making_that_stopped_before_the_file_is_finished_by_a_repetition(studio: Studio) -> None:
    request: dict[str, Any] = {"recipients": [{"to": f"+{CUSTOMER}"}], "template": GREETING}
    with outage(studio.world, "s3.PutObject"), pytest.raises(Exception, match="Throttling"):
        studio.make(**request)
    made = studio.make(**request)
    studio.run()
    assert studio.found(made["id"]).state == "ready"


def test_what_can_be_refused_is_refused_before_a_file_is_uploaded(studio: Studio) -> None:
    with pytest.raises(TemplateNotSendable):
        studio.make(template={**SUMMER, "name": "unknown"})
    with pytest.raises(InvalidRequest) as wrong:
        studio.make(template={**SUMMER, "components": []})
    assert wrong.value.errors[0].pointer.startswith("/template/components")
    with pytest.raises(InvalidRequest):
        studio.make(send_at=(studio.world.clock() + timedelta(days=91)).isoformat())
    link = {"type": "image", "image": {"id": {"column": "picture"}}}
    header = [{"type": "header", "parameters": [link]}]
    with pytest.raises(InvalidRequest):
        studio.make(template={**GREETING, "components": header})
    assert boto("dynamodb").scan(TableName=studio.world.aws.messages, Select="COUNT")["Count"] == 1


def test_a_request_has_a_bounded_number_of_recipients() -> None:
    many = [{"to": f"+{CUSTOMER}"}] * 10_001
    with pytest.raises(ValueError, match="10000"):
        CreateBroadcast.model_validate({"name": "x", "template": GREETING, "recipients": many})


def test_a_broadcast_of_another_channel_or_workspace_is_not_found(studio: Studio) -> None:
    made = studio.import_file("to\n+4915112345670\n", template=GREETING)
    other = ChannelRef(WorkspaceId("other"), studio.channel.ref.channel_id)
    with pytest.raises(NotFound):
        studio.broadcasts.existing(other, made.id)
    assert studio.broadcasts.page(other, None, 10) == ([], None)
    elsewhere = replace(made, ref=other)
    assert studio.rows.page(elsewhere, 1, 0, 10) == ([], False)


# --- steering before the start ---


def test_a_cancelled_import_goes_no_further(studio: Studio) -> None:
    made = studio.make(template=GREETING)
    studio.upload(made, "to\n+4915112345670\n")
    studio.step()
    assert studio.order(made["id"], "cancel")["state"] == "cancelled"
    studio.run()
    assert studio.found(made["id"]).state == "cancelled"
    assert studio.recipients(made["id"]) == []


def test_broadcasts_are_listed_the_newest_first(studio: Studio) -> None:
    for number in range(3):
        studio.make(key=str(number), name=f"Number {number}")
        studio.world.clock.sleep(1)
    page, position = studio.broadcasts.page(studio.channel.ref, None, 2)
    assert [each.name for each in page] == ["Number 2", "Number 1"]
    rest, _ = studio.broadcasts.page(studio.channel.ref, position, 2)
    assert [each.name for each in rest] == ["Number 0"]


# --- counting ---


def test_counts_and_failures_are_made_when_somebody_asks(studio: Studio) -> None:
    broadcast = studio.import_file("to\n+4915112345670\nx\n=1+1\n", template=GREETING)
    assert studio.shown(broadcast.id)["progress"] is None
    studio.run()
    shown = studio.shown(broadcast.id)
    assert shown["progress"]["recipients"] == {"pending": 1, "failed": 2}
    assert studio.failures(broadcast.id).splitlines()[0] == "row,to,state,code,reason,message_id"
    assert [line.split(",")[0] for line in studio.failures(broadcast.id).splitlines()[1:]] == ["3", "4"]
    studio.run()
    before = studio.found(broadcast.id).counted_at
    studio.shown(broadcast.id)
    studio.run()
    assert studio.found(broadcast.id).counted_at == before  # it is fresh
    studio.world.clock.sleep(60)
    studio.shown(broadcast.id)
    studio.run()
    assert studio.found(broadcast.id).counted_at != before
