"""The hub's real stages on a benchmark's own broker and data folder."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from hub import lifecycle, processes
from hub.bench.broker import own_kafka
from hub.cluster.probe import free_port
from hub.domain.errors import Misconfigured, Unavailable
from hub.settings import Settings
from hub.topics import Catalogue, apply, catalogue

_READY_SECONDS = 120.0
_END_SECONDS = 30.0
_LINES_SHOWN = 4


class Stages:
    """Starts, kills and stops worker processes; `environment` is added to that of each one started from then on."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self.data_dir = folder / "hub"
        self.environment: dict[str, str] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._ports: dict[str, int] = {}

    def start(self, stage: str, slot: int = 0, *, wait: bool = True) -> None:
        """Start a slot of a stage; with `wait` until it has its partitions and works.

        Raises:
            Unavailable: it ended, or it did not become ready.
        """
        worker = processes.WorkerSlot(stage, slot, self.port(stage, slot))
        own = {"HUB_BOOTSTRAP": self.bootstrap, "HUB_DATA_DIR": str(self.data_dir)}
        self._children[worker.name] = processes.spawn(
            worker.command(), self._log(worker.name), {**own, **self.environment}
        )
        if wait:
            self.wait_until_ready(stage, slot)

    def wait_until_ready(self, stage: str, slot: int = 0) -> None:
        """Until the slot has its partitions and works.

        Raises:
            Unavailable: it ended, or it did not become ready.
        """
        name, port = f"{stage}-{slot}", self.port(stage, slot)
        deadline = time.monotonic() + _READY_SECONDS
        while not lifecycle.is_ready(port):
            if self._children[name].poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"{name} did not become ready: {self._last_words(name)}")
            time.sleep(0.05)

    def port(self, stage: str, slot: int = 0) -> int:
        """The metrics port of a slot."""
        name = f"{stage}-{slot}"
        if name not in self._ports:
            self._ports[name] = free_port()
        return self._ports[name]

    def process(self, stage: str, slot: int = 0) -> psutil.Process:
        """The process of a slot that runs."""
        return psutil.Process(self._children[f"{stage}-{slot}"].pid)

    def how_ended(self, stage: str, slot: int = 0) -> str | None:
        """Exit code and last words of a slot that has ended, None while it runs."""
        name = f"{stage}-{slot}"
        code = self._children[name].poll()
        return None if code is None else f"exit code {code}: {self._last_words(name)}"

    def kill(self, stage: str, slot: int = 0) -> None:
        """End a slot as a crash would."""
        child = self._children.pop(f"{stage}-{slot}")
        child.kill()
        child.wait()

    def stop_all(self) -> None:
        """Ask all to drain and end."""
        children, self._children = list(self._children.values()), {}
        for child in children:
            child.terminate()
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_END_SECONDS)
                continue
            child.kill()
            child.wait()

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _last_words(self, name: str) -> str:
        said = self._log(name).read_text(errors="replace").strip().splitlines()
        return " | ".join(said[-_LINES_SHOWN:])


@contextmanager
def hub_stages(
    settings: Settings, bootstrap: str | None, echo: Callable[[str], None]
) -> Iterator[tuple[Stages, Catalogue]]:
    """A broker with the hub's topics, no worker started yet; all is stopped and removed at the end.

    Raises:
        Misconfigured: the Kafka that is named holds a hub's topics already: they would be filled with cases that
            do not exist.
    """
    with own_kafka(settings, bootstrap, echo) as (address, scratch):
        topics = catalogue()
        made = apply(address, topics).created
        if topics.case_events not in made:
            raise Misconfigured([f"--bootstrap {address} has a hub's topics: name a Kafka without, or none"])
        stages = Stages(address, scratch)
        try:
            yield stages, topics
        finally:
            stages.stop_all()
