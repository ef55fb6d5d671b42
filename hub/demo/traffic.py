"""What the demo publishes: every sample file, then simulated days, by their clock or at a given rate."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from connectors.sources import SOURCES
from hub.simulation import Message
from streams.runtime.clock import Clock

_LULL_SECONDS = 0.05
_LONG_LULL_SECONDS = 0.7


@dataclass(slots=True)
class Published:
    """What was sent and answered, in records; several threads may count.

    `edge_dead` are the letters that the edges themselves wrote: (source, reason). `refused` were not taken in by
    their transport: (source, reason). `repeated` were recognised by it, and answered like the first time.
    """

    records: int = 0
    edge_dead: list[tuple[str, str]] = field(default_factory=list)
    by_source: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)
    repeated: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, source: str, records: int, *, letter: str | None = None) -> None:
        """Count records of a source; `letter` is the reason of a dead letter that its edge wrote."""
        with self._lock:
            self._count(source, records)
            if letter is not None:
                self.edge_dead.append((source, letter))

    def refuse(self, source: str, reason: str) -> None:
        """Count a record that its transport did not take in."""
        with self._lock:
            self._count(source, 1)
            self.refused.append((source, reason))

    def repeat(self, source: str) -> None:
        """Count a record that its transport had taken in before."""
        with self._lock:
            self._count(source, 1)
            self.repeated[source] += 1

    def _count(self, source: str, records: int) -> None:
        self.records += records
        self.by_source[source] = self.by_source.get(source, 0) + records


class Carrier(Protocol):
    """A way into the hub. Nothing is counted as published before it is answered."""

    @property
    def published(self) -> Published:
        """What was answered so far."""
        ...

    def send(self, message: Message) -> None:
        """Hand over a message; messages of a case are taken in their order."""
        ...

    def send_sample(self, source: str, file: Path) -> None:
        """Hand over a sample file."""
        ...

    def settle(self) -> None:
        """There is some time: count what was answered."""
        ...

    def finish(self) -> None:
        """Return once everything that was handed over is answered."""
        ...


class Traffic:
    """Sends each thing at its time; `progress` is told how many records were answered."""

    def __init__(self, carrier: Carrier, progress: Callable[[int], None]) -> None:
        self._carrier = carrier
        self._progress = progress

    @property
    def published(self) -> Published:
        """What was answered so far."""
        return self._carrier.published

    def samples(self, folder: Path) -> int:
        """Send every good and bad file of the samples as a legacy system would. Returns how many files."""
        files = list(sample_files(folder))
        for source, file in files:
            self._carrier.send_sample(source, file)
        self.settle()
        return len(files)

    def by_the_clock(self, messages: Iterable[Message], clock: Clock, in_a_lull: Callable[[], None]) -> None:
        """Send each simulated message when its instant has come, never before; `in_a_lull` while none is due."""
        is_settled = True
        for message in messages:
            while (ahead := clock.seconds_until(message.at_ms)) > 0:
                if ahead > _LULL_SECONDS and not is_settled:
                    self.settle()
                    is_settled = True
                elif ahead > _LONG_LULL_SECONDS:
                    in_a_lull()
                    time.sleep(_LULL_SECONDS)
                else:
                    time.sleep(ahead)
            self._carrier.send(message)
            is_settled = False
        self.settle()

    def at_a_rate(self, messages: Iterable[Message], rate: float) -> None:
        """Send simulated messages, `rate` records a second (0: as fast as they go), until all are answered."""
        started, sent = time.monotonic(), 0
        for message in messages:
            if rate > 0 and (ahead := sent / rate - (time.monotonic() - started)) > 0:
                time.sleep(ahead)
            self._carrier.send(message)
            sent += message.records
        self.finish()

    def finish(self) -> None:
        """Return once everything is answered."""
        self._carrier.finish()
        self._progress(self.published.records)

    def settle(self) -> None:
        """Count what was answered so far."""
        self._carrier.settle()
        self._progress(self.published.records)


def sample_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Source and path of every sample file, good ones first, in the order of their names."""
    for group in (folder, folder / "bad"):
        for source in sorted(SOURCES):
            for file in sorted((group / source).glob("*")):
                yield source, file
