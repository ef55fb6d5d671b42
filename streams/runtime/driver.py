"""Runs a processor in memory, without Kafka, with the semantics of the runtime."""

import bisect
import tempfile
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path

from streams.runtime.api import Headers, Output, Processor, Record, Row
from streams.runtime.batch import Limits, Share
from streams.runtime.clock import ManualClock
from streams.runtime.config import MAX_OUTPUT_BYTES
from streams.runtime.letters import DeadLetters
from streams.runtime.rows import Changes

DEAD_LETTERS = "dead.letters"


class MemoryRows:
    """The store's contract on plain dictionaries."""

    def __init__(self) -> None:
        self.rows: dict[bytes, Row] = {}
        self._tallies: dict[str, int] = {}
        self._timers: list[tuple[int, bytes]] = []

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Row | None]:
        return {key: self.rows.get(key) for key in keys}

    def due(self, until: int, limit: int) -> list[tuple[int, bytes]]:
        return self._timers[: min(limit, bisect.bisect_right(self._timers, until, key=lambda timer: timer[0]))]

    def next_due(self) -> int | None:
        return self._timers[0][0] if self._timers else None

    def tallies(self) -> dict[str, int]:
        return dict(self._tallies)

    def apply(self, changes: Changes) -> None:
        for key, row in changes.rows.items():
            old = self.rows.pop(key, None)
            if old is not None and old.due is not None:
                self._timers.remove((old.due, key))
            if row is not None:
                self.rows[key] = row
                if row.due is not None:
                    bisect.insort(self._timers, (row.due, key))
        self._tallies.update(changes.tallies)


class TestDriver:
    """Pipes records through a processor and shows what comes out.

    One partition. What the processor sends to one of its own inputs is fed back, as Kafka would. `clock_ms` is
    where the injected clock starts; `advance_clock` fires the timers that come due.
    """

    __test__ = False  # not a test class, whatever its name makes pytest think

    def __init__(self, processor: Processor, *, clock_ms: int = 1_790_000_000_000) -> None:
        self.processor = processor
        self.clock = ManualClock(clock_ms)
        self.changelog: list[tuple[bytes, Row | None]] = []
        self.answers: list[tuple[str, int]] = []
        self._store = MemoryRows()
        self._outputs: dict[str, deque[Output]] = {}
        self._offsets: dict[str, int] = {}
        self._fed_back: deque[Output] = deque()
        self._limits = Limits(MAX_OUTPUT_BYTES, frozenset(processor.inputs))
        quarantine = Path(tempfile.gettempdir()) / "hub-test-driver-quarantine"
        self._letters = DeadLetters(DEAD_LETTERS, processor.name, quarantine)

    @property
    def rows(self) -> dict[bytes, Row]:
        """The state as committed."""
        return dict(self._store.rows)

    @property
    def tallies(self) -> dict[str, int]:
        """The exact counts so far."""
        return self._store.tallies()

    @property
    def dead_letters(self) -> list[Output]:
        """Every dead letter so far; reading does not take them away."""
        return list(self._outputs.get(DEAD_LETTERS, ()))

    def pipe_input(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        timestamp: int | None = None,
    ) -> None:
        """One record, as a batch of its own."""
        self.pipe_batch([self.record(topic, key, value, headers, timestamp)])

    def record(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        timestamp: int | None = None,
    ) -> Record:
        """The next record of a topic, for `pipe_batch`."""
        offset = self._offsets.get(topic, 0)
        self._offsets[topic] = offset + 1
        stamp = self.clock.now_ms() if timestamp is None else timestamp
        return Record(topic, 0, offset, key, value, headers, stamp)

    def pipe_batch(self, records: Iterable[Record]) -> None:
        """Several records in one batch, and then what they sent back to an input."""
        self._run(list(records))
        while self._fed_back:
            output = self._fed_back.popleft()
            self._run([self.record(output.topic, output.key, output.value, output.headers)])

    def advance_clock(self, milliseconds: int) -> None:
        """Move time forward and fire every timer that is due by then."""
        self.clock.advance(milliseconds)
        while (due := self._store.next_due()) is not None and due <= self.clock.now_ms():
            self.pipe_batch([])

    def run_until(self, instant_ms: int) -> None:
        """Move time forward as a hub lives through it: each timer fires at its own instant, up to and including."""
        while (due := self._store.next_due()) is not None and due <= instant_ms:
            self.clock.advance(max(due - self.clock.now_ms(), 0))
            self.pipe_batch([])
        self.clock.advance(max(instant_ms - self.clock.now_ms(), 0))

    def read_output(self, topic: str) -> Output | None:
        """Take the next record of an output topic, None when there is none."""
        outputs = self._outputs.get(topic)
        return outputs.popleft() if outputs else None

    def read_outputs(self, topic: str) -> list[Output]:
        """Take all records of an output topic."""
        return list(self._outputs.pop(topic, ()))

    def _run(self, records: list[Record]) -> None:
        share = Share(self.processor, self._store, self._letters, self._emit, self._limits)
        now = self.clock.now_ms()
        share.run_records(records, now)
        share.fire_timers(0, now, now, 1000)
        self.changelog += share.changed.items()
        self.answers += share.answers
        self._store.apply(share.changes({}))

    def _emit(self, output: Output) -> None:
        if output.topic in self.processor.inputs:
            self._fed_back.append(output)
        else:
            self._outputs.setdefault(output.topic, deque()).append(output)
