"""Exact counts of a stage, as every partition last committed them to its changelog or memory topic."""

import json
from collections import Counter
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from hub.domain.errors import Unavailable
from streams.runtime.rows import TALLY_KEY

INTERNAL = [("internal", b"1")]
"""Marks a record of the runtime's own; readers of a changelog pass it over."""


def encode(tallies: dict[str, int]) -> bytes:
    return json.dumps(tallies, sort_keys=True).encode()


def decode(value: bytes) -> dict[str, int]:
    tallies: dict[str, int] = json.loads(value)
    return tallies


def is_internal(message: Any) -> bool:
    """A tally row, not a row of the processor's."""
    return message.key() == TALLY_KEY and ("internal", b"1") in (message.headers() or ())


def read_tallies(
    bootstrap: str, changelog_topic: str, *, timeout: float = 15.0, client: dict[str, Any] | None = None
) -> dict[str, int]:
    """The sum over all partitions of what the stage has counted and committed."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "tally-reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 10,
            **(client or {}),
        }
    )
    try:
        return _read(consumer, changelog_topic, timeout)
    finally:
        consumer.close()


def _read(consumer: Consumer, topic: str, timeout: float) -> dict[str, int]:
    try:
        metadata = consumer.list_topics(topic, timeout=timeout).topics[topic]
    except KafkaException as away:
        raise Unavailable(f"no broker answered within {timeout:g} s") from away
    if metadata.error is not None:
        raise Unavailable(f"topic {topic}: {metadata.error.str()}")
    open_partitions = set(metadata.partitions)
    consumer.assign([TopicPartition(topic, partition, 0) for partition in open_partitions])
    last: dict[int, dict[str, int]] = {}
    while open_partitions:
        # consume(n, t) would wait for n: one with a time-out, then what is there.
        messages: list[Any] = consumer.consume(1, timeout)
        if not messages:
            raise Unavailable(f"topic {topic} was not read to its end within {timeout:g} s")
        messages += consumer.consume(10_000, 0)
        for message in messages:
            error = message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise Unavailable(f"topic {topic}: {error.str()}")
                open_partitions.discard(message.partition())
            elif is_internal(message):
                last[message.partition()] = decode(message.value())
    total: Counter[str] = Counter()
    for tallies in last.values():
        total.update(tallies)
    return dict(sorted(total.items()))
