"""The hub's own processes on one machine: who runs, started how, and how to stop them.

A process is known by a small file in `<data>/run/`: pid, start time (so that a reused pid is never mistaken for
ours) and metrics port. The supervisor starts the workers and starts a dead one again.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

SUPERVISOR = "supervisor"
_STOP_SECONDS = 20.0
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_MISCONFIGURED = 2


@dataclass(slots=True, frozen=True)
class Process:
    """A process of the hub. `created` is its start in epoch seconds as the system tells it."""

    name: str
    pid: int
    created: float
    metrics_port: int | None = None

    def is_alive(self) -> bool:
        """True while this very process runs (a zombie does not)."""
        try:
            found = psutil.Process(self.pid)
            return abs(found.create_time() - self.created) < 1.0 and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


@dataclass(slots=True, frozen=True)
class WorkerSlot:
    """One place of a stage: `unify-0`, `casework-1`. A slot keeps its identity over restarts."""

    stage: str
    slot: int
    metrics_port: int

    @property
    def name(self) -> str:
        return f"{self.stage}-{self.slot}"

    def command(self) -> list[str]:
        """The command line that runs this slot."""
        return [
            *(sys.executable, "-m", "hub.cli", "worker", self.stage),
            *("--slot", str(self.slot), "--metrics-port", str(self.metrics_port)),
        ]


@dataclass(slots=True, frozen=True)
class EdgeSlot:
    """The one process of an edge."""

    edge: str
    metrics_port: int

    @property
    def name(self) -> str:
        return self.edge

    def command(self) -> list[str]:
        """The command line that runs this edge."""
        return [sys.executable, "-m", "hub.cli", "edge", self.edge, "--metrics-port", str(self.metrics_port)]


Slot = WorkerSlot | EdgeSlot


def slots(stages: tuple[str, ...], workers: int, metrics_base_port: int) -> list[WorkerSlot]:
    """`workers` slots of each stage, each with a metrics port of its own."""
    pairs = [(stage, slot) for stage in stages for slot in range(workers)]
    return [WorkerSlot(stage, slot, metrics_base_port + index) for index, (stage, slot) in enumerate(pairs)]


def edge_slots(edges: Sequence[str], metrics_base_port: int) -> list[EdgeSlot]:
    """One slot of each edge, each with a metrics port of its own."""
    return [EdgeSlot(edge, metrics_base_port + index) for index, edge in enumerate(edges)]


def run_folder(data_dir: Path) -> Path:
    """Where the process files stand."""
    return data_dir / "run"


def remember(data_dir: Path, name: str, pid: int, metrics_port: int | None = None) -> Process | None:
    """Write the process file; None when the process has already ended."""
    try:
        created = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None
    process = Process(name, pid, created, metrics_port)
    folder = run_folder(data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.{os.getpid()}"
    draft.write_text(json.dumps(asdict(process)))
    draft.replace(folder / f"{name}.json")
    return process


def known(data_dir: Path) -> list[Process]:
    """Every process that has a file, alive or not, by name; a file of another version or torn is no process."""
    found = []
    for file in sorted(run_folder(data_dir).glob("*.json")):
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError, TypeError):
            found.append(Process(**json.loads(file.read_text())))
    return found


def forget(data_dir: Path, name: str) -> None:
    """Remove the process file."""
    (run_folder(data_dir) / f"{name}.json").unlink(missing_ok=True)


def spawn(command: list[str], log: Path, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a process of its own session that writes to `log` and outlives its starter."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )


def stop(process: Process, seconds: float = _STOP_SECONDS) -> bool:
    """Ask the process to drain and end; kill it after `seconds`. True when it ended by itself."""
    if not process.is_alive():
        return True
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not process.is_alive():
            return True
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    return False


def stop_all(data_dir: Path, echo: Callable[[str], None]) -> int:
    """Stop the supervisor first (it would start the others again), then whoever is left. Returns how many ran."""
    processes = sorted(known(data_dir), key=lambda process: process.name != SUPERVISOR)
    stopped = 0
    for process in processes:
        if process.is_alive():
            stopped += 1
            if not stop(process):
                echo(f"{process.name} (pid {process.pid}) did not drain in {_STOP_SECONDS:.0f} s and was killed")
        forget(data_dir, process.name)
    return stopped


class Supervisor:
    """Keeps one process per slot running until told to stop.

    A worker that ends is started again after a pause that doubles up to ten seconds; one that says it is
    misconfigured (exit 2) is not, because starting it again would not help.
    """

    def __init__(self, data_dir: Path, workers: Sequence[Slot]) -> None:
        self._data_dir = data_dir
        self._workers = workers
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._next_start: dict[str, float] = {worker.name: 0.0 for worker in workers}
        self._pause = {worker.name: _FIRST_PAUSE_SECONDS for worker in workers}
        self._given_up: set[str] = set()
        self._stopping = False

    def run(self) -> None:
        """Block until SIGTERM or SIGINT, then drain every worker."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        while not self._stopping:
            self._tick(time.monotonic())
            time.sleep(0.1)
        self._drain()

    def _ask_to_stop(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _tick(self, now: float) -> None:
        for worker in self._workers:
            child = self._children.get(worker.name)
            if child is not None and child.poll() is not None:
                self._note_end(worker, child, now)
                child = None
            if child is None and worker.name not in self._given_up and now >= self._next_start[worker.name]:
                self._start(worker)

    def _start(self, worker: Slot) -> None:
        child = spawn(worker.command(), self._data_dir / "logs" / f"{worker.name}.log")
        self._children[worker.name] = child
        remember(self._data_dir, worker.name, child.pid, worker.metrics_port)

    def _note_end(self, worker: Slot, child: subprocess.Popen[bytes], now: float) -> None:
        del self._children[worker.name]
        print(f"{worker.name} ended with exit code {child.returncode}", flush=True)
        if child.returncode == _MISCONFIGURED:
            self._given_up.add(worker.name)
            print(f"{worker.name} is misconfigured and not started again; see its log", flush=True)
            return
        self._next_start[worker.name] = now + self._pause[worker.name]
        self._pause[worker.name] = min(self._pause[worker.name] * 2, _LONGEST_PAUSE_SECONDS)

    def _drain(self) -> None:
        for child in self._children.values():
            child.terminate()
        deadline = time.monotonic() + _STOP_SECONDS - 5
        for name, child in self._children.items():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(f"{name} did not drain in time and is killed", flush=True)
                child.kill()
                child.wait()
            forget(self._data_dir, name)
