"""The hub's real stages on a benchmark's own broker and data folder, and a reader of what they dispatch."""

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, cast

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from hub import lifecycle, processes
from hub.bench.broker import own_kafka
from hub.cluster.probe import free_port
from hub.domain.errors import Misconfigured, Unavailable
from hub.domain.tiers import TIERS
from hub.settings import Settings
from hub.topics import Catalogue, apply, catalogue

_READY_SECONDS = 120.0
_END_SECONDS = 30.0
_LINES_SHOWN = 4


class Seen(NamedTuple):
    """A dispatch as a read_committed reader saw it: the instant (monotonic seconds) and the case it is about."""

    at: float
    case_id: str


class Stages:
    """Starts, kills and stops worker processes."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.bootstrap = bootstrap
        self._folder = folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._ports: dict[str, int] = {}

    def start(self, stage: str, *, wait: bool = True) -> None:
        """Start slot 0 of a stage; with `wait` until it has its partitions and works.

        Raises:
            Unavailable: it ended, or it did not become ready.
        """
        port = self._ports.setdefault(stage, free_port())
        slot = processes.WorkerSlot(stage, 0, port)
        environment = {"HUB_BOOTSTRAP": self.bootstrap, "HUB_DATA_DIR": str(self._folder / "hub")}
        self._children[stage] = processes.spawn(slot.command(), self._folder / f"{stage}.log", environment)
        deadline = time.monotonic() + _READY_SECONDS
        while wait and not lifecycle.is_ready(port):
            if self._children[stage].poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"{stage} did not become ready: {self._last_words(stage)}")
            time.sleep(0.05)

    def how_ended(self, stage: str) -> str | None:
        """Exit code and last words of a stage that has ended, None while it runs."""
        code = self._children[stage].poll()
        return None if code is None else f"exit code {code}: {self._last_words(stage)}"

    def kill(self, stage: str) -> None:
        """End a stage as a crash would."""
        child = self._children.pop(stage)
        child.kill()
        child.wait()

    def stop_all(self) -> None:
        """Ask all to drain and end."""
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_END_SECONDS)
                continue
            child.kill()
            child.wait()

    def _last_words(self, stage: str) -> str:
        said = (self._folder / f"{stage}.log").read_text(errors="replace").strip().splitlines()
        return " | ".join(said[-_LINES_SHOWN:])


class DispatchReader:
    """Reads all dispatch topics from their ends on, on a thread of its own, and notes when each record came."""

    def __init__(self, bootstrap: str, topics: Catalogue) -> None:
        self.seen: list[Seen] = []
        self._ending = threading.Event()
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "bench-dispatch-reader",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 10,
                "socket.nagle.disable": True,
                "log_level": 3,
            }
        )
        places = [
            TopicPartition(topics.dispatch(tier), partition, OFFSET_END)
            for tier in TIERS
            for partition in range(topics.partitions)
        ]
        self._consumer.assign(places)
        # The ends are looked up lazily: what is published before that would be missed.
        for place in places:
            self._consumer.get_watermark_offsets(place, timeout=10)
        self._consumer.poll(1.0)
        self._thread = threading.Thread(target=self._read, name="dispatch-reader")
        self._thread.start()

    def close(self) -> None:
        """Stop reading."""
        self._ending.set()
        self._thread.join()
        self._consumer.close()

    def _read(self) -> None:
        while not self._ending.is_set():
            message = self._consumer.poll(0.1)
            if message is None or message.error() is not None:
                continue
            at = time.monotonic()
            headers: dict[str, bytes] = dict(cast("list[tuple[str, bytes]]", message.headers() or []))
            self.seen.append(Seen(at, headers.get("ce_subject", b"").decode()))


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
