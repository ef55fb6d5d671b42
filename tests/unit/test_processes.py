"""The hub's own processes: known by pid and start, stopped in order, started again when they die."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from hub import processes
from hub.processes import Process, WorkerSlot

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(99)",
]
SUPERVISED = """
import sys
from pathlib import Path
from hub.processes import Supervisor, WorkerSlot

class Slot(WorkerSlot):
    def command(self):
        return [sys.executable, "-c", PROGRAMS[self.stage]]

PROGRAMS = {PROGRAMS}
Supervisor(Path(sys.argv[1]), [Slot(stage, 0, 1) for stage in PROGRAMS]).run()
"""


@pytest.fixture
def start(tmp_path: Path):
    """`start(name, command)` starts a process, writes its file, and ends it after the test."""
    started = []

    def begin(name: str, command: list[str] = SLEEP) -> Process:
        child = processes.spawn(command, tmp_path / "logs" / f"{name}.log")
        started.append(child)
        found = processes.remember(tmp_path, name, child.pid)
        assert found is not None
        return found

    yield begin
    for child in started:
        child.kill()
        child.wait()


def until(holds, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_every_slot_has_a_name_and_a_metrics_port_of_its_own():
    """Two workers of each stage: four names, four ports from the first one on."""
    slots = processes.slots(("unify", "casework"), 2, 19600)

    assert [(slot.name, slot.metrics_port) for slot in slots] == [
        ("unify-0", 19600),
        ("unify-1", 19601),
        ("casework-0", 19602),
        ("casework-1", 19603),
    ]
    assert slots[3].command()[-6:] == ["worker", "casework", "--slot", "1", "--metrics-port", "19603"]


def test_a_remembered_process_is_found_again_until_it_is_forgotten(tmp_path, start):
    """Its file survives whoever wrote it."""
    process = start("unify-0")

    assert processes.known(tmp_path) == [process]
    assert process.is_alive()
    processes.forget(tmp_path, "unify-0")
    assert processes.known(tmp_path) == []


def test_a_reused_pid_is_not_ours(tmp_path):
    """Same number, other start: never to be stopped."""
    me = psutil.Process()

    assert Process("x", me.pid, me.create_time()).is_alive()
    assert not Process("x", me.pid, me.create_time() - 60).is_alive()
    assert processes.stop(Process("x", me.pid, me.create_time() - 60))


def test_an_ended_child_that_nobody_has_waited_for_does_not_run(start):
    """A zombie is not alive."""
    process = start("short", [sys.executable, "-c", ""])

    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    assert not process.is_alive()


def test_a_process_that_has_ended_before_it_is_remembered_leaves_no_file(tmp_path):
    """None instead of an error."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    assert processes.remember(tmp_path, "gone", child.pid) is None
    assert processes.known(tmp_path) == []


def test_files_that_cannot_be_read_are_no_processes(tmp_path, start):
    """Torn by a full disk or written by another version: `hub down` still stops the others."""
    process = start("unify-0")
    folder = processes.run_folder(tmp_path)
    (folder / "torn.json").write_text('{"name": "torn", "pi')
    (folder / "other.json").write_text(json.dumps({"name": "other", "pid": 1, "created": 0.0, "colour": "red"}))

    assert processes.known(tmp_path) == [process]


def test_stop_kills_what_does_not_drain(tmp_path, start):
    """SIGTERM first; after the given time SIGKILL, and it is told."""
    gentle, stubborn = start("gentle"), start("stubborn", STUBBORN)
    until(lambda: "ready" in (tmp_path / "logs" / "stubborn.log").read_text())

    assert processes.stop(gentle) is True
    assert processes.stop(stubborn, seconds=0.3) is False
    until(lambda: not stubborn.is_alive())


def test_stop_all_stops_everything_and_forgets_it(tmp_path, start):
    """Counts what ran; a second call finds nothing."""
    running = [start(name) for name in ("unify-0", "casework-0", processes.SUPERVISOR)]

    assert processes.stop_all(tmp_path, print) == 3
    assert not any(process.is_alive() for process in running)
    assert processes.known(tmp_path) == []
    assert processes.stop_all(tmp_path, print) == 0


def supervise(tmp_path: Path, **programs: str) -> "subprocess.Popen[str]":
    code = SUPERVISED.replace("{PROGRAMS}", repr(programs))
    command = [sys.executable, "-c", code, str(tmp_path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_the_supervisor_starts_a_dead_worker_again_and_drains_it_at_the_end(tmp_path):
    """kill -9 of the worker: another one under the same name; SIGTERM to the supervisor: nothing is left."""
    supervisor = supervise(tmp_path, unify="import time; time.sleep(60)")
    try:
        until(lambda: processes.known(tmp_path))
        (first,) = processes.known(tmp_path)
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: processes.known(tmp_path)[0].pid != first.pid)
        (second,) = processes.known(tmp_path)
        supervisor.terminate()
        said, _ = supervisor.communicate(timeout=30)
    finally:
        supervisor.kill()

    assert (first.name, second.name) == ("unify-0", "unify-0")
    assert "unify-0 ended with exit code -9" in said
    assert not second.is_alive()
    assert processes.known(tmp_path) == []


def test_the_supervisor_leaves_a_misconfigured_worker_alone(tmp_path):
    """Exit code 2 would come again; any other is tried again after a growing pause."""
    supervisor = supervise(tmp_path, wrong="raise SystemExit(2)", weak="raise SystemExit(1)")
    try:
        time.sleep(2.5)
        supervisor.terminate()
        said, _ = supervisor.communicate(timeout=30)
    finally:
        supervisor.kill()

    assert said.count("wrong-0 ended with exit code 2") == 1
    assert "wrong-0 is misconfigured" in said
    assert 2 <= said.count("weak-0 ended with exit code 1") <= 6


def test_a_slot_is_a_place_and_not_a_process():
    """It keeps its name over restarts."""
    assert WorkerSlot("unify", 3, 1).name == "unify-3"
