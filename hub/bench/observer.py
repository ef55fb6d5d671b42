"""Watches a program from outside: what its consumer group has committed, and what readers may see of its output.

Every engine here commits input offsets to its consumer group, in one transaction with its outputs where it is
exactly-once. So the group's offsets tell, by one cheap question to the broker, how far a program is.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from hub.bench.figures import Progress
from hub.domain.errors import Unavailable

_ASK_EVERY_SECONDS = 0.05


class Observer:
    """One connection to the broker for all questions of a benchmark."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._admin = AdminClient({"bootstrap.servers": bootstrap})

    def follow(
        self,
        marker: str,
        topic: str,
        partitions: int,
        records: int,
        ended: Callable[[], str | None],
        seconds: float,
    ) -> Iterator[Progress]:
        """Progress of the group whose name contains `marker` until all `records` are committed.

        Raises:
            Unavailable: the program ended (`ended` says how) or stood still for `seconds`.
        """
        group = ""
        last, since = 0, time.monotonic()
        while last < records:
            time.sleep(_ASK_EVERY_SECONDS)
            now = time.monotonic()
            group = group or self._group(marker)
            committed = self._committed(group, topic, partitions) if group else 0
            if committed > last:
                last, since = committed, now
                yield Progress(now, committed)
            elif (how := ended()) is not None:
                raise Unavailable(f"the program ended ({how}) with {committed} of {records} records committed")
            elif now - since > seconds:
                raise Unavailable(f"no progress for {seconds:.0f} s, {committed} of {records} records committed")

    def count(self, topic: str, take: Callable[[Any], None] | None = None) -> int:
        """Records a read_committed consumer sees from the beginning to the end of a topic."""
        consumer = Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": f"bench-count-{time.monotonic_ns()}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "queued.max.messages.kbytes": 131072,
            }
        )
        try:
            listing = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            left = set(listing)
            consumer.assign([TopicPartition(topic, partition, 0) for partition in listing])
            seen = 0
            while left:
                for message in consumer.consume(10_000, 1.0):
                    if message.error() is None:
                        seen += 1
                        if take is not None:
                            take(message)
                    else:
                        left.discard(message.partition())
            return seen
        finally:
            consumer.close()

    def _group(self, marker: str) -> str:
        listing = self._admin.list_consumer_groups().result()
        return next((found.group_id for found in listing.valid if marker in found.group_id), "")

    def _committed(self, group: str, topic: str, partitions: int) -> int:
        wanted = [TopicPartition(topic, partition) for partition in range(partitions)]
        answer = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, wanted)])
        try:
            found = answer[group].result().topic_partitions
        except KafkaException:
            # The group is being made; the next question finds it.
            return 0
        return sum(max(place.offset, 0) for place in found)
