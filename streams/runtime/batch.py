"""One partition's share of a batch: the processor's decisions, collected before anything becomes permanent."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from confluent_kafka import KafkaException

from hub.domain.errors import Rejected, Unavailable
from streams.runtime.api import Output, Prepared, Processor, Record, Result, Row
from streams.runtime.letters import OUTPUT_TOO_LARGE, DeadLetters
from streams.runtime.rows import Changes, Rows

Emit = Callable[[Output], None]

_HANDFUL = 50
"""Timers whose rows are read at once."""

# Errors of the environment: they stop the batch instead of becoming a dead letter.
_ENVIRONMENT = (Unavailable, KafkaException, MemoryError)


class Limits(NamedTuple):
    """The largest value an output may have; the processor's own inputs are exempt (raw topics take more)."""

    max_bytes: int
    exempt: frozenset[str]


class Share:
    """Runs the records and due timers of one partition over an overlay of its rows.

    Outputs leave through `emit` at once (into the open transaction); rows, tallies and answers stay here until
    the batch is committed. Dropping a share drops its effects.
    """

    __slots__ = (
        "_before",
        "_emit",
        "_keys",
        "_letters",
        "_limits",
        "_overlay",
        "_processor",
        "_ready",
        "_rows",
        "answers",
        "changed",
        "counts",
        "fired",
    )

    def __init__(self, processor: Processor, rows: Rows, letters: DeadLetters, emit: Emit, limits: Limits) -> None:
        self._processor = processor
        self._rows = rows
        self._letters = letters
        self._emit = emit
        self._limits = limits
        self._before: dict[bytes, Row | None] = {}
        self._overlay: dict[bytes, Row | None] = {}
        self._ready: list[tuple[Record, Prepared | Exception]] = []
        self._keys: list[bytes] = []
        self.changed: dict[bytes, Row | None] = {}
        self.counts: dict[str, int] = {}
        self.answers: list[tuple[str, int]] = []
        self.fired = 0

    def run_records(self, records: Iterable[Record], now: int) -> None:
        """Prepare and decide in one go."""
        self.prepare(records)
        self.decide(now)

    def prepare(self, records: Iterable[Record]) -> None:
        """Decode all records. Touches neither rows nor transaction: the last batch may still be committing."""
        prepare = self._processor.prepare
        ready, keys = self._ready, self._keys
        received: dict[str, int] = {}
        for record in records:
            topic = record.topic
            received[topic] = received.get(topic, 0) + 1
            try:
                prepared = prepare(record)
            except _ENVIRONMENT:
                raise
            except Exception as error:  # noqa: BLE001 - any error of a processor concerns its record alone
                ready.append((record, error))
            else:
                ready.append((record, prepared))
                keys += prepared.keys
        for topic, number in received.items():
            self._count(f"received.{topic}", number)

    def decide(self, now: int) -> None:
        """Read all rows of the prepared records at once, then process one by one in order."""
        process = self._processor.process
        if self._keys:
            self._load(self._keys)
        overlay, take = self._overlay, self._take
        for record, prepared_or_error in self._ready:
            if isinstance(prepared_or_error, Exception):
                self._bury(record, prepared_or_error)
                continue
            try:
                take(process(record, prepared_or_error, overlay, now))
            except _ENVIRONMENT:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                self._bury(record, error)

    def fire_timers(
        self, partition: int, until: int, now: int, limit: int, is_over: Callable[[], bool] = lambda: False
    ) -> None:
        """Fire what is due by `until`, in due order; a timer that this batch has moved or removed stays silent.

        `is_over` tells between two handfuls that the rest has to wait for the next batch.
        """
        timers = self._rows.due(until, limit)
        for first in range(0, len(timers), _HANDFUL):
            handful = timers[first : first + _HANDFUL]
            self._load([key for _, key in handful])
            for due, key in handful:
                self._fire(partition, due, key, now)
            if is_over():
                return

    def _fire(self, partition: int, due: int, key: bytes, now: int) -> None:
        row = self._overlay[key]
        if row is None or row.due != due:
            return
        self.fired += 1
        try:
            result = self._processor.fire(key, due, row, now)
            if key not in result.puts:
                result.puts[key] = self._without_timer(row)
            self._take(result)
        except _ENVIRONMENT:
            raise
        except Exception as error:  # noqa: BLE001 - as above; the timer is spent, or it would fire forever
            silent = self._without_timer(row)
            self._take(Result(puts={key: silent}))
            self._bury(Record(self._processor.changelog, partition, -1, key, silent.value, (), due), error)

    def changes(self, positions: dict[str, int]) -> Changes:
        """What the store takes over after the commit."""
        return Changes(self.changed, self._before, self.tallies() if self.counts else {}, positions)

    def tallies(self) -> dict[str, int]:
        """The running totals, this batch included."""
        totals = self._rows.tallies()
        for name, number in self.counts.items():
            totals[name] = totals.get(name, 0) + number
        return totals

    def _load(self, keys: list[bytes]) -> None:
        before = self._before
        wanted = [key for key in dict.fromkeys(keys) if key not in before]
        if wanted:
            found = self._rows.get(wanted)
            before.update(found)
            self._overlay.update(found)

    def _take(self, result: Result) -> None:
        """All of a result, or (raising before the first effect) nothing of it."""
        puts = result.puts
        if puts:
            before = self._before
            for key, row in puts.items():
                if key not in before:
                    raise KeyError("a row was put that prepare did not name")
                if row is not None and row.due is not None and row.due < 0:
                    raise ValueError("a due instant before 1970")
                if row is not None and row.local is not None and not row.value:
                    raise ValueError("a row for the local store alone cannot go into the changelog")
        outputs = result.outputs
        if outputs:
            limits = self._limits
            for output in outputs:
                if output.value is not None and len(output.value) > limits.max_bytes:
                    self._refuse_too_large(output)
            emit = self._emit
            for output in outputs:
                emit(output)
        if puts:
            self._overlay.update(puts)
            self.changed.update(puts)
        counts = self.counts
        for name, number in result.counts.items():
            counts[name] = counts.get(name, 0) + number
        if result.answers is not None:
            self.answers.append(result.answers)

    def _without_timer(self, row: Row) -> Row:
        """The row as it is, for a timer that leaves it so; what was read from the store is made portable first."""
        if row.value or row.local is None:
            return Row(row.value, None, row.local)
        portable: Callable[[Row], Row] = self._processor.portable  # type: ignore[attr-defined]
        return portable(row)._replace(due=None)

    def _refuse_too_large(self, output: Output) -> None:
        if output.topic not in self._limits.exempt:
            size, limit = len(output.value or b""), self._limits.max_bytes
            raise Rejected(OUTPUT_TOO_LARGE, None, f"{size} bytes for {output.topic}, at most {limit}")

    def _bury(self, record: Record, error: Exception) -> None:
        self._emit(self._letters.letter(record, error))
        reason = error.reason if isinstance(error, Rejected) else "processor_error"
        self._count(f"dead.{record.topic}.{reason}", 1)

    def _count(self, name: str, number: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + number
