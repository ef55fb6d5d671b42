"""What the demo publishes: every sample file, then simulated days, by their clock or at a given rate."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from connectors.publish import Pending, RawPublisher
from connectors.sources import SOURCES
from hub.sending import send_file
from hub.simulation import Message
from streams.runtime.clock import Clock

_CONFIRM_EVERY = 500
_LULL_SECONDS = 0.05
_LONG_LULL_SECONDS = 0.7


@dataclass(slots=True)
class Published:
    """What was handed over and acknowledged, in records.

    `edge_dead` are the letters that the edge itself wrote: (source, reason).
    """

    records: int = 0
    edge_dead: list[tuple[str, str]] = field(default_factory=list)
    by_source: dict[str, int] = field(default_factory=dict)

    def add(self, source: str, records: int) -> None:
        """Count records of a source."""
        self.records += records
        self.by_source[source] = self.by_source.get(source, 0) + records


class Traffic:
    """Publishes and counts. Nothing is counted before Kafka has acknowledged it."""

    def __init__(self, publisher: RawPublisher, dead_letters: str, progress: Callable[[int], None]) -> None:
        self.published = Published()
        self._publisher = publisher
        self._dead_letters = dead_letters
        self._progress = progress
        self._waiting: list[tuple[str, int, list[Pending]]] = []

    def samples(self, folder: Path) -> int:
        """Publish every good and bad file of the samples as a legacy system would. Returns how many files."""
        files = list(sample_files(folder))
        for source, file in files:
            handed = send_file(self._publisher, SOURCES[source], file)
            self._waiting.append((source, len(handed), handed))
        self.confirm()
        return len(files)

    def by_the_clock(self, messages: Iterable[Message], clock: Clock, in_a_lull: Callable[[], None]) -> None:
        """Publish each simulated message when its instant has come, never before; `in_a_lull` while none is due."""
        for message in messages:
            while (ahead := clock.seconds_until(message.at_ms)) > 0:
                if ahead > _LULL_SECONDS and self._waiting:
                    self.confirm()
                elif ahead > _LONG_LULL_SECONDS:
                    in_a_lull()
                    time.sleep(_LULL_SECONDS)
                else:
                    time.sleep(ahead)
            self._send(message)
        self.confirm()

    def at_a_rate(self, messages: Iterable[Message], rate: float) -> None:
        """Publish simulated messages, `rate` records a second (0: as fast as they go)."""
        started, sent = time.monotonic(), 0
        for message in messages:
            if rate > 0 and (ahead := sent / rate - (time.monotonic() - started)) > 0:
                time.sleep(ahead)
            self._send(message)
            sent += message.records
        self.confirm()

    def confirm(self) -> None:
        """Wait for the acknowledgement of everything handed over so far."""
        self._publisher.flush()
        for source, records, handed in self._waiting:
            places = [one.wait() for one in handed]
            self.published.add(source, records)
            letters = [place.reason or "" for place in places if place.topic == self._dead_letters]
            self.published.edge_dead += [(source, reason) for reason in letters]
        self._waiting.clear()
        self._progress(self.published.records)

    def _send(self, message: Message) -> None:
        self._waiting.append((message.source, message.records, self._hand_over(message)))
        if len(self._waiting) >= _CONFIRM_EVERY:
            self.confirm()

    def _hand_over(self, message: Message) -> list[Pending]:
        source = SOURCES[message.source]
        if message.goes_raw:
            return self._publisher.publish_as_is(source, message.payload, message.raw_key, message.headers)
        return self._publisher.publish(source, message.payload, message.headers)


def sample_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Source and path of every sample file, good ones first, in the order of their names."""
    for group in (folder, folder / "bad"):
        for source in sorted(SOURCES):
            for file in sorted((group / source).glob("*")):
                yield source, file
