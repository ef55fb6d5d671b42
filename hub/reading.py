"""Reads committed records of a topic from outside: a scan, a range, or one record by its coordinates."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from kafka.partitioner.default import murmur2

from hub.domain.errors import Unavailable

_SECONDS = 15.0
_BATCH = 2000
_POLL_SECONDS = 1.0


@dataclass(slots=True, frozen=True)
class Stored:
    """A record as it stands in Kafka. `timestamp` is epoch milliseconds."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp: int

    @property
    def place(self) -> str:
        """Its coordinates for a person: `topic/partition/offset`."""
        return f"{self.topic}/{self.partition}/{self.offset}"


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key, as Kafka's Java client and all of the hub's producers choose it."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


class Reader:
    """A consumer without a group that sees committed records only. Use as a context manager."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"hub-reader-{uuid.uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 10,
                "log_level": 2,
            }
        )

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def partitions(self, topic: str) -> list[int]:
        """The partitions of a topic; `Unavailable` when the topic or the broker is not there."""
        try:
            metadata = self._consumer.list_topics(topic, timeout=_SECONDS).topics[topic]
        except KafkaException as error:
            raise Unavailable(
                f"Kafka at {self._bootstrap} does not answer ({error.args[0].name()}); is it up? try: hub up"
            ) from error
        if metadata.error is not None:
            raise Unavailable(f"topic {topic} is not there ({metadata.error.name()}); try: hub topics apply")
        return sorted(metadata.partitions)

    def scan(
        self, topic: str, *, partition: int | None = None, start: int | None = None, since_ms: int | None = None
    ) -> Iterator[Stored]:
        """All committed records up to the end as it is when the scan gets there, partition by partition mixed.

        `partition` restricts to one, `start` is an offset there, `since_ms` an instant to begin at.
        """
        wanted = self.partitions(topic) if partition is None else [partition]
        places = [TopicPartition(topic, number, OFFSET_BEGINNING if start is None else start) for number in wanted]
        if since_ms is not None:
            stamped = [TopicPartition(topic, number, since_ms) for number in wanted]
            places = self._consumer.offsets_for_times(stamped, timeout=_SECONDS)
        self._consumer.assign(places)
        try:
            yield from self._until_end(topic, set(wanted))
        finally:
            self._consumer.unassign()

    def _until_end(self, topic: str, open_partitions: set[int]) -> Iterator[Stored]:
        last = time.monotonic()
        while open_partitions:
            # consume(n, t) would wait for n: one with a time-out, then what is there.
            messages = self._consumer.consume(1, _POLL_SECONDS)
            messages += self._consumer.consume(_BATCH, 0) if messages else []
            if messages:
                last = time.monotonic()
            elif time.monotonic() - last > _SECONDS:
                raise Unavailable(f"reading {topic} came to a halt: Kafka at {self._bootstrap} does not answer")
            for message in messages:
                error = message.error()
                if error is None:
                    yield _stored(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    open_partitions.discard(message.partition())
                else:
                    raise Unavailable(f"reading {topic} failed: {error.str()}")

    def fetch(self, topic: str, partition: int, offset: int) -> Stored | None:
        """One record, None when it is past its retention or was compacted away."""
        for stored in self.scan(topic, partition=partition, start=offset):
            return stored if stored.offset == offset else None
        return None


def _stored(message: Any) -> Stored:
    return Stored(
        message.topic(),
        message.partition(),
        message.offset(),
        message.key(),
        message.value(),
        list(message.headers() or []),
        message.timestamp()[1],
    )
