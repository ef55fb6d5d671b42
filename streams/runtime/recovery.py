"""Brings the stores of newly assigned partitions to the end of their changelog."""

import logging
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from hub.domain.errors import Unavailable
from streams.runtime import tally
from streams.runtime.api import Row
from streams.runtime.rows import Changes
from streams.runtime.store import Store

log = logging.getLogger(__name__)

DUE_HEADER = "due"
"""Header of a changelog record: the row's due instant, epoch milliseconds, 8 bytes big endian."""

_BATCH = 5000
_SILENCE = 0.5
_STABLE_WITHIN = 30.0


class Span(NamedTuple):
    """What of a changelog partition is still to be read."""

    start: int
    end: int


def offsets(admin: AdminClient, partitions: list[TopicPartition], spec: OffsetSpec) -> dict[tuple[str, int], int]:
    """Earliest or latest offsets. The latest counts open transactions too: their outcome must be awaited."""
    asked = {TopicPartition(each.topic, each.partition): spec for each in partitions}
    if not asked:
        return {}
    answers = admin.list_offsets(asked, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=10)
    return {(each.topic, each.partition): future.result().offset for each, future in answers.items()}


def stable_offsets(admin: AdminClient, group: str, partitions: list[TopicPartition]) -> list[TopicPartition]:
    """The group's committed offsets, once no open transaction may still change them; -1001 where there is none.

    Asked through the admin client: `Consumer.committed` right after an assignment was seen to hang for its whole
    time-out when the broker had just come back.
    """
    asked = [TopicPartition(each.topic, each.partition) for each in partitions]
    deadline = time.monotonic() + _STABLE_WITHIN
    while True:
        request = [ConsumerGroupTopicPartitions(group, asked)]
        (answer,) = admin.list_consumer_group_offsets(request, require_stable=True, request_timeout=10).values()
        found: list[TopicPartition] = answer.result().topic_partitions
        errors = [each.error for each in found if each.error is not None]
        if not errors:
            return found
        if errors[0].code() != KafkaError.UNSTABLE_OFFSET_COMMIT or time.monotonic() > deadline:
            raise KafkaException(errors[0])
        time.sleep(0.02)


def recover(
    stores: Mapping[int, Store], topics: list[str], admin: AdminClient, reader: Consumer, wait: float
) -> int:
    """Replay each store's changelog tail; returns the number of records replayed.

    The end is the log's end, uncommitted records included, while only committed ones are read: a transaction of
    the partition's former owner that is being decided right now is waited for, at most `wait` seconds.
    """
    spans = _spans(stores, topics, admin)
    if not spans:
        return 0
    reader.assign([TopicPartition(topic, partition, span.start) for (topic, partition), span in spans.items()])
    replayed = 0
    deadline = time.monotonic() + wait
    said = False
    while spans:
        # consume(n, t) would wait for n: one with a time-out, then what is there.
        messages: list[Any] = reader.consume(1, _SILENCE)
        if messages:
            messages += reader.consume(_BATCH, 0)
        replayed += _replay(stores, spans, messages)
        if messages:
            deadline = time.monotonic() + wait if any(not each.error() for each in messages) else deadline
        if spans and time.monotonic() > deadline:
            names = ", ".join(f"{topic}[{partition}]" for topic, partition in spans)
            raise Unavailable(f"changelog {names} was not read to its end within {wait:g} s")
        if spans and not messages and not said:
            log.info("recovery waits for open transactions or data of %d changelog partitions", len(spans))
            said = True
    reader.unassign()
    return replayed


def _spans(stores: Mapping[int, Store], topics: list[str], admin: AdminClient) -> dict[tuple[str, int], Span]:
    partitions = [TopicPartition(topic, partition) for topic in topics for partition in stores]
    earliest = offsets(admin, partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    latest = offsets(admin, partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    for partition, store in stores.items():
        for topic, position in store.positions().items():
            first, last = earliest.get((topic, partition), 0), latest.get((topic, partition), 0)
            if position < first or position > last:
                message = "store %s stands at %d, changelog %s[%d] has %d to %d: emptied and rebuilt"
                log.warning(message, store.path, position, topic, partition, first, last)
                store.wipe()
                break
    spans: dict[tuple[str, int], Span] = {}
    for (topic, partition), end in latest.items():
        start = stores[partition].positions().get(topic, earliest[topic, partition])
        if start < end:
            spans[topic, partition] = Span(start, end)
    return spans


def _replay(stores: Mapping[int, Store], spans: dict[tuple[str, int], Span], messages: list[Any]) -> int:
    rows: dict[int, dict[bytes, Row | None]] = {}
    tallies: dict[int, dict[str, int]] = {}
    positions: dict[int, dict[str, int]] = {}
    number = 0
    for message in messages:
        topic, partition = message.topic(), message.partition()
        error = message.error()
        if error is not None:
            if error.code() != KafkaError._PARTITION_EOF:
                raise Unavailable(f"changelog {topic}[{partition}]: {error.str()}")
            span = spans.get((topic, partition))
            if span is not None and message.offset() >= span.end:
                positions.setdefault(partition, {})[topic] = message.offset()
                del spans[topic, partition]
            continue
        number += 1
        positions.setdefault(partition, {})[topic] = message.offset() + 1
        if tally.is_internal(message):
            tallies[partition] = tally.decode(message.value())
        else:
            rows.setdefault(partition, {})[message.key()] = _row(message)
    for partition, reached in positions.items():
        store = stores[partition]
        changed = rows.get(partition, {})
        before = store.get(list(changed)) if changed else {}
        store.apply(Changes(changed, before, tallies.get(partition, {}), reached))
    return number


def _row(message: Any) -> Row | None:
    value = message.value()
    if value is None:
        return None
    headers = message.headers()
    due = next((data for name, data in headers if name == DUE_HEADER), None) if headers else None
    return Row(value, int.from_bytes(due, "big") if due is not None else None)
