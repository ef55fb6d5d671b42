"""A stage's work done again from its log, in memory: its pure processor, without Kafka, store or runtime.

In which order a case's events and timers came is a fact that `case.events` alone cannot tell: `sla.events` does.
Every timer that changes a case bumps its version and leaves a fact without an event, with that version.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from hub.domain.errors import Rejected
from hub.reading import Stored
from streams.runtime.api import Processor, Record, Result, Row
from streams.runtime.recovery import DUE_HEADER
from streams.runtime.rows import TALLY_KEY

PROCESSOR_ERROR = "processor_error"
_NO_INSTANT = 0


class Decoder(Protocol):
    """What a replay needs of the codec."""

    def decode(self, data: bytes, name: str | None = None, /) -> dict[str, Any]:
        """The record that the bytes hold."""
        ...


class Done(NamedTuple):
    """One step done again: the record (None: a timer), its key, and the result or why there is none."""

    record: Record | None
    key: bytes | None
    result: Result | None
    reason: str = ""


@dataclass(slots=True)
class TimerLog:
    """At which versions of each case a timer fired, as its facts say."""

    versions: dict[bytes, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Iterable[Mapping[str, Any]]) -> "TimerLog":
        """From the facts of `sla.events`, in any order."""
        log = cls()
        for fact in facts:
            if fact["event_id"] is None:
                log.versions.setdefault(fact["case_id"].encode(), set()).add(fact["case_version"])
        return log


class Replay:
    """Rows by key as they come to be; feed `take` a partition's records in order of offset, then `finish`."""

    def __init__(
        self, processor: Processor, decoder: Decoder | None = None, timers: TimerLog | None = None
    ) -> None:
        self._processor = processor
        self._decoder = decoder
        self._timers = timers.versions if timers is not None else {}
        self._versions: dict[bytes, int] = {}
        # As the processor reads them quickest; `rows` are those of the changelog.
        self._local: dict[bytes, Row] = {}
        self.rows: dict[bytes, Row] = {}

    def version(self, key: bytes) -> int:
        """The version of a case, 0 before its first row and without a decoder."""
        row = self.rows.get(key)
        if row is None or self._decoder is None:
            return 0
        known = self._versions.get(key)
        if known is None:
            known = self._versions[key] = self._decoder.decode(row.value)["version"]
        return known

    def take(self, record: Record) -> Iterator[Done]:
        """What one record does, after the timers that fired before it."""
        processor = self._processor
        try:
            prepared = processor.prepare(record)
        except Exception as error:  # noqa: BLE001 - the contract of Processor: a dead letter
            yield Done(record, record.key, None, _reason(error))
            return
        for key in prepared.keys:
            yield from self.fire(key)
        before = {key: self._local.get(key) for key in prepared.keys}
        try:
            result = processor.process(record, prepared, before, _NO_INSTANT)
        except Exception as error:  # noqa: BLE001 - as above
            yield Done(record, record.key, None, _reason(error))
            return
        self._keep(result)
        yield Done(record, record.key, result)

    def fire(self, key: bytes) -> Iterator[Done]:
        """The timers of a case that fired at the versions that come next."""
        versions = self._timers.get(key)
        while versions and self.version(key) + 1 in versions:
            versions.remove(self.version(key) + 1)
            row = self._local[key]
            if row.due is None:
                versions.add(self.version(key) + 1)
                return
            result = self._processor.fire(key, row.due, row, _NO_INSTANT)
            if key not in result.puts:
                result.puts[key] = Row(self.rows[key].value, None, row.local)
            self._keep(result)
            yield Done(None, key, result)

    def finish(self) -> Iterator[Done]:
        """The timers that fired after the last record of their case."""
        for key in list(self.rows):
            yield from self.fire(key)

    @property
    def unexplained(self) -> dict[bytes, set[int]]:
        """Timers that fired by the facts, and that this replay did not come to."""
        return {key: versions for key, versions in self._timers.items() if versions}

    def _keep(self, result: Result) -> None:
        for key, row in result.puts.items():
            self._versions.pop(key, None)
            if row is None:
                self.rows.pop(key, None)
                self._local.pop(key, None)
                continue
            self.rows[key], self._local[key] = Row(row.value, row.due), row


def rows_of(changelog: Iterable[Record]) -> dict[bytes, Row]:
    """The last row of every key of a changelog; deleted ones are absent."""
    rows: dict[bytes, Row] = {}
    for record in changelog:
        if record.key is None or record.key == TALLY_KEY:
            continue
        if record.value is None:
            rows.pop(record.key, None)
        else:
            rows[record.key] = Row(record.value, _due(record))
    return rows


def record_of(stored: Stored) -> Record:
    """A record read from outside, as processors take it."""
    return Record(
        stored.topic,
        stored.partition,
        stored.offset,
        stored.key,
        stored.value,
        stored.headers,
        stored.timestamp,
    )


def _due(record: Record) -> int | None:
    due = next((value for name, value in record.headers if name == DUE_HEADER), None)
    return None if due is None else int.from_bytes(due, "big")


def _reason(error: Exception) -> str:
    return error.reason if isinstance(error, Rejected) else PROCESSOR_ERROR
