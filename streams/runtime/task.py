"""The partitions a slot holds: their stores, positions and timers."""

import logging
import time
from collections.abc import Mapping, Sequence

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from hub.domain.errors import Unavailable
from streams.runtime import clients
from streams.runtime.api import Processor, Record, Row
from streams.runtime.config import RunConfig
from streams.runtime.heard import Heard
from streams.runtime.recovery import offsets, recover, stable_offsets
from streams.runtime.rows import Changes, Rows
from streams.runtime.store import Store
from streams.runtime.topics import Topics

log = logging.getLogger(__name__)


class NoRows:
    """The state of a processor that has none."""

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Row | None]:
        return dict.fromkeys(keys)

    def due(self, until: int, limit: int) -> list[tuple[int, bytes]]:
        return []

    def next_due(self) -> int | None:
        return None

    def tallies(self) -> dict[str, int]:
        return {}

    def apply(self, changes: Changes) -> None:
        if changes.rows:
            raise TypeError("a processor without a changelog cannot put rows")


class Tasks:
    """Partition p of all inputs, with its store: opened on assignment, closed on revocation."""

    def __init__(
        self,
        processor: Processor,
        config: RunConfig,
        state_topics: list[str],
        topics: Topics,
        admin: AdminClient,
        consumer: Consumer,
    ) -> None:
        self._processor = processor
        self._config = config
        self._state_topics = state_topics
        self._topics = topics
        self._admin = admin
        self._consumer = consumer
        self._on_disk: dict[int, Store] = {}
        self._behind: set[tuple[str, int]] = set()
        self._heard = Heard()
        self._backlog_until = 0.0
        self.stores: Mapping[int, Rows] = {}
        self.positions: dict[tuple[str, int], int] = {}

    def open(self, assigned: list[TopicPartition]) -> None:
        """Committed offsets first (waits for open transactions), then the stores, then the consumer."""
        self.close()
        if not assigned:
            return
        began = time.monotonic()
        partitions = self._whole(assigned)
        self.positions = self._committed(assigned)
        replayed = 0
        if self._state_topics:
            self._open_stores(partitions)
            replayed = self._recover()
            self.stores = dict(self._on_disk)
        else:
            self.stores = dict.fromkeys(partitions, NoRows())
        self._behind = set(self.positions)
        self._backlog_until = time.monotonic() + self._config.backlog_seconds
        self._consumer.assign([TopicPartition(*place, offset) for place, offset in self.positions.items()])
        log.info(
            "%s-%s: partitions %s ready, %d changelog records replayed in %.2f s",
            self._processor.name,
            self._config.slot,
            ",".join(map(str, partitions)),
            replayed,
            time.monotonic() - began,
        )

    def close(self) -> None:
        """Let go of every store."""
        for store in self._on_disk.values():
            store.close()
        self._on_disk = {}
        self.stores = {}
        self.positions = {}
        self._behind = set()
        self._heard = Heard()

    def read(self, records: Sequence[Record]) -> None:
        """Records of a partition that were read, in their order."""
        is_one_topic = len(self._processor.inputs) == 1
        last = records[-1:] if is_one_topic else {record.topic: record for record in records}.values()
        for record in last:
            self._heard.read((record.topic, record.partition), record.offset, record.timestamp)

    def reached_end(self, topic: str, partition: int, offset: int) -> None:
        """All records that were there have been read; the last ones may have been transaction markers."""
        self._heard.reached_end((topic, partition), offset)
        self._behind.discard((topic, partition))

    def settled(self, now: int) -> int:
        """The instant up to which timers may fire."""
        return now - self._config.clock.span_ms(self._config.settle_seconds)

    def with_due_timers(self, settled: int) -> list[int]:
        """Partitions whose timers may fire: what arrived before a deadline is heard before the deadline is."""
        return [
            partition
            for partition, store in self.stores.items()
            if (due := store.next_due()) is not None and due <= settled and self._may_fire(partition, due)
        ]

    def seconds_to_next_timer(self, at_most: float) -> float:
        """How long to wait for a record."""
        dues = [
            due
            for partition, store in self.stores.items()
            if (due := store.next_due()) is not None and self._may_fire(partition, due)
        ]
        if not dues:
            return at_most
        wait = self._config.clock.seconds_until(min(dues)) + self._config.settle_seconds
        return min(max(wait, 0.0), at_most)

    def sizes(self) -> dict[int, int]:
        """Bytes of each store."""
        return {partition: store.bytes_on_disk() for partition, store in self._on_disk.items()}

    def next_timer(self) -> int | None:
        """The earliest due instant of all partitions held."""
        dues = [due for store in self.stores.values() if (due := store.next_due()) is not None]
        return min(dues, default=None)

    def standing(self, names: Sequence[str]) -> dict[str, int]:
        """Tallies that go up and down, over all partitions held."""
        totals = [store.tallies() for store in self.stores.values()] if names else []
        return {name: sum(total.get(name, 0) for total in totals) for name in names}

    def lags(self) -> dict[tuple[str, int], int]:
        """Records between the position and the end of the log, as the consumer last heard."""
        lags = {}
        for (topic, partition), position in self.positions.items():
            _, end = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
            lags[topic, partition] = max(end - max(position, self._heard.end((topic, partition))), 0)
        return lags

    def _may_fire(self, partition: int, due: int) -> bool:
        """Whether what came before the due instant has been read; nobody waits longer for it than for a backlog."""
        places = [(topic, partition) for topic in self._processor.inputs]
        if time.monotonic() <= self._backlog_until and any(place in self._behind for place in places):
            return False
        overdue = -self._config.clock.seconds_until(due)
        if overdue < self._config.settle_seconds or overdue > self._config.backlog_seconds:
            return True
        settled = time.time() - overdue + self._config.settle_seconds
        return self._heard.is_up_to(places, settled * 1000)

    def _whole(self, assigned: list[TopicPartition]) -> list[int]:
        """The partitions, each of which must have come with all its inputs."""
        held: dict[int, set[str]] = {}
        for place in assigned:
            held.setdefault(place.partition, set()).add(place.topic)
        broken = [partition for partition, topics in held.items() if topics != set(self._processor.inputs)]
        if broken:
            raise Unavailable(f"partitions {broken} were assigned without all their inputs; is every slot alike?")
        return sorted(held)

    def _committed(self, assigned: list[TopicPartition]) -> dict[tuple[str, int], int]:
        earliest = offsets(self._admin, assigned, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        positions = {}
        for place in stable_offsets(self._admin, self._processor.name, assigned):
            first = earliest[place.topic, place.partition]
            if 0 <= place.offset < first:
                message = "%s[%d]: %d records were deleted by retention before they were read"
                log.error(message, place.topic, place.partition, first - place.offset)
            positions[place.topic, place.partition] = max(place.offset, first)
        return positions

    def _open_stores(self, partitions: list[int]) -> None:
        folder = self._config.data_dir / self._processor.name
        for partition in partitions:
            store = self._on_disk[partition] = Store(folder / str(partition))
            identity = {
                "cluster": self._topics.cluster,
                "partition": partition,
                "row form": getattr(self._processor, "row_form", "portable"),
                **{f"topic {name}": self._topics.ids[name] for name in self._state_topics},
            }
            store.be(identity, valid_hours=self._config.tail_valid_hours)

    def _recover(self) -> int:
        reader = clients.changelog_reader(self._config, self._processor.name)
        try:
            wait = self._config.transaction_timeout_ms / 1000 + 30
            return recover(self._on_disk, self._state_topics, self._admin, reader, wait)
        finally:
            reader.close()
