"""The workers of a chaos run as real processes: killed, started again, at last drained."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from hub.processes import WorkerSlot, spawn
from hub.timing import next_timer

_DRAIN_SECONDS = 30.0
_CRASH_PAUSE_SECONDS = 0.5
_TOLD_EVERY_SECONDS = 2.5


class Crew:
    """One process per slot. `tend` starts again whoever has ended, after its pause."""

    def __init__(
        self, slots: list[WorkerSlot], logs: Path, environment: dict[str, str], echo: Callable[[str], None]
    ) -> None:
        self._slots = {slot.name: slot for slot in slots}
        self._logs = logs
        self._environment = environment
        self._echo = echo
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._start_at: dict[str, float] = dict.fromkeys(self._slots, 0.0)
        self.kills = 0
        self.crashes: list[str] = []

    @property
    def names(self) -> list[str]:
        """The slots, by name."""
        return list(self._slots)

    def tend(self) -> None:
        """Note who has ended by itself, and start whoever is due."""
        now = time.monotonic()
        for name, child in list(self._running.items()):
            if child.poll() is not None:
                self.crashes.append(f"{name} ended by itself with exit code {child.returncode}")
                self._echo(self.crashes[-1])
                del self._running[name]
                self._start_at[name] = now + _CRASH_PAUSE_SECONDS
        for name, slot in self._slots.items():
            if name not in self._running and now >= self._start_at[name]:
                self._running[name] = spawn(slot.command(), self._logs / f"{name}.log", self._environment)

    def kill(self, name: str, pause_seconds: float) -> None:
        """kill -9; `tend` starts the slot again after the pause. A slot that is down already is left alone."""
        child = self._running.pop(name, None)
        if child is None:
            return
        child.kill()
        child.wait()
        self.kills += 1
        self._start_at[name] = time.monotonic() + pause_seconds

    def has_overdue_timers(self) -> bool:
        """Whether a worker still has timers to fire; it tells so every two seconds."""
        time.sleep(_TOLD_EVERY_SECONDS)
        ports = [self._slots[name].metrics_port for name in self._running]
        return any((at := next_timer(port)) is None or at < time.time() + 1 for port in ports)

    def drain(self) -> None:
        """SIGTERM to all: each finishes its batch, commits and leaves."""
        for child in self._running.values():
            child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _DRAIN_SECONDS
        for name, child in self._running.items():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.crashes.append(f"{name} did not drain in {_DRAIN_SECONDS:.0f} s")
                self._echo(self.crashes[-1])
                child.kill()
                child.wait()
        self._running.clear()

    def tell_where(self) -> None:
        """Make everybody write the stacks of its threads into its log, and die of it."""
        for child in self._running.values():
            child.send_signal(signal.SIGABRT)
            child.wait()
        self._running.clear()

    def end(self) -> None:
        """Make sure that nobody is left."""
        for child in self._running.values():
            child.kill()
            child.wait()
        self._running.clear()
