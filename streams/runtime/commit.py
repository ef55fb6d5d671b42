"""Makes a batch permanent: the one sequence whose order is the guarantee."""

import itertools
import struct
import time
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaError, Producer, TopicPartition

from streams.runtime import tally
from streams.runtime.api import Output, Row
from streams.runtime.batch import Share
from streams.runtime.faults import Faults
from streams.runtime.recovery import DUE_HEADER
from streams.runtime.rows import TALLY_KEY, Rows

_pack_due = struct.Struct(">Q").pack

Positions = dict[int, dict[str, int]]


class Commit:
    """Makes one batch permanent. The order is the guarantee; docs/commit.md says what a crash after each step does.

    0. the transaction begins
    1. outputs and changelog are produced inside the transaction
    2. the consumed offsets join the transaction
    3. the transaction commits: from here on the batch has happened
    4. the overlay and the changelog position go into the local store, in one write
    """

    def __init__(
        self,
        producers: Sequence[Producer],
        *,
        changelog: str,
        memory: str,
        timeout: float,
        faults: Faults,
    ) -> None:
        self._producers = itertools.cycle(producers)
        self._producer = next(self._producers)
        self._changelog = changelog
        self._memory = memory
        self._timeout = timeout
        self._faults = faults
        self.is_open = False
        self.seconds = 0.0
        self._began = 0.0
        self._reached: Positions = {}

    def age(self) -> float:
        """Seconds since the open transaction began, 0 without one."""
        return time.monotonic() - self._began if self.is_open else 0.0

    def begin(self) -> None:
        """Step 0."""
        self._producer = next(self._producers)
        self._producer.begin_transaction()
        self._began = time.monotonic()
        self._reached = {}
        self.is_open = True
        self._faults.after(0)

    def emit(self, output: Output) -> None:
        """Step 1, while the batch is still being decided: an output enters the transaction."""
        topic, key, value, headers = output
        if headers:
            self._produce(topic, value, key, headers=headers if headers.__class__ is list else list(headers))
            return
        try:
            self._producer.produce(topic, value, key)
        except BufferError:
            self._produce(topic, value, key)

    def finish(
        self,
        shares: Mapping[int, Share],
        stores: Mapping[int, Rows],
        offsets: list[TopicPartition],
        group: Any,
    ) -> None:
        """Steps 2 to 4. Whatever raises before step 3 leaves nothing behind once aborted.

        `group` is the consumer's group metadata from when the batch was decided: it fences a lost assignment.
        """
        began = time.monotonic()
        self._faults.after(1)

        self._producer.send_offsets_to_transaction(offsets, group, self._timeout)
        self._faults.after(2)

        self._producer.commit_transaction(self._timeout)
        self.is_open = False
        self._faults.after(3)

        for partition, share in shares.items():
            stores[partition].apply(share.changes(self._reached.get(partition, {})))
        self.seconds = time.monotonic() - began
        self._faults.after(4)

    def abort(self) -> None:
        """Give the batch up; the broker does the same by itself when the producer stays silent."""
        if self.is_open:
            self.is_open = False
            self._producer.abort_transaction(5.0)

    def release(self) -> None:
        """Let go of the producers; nothing can be committed any more."""
        del self._producer, self._producers

    def log_changes(self, partition: int, share: Share) -> None:
        """Step 1, once a partition is decided: the last version of each row, or its tombstone, and the tallies."""
        positions = self._reached
        topic, produce = self._changelog, self._producer.produce
        rows = list(share.changed.items())
        last = rows.pop() if rows else None
        for key, row in rows:
            try:
                if row is None:
                    produce(topic, None, key, partition)
                elif row.due is None:
                    produce(topic, row.value, key, partition)
                else:
                    produce(topic, row.value, key, partition, headers=[(DUE_HEADER, _pack_due(row.due))])
            except BufferError:
                self._produce(topic, row and row.value, key, partition, headers=_headers(row))
        if last is not None:
            key, row = last
            report = _Reached(positions, partition)
            value = row.value if row is not None else None
            self._produce(topic, value, key, partition, headers=_headers(row), on_delivery=report)
        if share.counts and self._memory:
            report = _Reached(positions, partition)
            value = tally.encode(share.tallies())
            headers = tally.INTERNAL
            self._produce(self._memory, value, TALLY_KEY, partition, headers=headers, on_delivery=report)

    def _produce(
        self, topic: str, value: bytes | None, key: bytes | None, partition: int = -1, **more: Any
    ) -> None:
        """Wait where the producer's queue is full: the broker is the slower one."""
        while True:
            try:
                self._producer.produce(topic, value, key, partition, **more)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return


class _Reached:
    """Delivery report of a partition's last changelog record: where the store will stand."""

    def __init__(self, positions: Positions, partition: int) -> None:
        self._positions = positions
        self._partition = partition

    def __call__(self, error: KafkaError | None, message: Any) -> None:
        if error is None and message.offset() >= 0:
            reached = self._positions.setdefault(self._partition, {})
            reached[message.topic()] = max(message.offset() + 1, reached.get(message.topic(), 0))


def _headers(row: Row | None) -> list[tuple[str, bytes]]:
    return [(DUE_HEADER, _pack_due(row.due))] if row is not None and row.due is not None else []
