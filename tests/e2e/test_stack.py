"""The local stack itself: its control interface, its start, its end, and what it keeps."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.processes import free_port
from tests.e2e.launch import ROOT, free_ports, launch, running, wait_until_ready
from tests.e2e.world import Channel, World, eventually


def test_ready_tells_the_addresses(world: World) -> None:
    answer = world.front.get("/_local/ready")
    assert answer.json()["api"] == world.front_url
    assert answer.json()["simulator"] == world.simulator_url
    assert "_local" in world.front.get("/").text


def test_a_token_is_good_for_the_scopes_that_were_named(world: World) -> None:
    with world.as_bearer(world.token(scopes=["messages:read"])) as client:
        assert client.get("/v1/channels").status_code == 403
    with world.as_bearer(world.token("elsewhere")) as client:
        assert client.get("/v1/channels").json()["data"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/workspace_id"),
        ({"workspace_id": "a b"}, "/workspace_id"),
        ({"workspace_id": "demo", "scopes": ["messages:burn"]}, "/scopes"),
        ({"workspace_id": "demo", "lifetime": 5}, "/lifetime"),
    ],
)
def test_a_wrong_token_request_is_pointed_at(world: World, body: dict[str, object], pointer: str) -> None:
    answer = world.front.post("/_local/token", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_what_the_template_does_not_have_is_not_found(world: World) -> None:
    schedule = world.front.post("/_local/schedules/NightlyParty/run")
    assert schedule.status_code == 404
    assert "TemplateSyncSchedule" in schedule.json()["detail"]
    queue = world.front.post("/_local/queues/Nothing/redrive")
    assert queue.status_code == 404
    assert "InboundQueue" in queue.json()["detail"]
    assert world.front.get("/_local/nothing").status_code == 404


def test_a_schedule_has_two_names(world: World) -> None:
    for name in ("TemplateSyncSchedule", "SyncTemplatesScheduleFunctionTemplateSyncSchedule"):
        assert world.front.post(f"/_local/schedules/{name}/run").status_code == 200


def test_events_come_oldest_first_and_as_many_as_wanted(channel: Channel) -> None:
    for place in range(3):
        channel.customer_writes(f"number {place}")
        channel.received(place + 1)
    texts = [event["message"]["text"]["body"] for event in channel.events("message.received")]
    assert texts == ["number 0", "number 1", "number 2"]

    last_two = channel.world.front.get("/_local/events?detail_type=message.received&limit=2").json()
    assert [event["detail"]["message"]["text"]["body"] for event in last_two] == ["number 1", "number 2"]
    assert channel.world.front.get("/_local/events", params={"limit": 0}).status_code == 422


def test_queues_show_what_waits(world: World) -> None:
    names = {row["name"] for row in world.front.get("/_local/queues").json()}
    assert {"InboundQueue", "SendQueue", "TemplateSyncQueue"} <= names
    counted = ("waiting", "in_flight", "dead_lettered")
    eventually(lambda: {world.queue("SendQueue")[count] for count in counted} == {0})
    physical_name = world.queue("SendQueue")["queue_name"]
    assert world.front.post(f"/_local/queues/{physical_name}/redrive").json() == {"moved": 0}


@pytest.mark.parametrize("variable", ["KANAL_PORT", "KANAL_SIM_PORT"])
def test_a_taken_port_is_named_with_its_variable(tmp_path: Path, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        ports = {"KANAL_PORT": free_port(), "KANAL_SIM_PORT": free_port()} | {variable: taken}
        done = _run_to_the_end({name: str(port) for name, port in ports.items()})
    assert done.returncode == 1
    assert f"Port {taken} is taken" in done.stderr
    assert f"{variable}=" in done.stderr
    assert "Starting" not in done.stdout


def test_a_port_that_is_no_port_is_refused() -> None:
    done = _run_to_the_end({"KANAL_PORT": "http"})
    assert (done.returncode, done.stdout) == (1, "")
    assert "KANAL_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_ports_that_are_one_are_refused() -> None:
    port = str(free_port())
    done = _run_to_the_end({"KANAL_PORT": port, "KANAL_SIM_PORT": port})
    assert (done.returncode, done.stdout) == (1, "")
    assert "KANAL_PORT and KANAL_SIM_PORT must differ" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_in_use_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(tmp_path / "first.log", data=data) as world:
        channel = world.connect()
        files = {path for path in data.rglob("*") if path.is_file()}
        second = tmp_path / "second.log"
        assert launch(second, free_ports(), data).wait(20) == 1
        told = second.read_text()
        assert f"The folder {data} is used by another `make run` (pid {world.process_id})." in told
        assert "Traceback" not in told
        assert "Starting" not in told
        assert not [path for path in files if not path.exists()]
        channel.open_window()


def test_a_data_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    ports = free_ports()
    log = tmp_path / "run.log"
    assert launch(log, ports, tmp_path / "file").wait(20) == 1
    assert "cannot be used" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_clean_stop_leaves_no_process_and_keeps_the_data(tmp_path: Path) -> None:
    ports, data = free_ports(), tmp_path / "data"
    with running(tmp_path / "first.log", ports, data) as world:
        channel = world.connect()
        contact_id = channel.open_window()
        programs = _descendants(world.process_id)
    assert not [pid for pid in programs if _alive(pid)]

    with running(tmp_path / "second.log", ports, data) as world:
        channel = Channel(world, channel.id, channel.phone_number)
        assert world.front.get(channel.path).json()["phone_number"] == channel.phone_number
        accepted = channel.send_text(to=contact_id)
        channel.message_once(accepted["id"], "read")


def test_a_program_that_dies_ends_the_stack_and_is_named(tmp_path: Path) -> None:
    with _launched(tmp_path / "run.log") as process:
        programs = _descendants(process.pid)
        emulator = next(pid for pid in programs if "emulator_process" in _command(pid))
        os.kill(emulator, signal.SIGKILL)
        assert process.wait(20) == 1
    told = (tmp_path / "run.log").read_text()
    assert "The embedded AWS ended with code -9" in told
    assert "Traceback" not in told
    assert not [pid for pid in programs if _alive(pid)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_killing_the_stack_leaves_no_process(tmp_path: Path) -> None:
    with _launched(tmp_path / "run.log") as process:
        programs = _descendants(process.pid)
        process.kill()
        process.wait(5)
        eventually(lambda: not [pid for pid in programs if _alive(pid)])


@contextmanager
def _launched(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A stack of its own that is ready; what is left of it is killed at the end."""
    ports = free_ports()
    process = launch(log, ports)
    try:
        wait_until_ready(process, f"http://127.0.0.1:{ports.front}", log)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _run_to_the_end(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local.run"],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def _processes() -> dict[int, tuple[int, str]]:
    """Process id -> its parent's id and its command line; without those that only wait to be buried."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="],  # noqa: S607  # on the path of every machine
        capture_output=True,
        text=True,
        check=True,
    )
    rows = (line.split(None, 3) for line in listed.stdout.splitlines())
    return {int(row[0]): (int(row[1]), row[3]) for row in rows if len(row) == 4 and row[2][0] != "Z"}


def _descendants(root: int) -> set[int]:
    processes = _processes()
    found = {root}
    while grown := {pid for pid, (parent, _) in processes.items() if parent in found} - found:
        found |= grown
    return {pid for pid in found - {root} if "ps -A -ww" not in processes[pid][1]}


def _alive(pid: int) -> bool:
    return pid in _processes()


def _command(pid: int) -> str:
    return _processes()[pid][1]
