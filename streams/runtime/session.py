"""One life of a slot's Kafka clients: from fencing the past self to the first doubtful error or the drain."""

import logging
import threading
import time
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from hub.domain.errors import Unavailable
from streams.runtime import clients, topics
from streams.runtime.api import Processor, Record
from streams.runtime.batch import Limits, Share
from streams.runtime.commit import Commit
from streams.runtime.config import RunConfig
from streams.runtime.letters import DeadLetters
from streams.runtime.metrics import Metrics
from streams.runtime.task import Tasks

log = logging.getLogger(__name__)

_IDLE = 0.2
"""Longest wait for a record, in seconds: a signal is seen at least so often."""

_FIRST_BATCH = 500
_MEASURE_EVERY = 2.0
_LOOK_EVERY = 10.0
_PROBE_EVERY = 1.0


class Session:
    """Producer, consumer and open partitions. After an error not known to be harmless it is closed and replaced."""

    def __init__(self, processor: Processor, config: RunConfig, metrics: Metrics) -> None:
        self._processor = processor
        self._config = config
        self._metrics = metrics
        self._stage = processor.name
        self._memory = config.memory_topic or processor.changelog
        self._state_topics = list(dict.fromkeys(name for name in (processor.changelog, self._memory) if name))
        self._limits = Limits(config.max_output_bytes, frozenset(processor.inputs))
        self._letters = DeadLetters(config.dead_letters_topic, self._stage, config.data_dir / "quarantine")
        self._rebalanced = False
        self._assigned: list[TopicPartition] = []
        self._broker_away_since: float | None = None
        self._next_measure = 0.0
        # The first batch is small: how long a record takes is not yet known.
        self._batch_limit = min(config.batch_size, _FIRST_BATCH)
        self._next_probe = 0.0
        self._next_look = time.monotonic() + _LOOK_EVERY
        self.commits = 0

        self._admin: AdminClient = clients.admin(config)
        self._together = list(dict.fromkeys([*processor.inputs, *self._state_topics]))
        self._topics = self._look_up(min(5.0, config.give_up_after / 2))
        # First the past self is fenced and its transaction decided, then committed offsets are asked for.
        self._producer = clients.producer(config, self._stage, self._on_error)
        self._producer.init_transactions(30.0)
        self._consumer: Consumer = clients.consumer(config, self._stage, self._on_error)
        self._tasks = Tasks(processor, config, self._state_topics, self._topics, self._admin, self._consumer)
        self._commit = Commit(
            self._producer,
            self._consumer,
            changelog=processor.changelog,
            memory=self._memory,
            timeout=config.transaction_timeout_ms / 1000,
            faults=config.faults,
        )
        self._consumer.subscribe(
            list(processor.inputs),
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def turn(self) -> None:
        """Wait for records or a due timer, then one batch, if there is anything to do."""
        self._metrics.looped()
        messages = self._poll()
        if self._rebalanced:
            # Records read before the new positions were set will be read again.
            self._rebalanced = False
            self._open_tasks()
            return
        records, errors = self._sort(messages)
        for error in errors:
            self._judge(error)
        timers = self._tasks.with_due_timers(self._config.clock.now_ms())
        if records or timers:
            self._run_batch(records, timers)
        self._measure()
        self._probe()

    @property
    def has_timed_out(self) -> bool:
        """The open transaction is so old that the broker has ended it: fenced by nobody but the clock."""
        return self._commit.age() > self._config.transaction_timeout_ms / 1000 * 0.8

    def close(self) -> None:
        """Leave nothing hanging: abort what is open, let go of the stores, keep the static membership."""
        try:
            self._commit.abort()
        except KafkaException as error:
            log.warning("abort failed, the broker will time the transaction out: %s", error.args[0].str())
        self._tasks.close()
        self._consumer.close()
        producer = self._producer
        producer.purge()
        del self._producer, self._commit
        # Destroying a producer may wait for a broker that is away.
        threading.Thread(target=producer.flush, args=(1.0,), name="producer-end", daemon=True).start()

    def _poll(self) -> list[Any]:
        """One record with a time-out, then whatever else is there: `consume(n, t)` would wait for n."""
        consume = self._consumer.consume
        messages: list[Any] = consume(1, self._tasks.seconds_to_next_timer(_IDLE))
        if messages and not self._rebalanced:
            messages += consume(self._batch_limit - 1, 0)
        return messages

    def _sort(self, messages: list[Any]) -> tuple[dict[int, list[Record]], list[KafkaError]]:
        """Records by partition, in the order read; errors apart; the ends of partitions noted."""
        by_partition: dict[int, list[Record]] = {}
        errors: list[KafkaError] = []
        tasks = self._tasks
        for message in messages:
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    tasks.reached_end(message.topic(), message.partition(), message.offset())
                else:
                    errors.append(error)
                continue
            partition = message.partition()
            record = Record(
                message.topic(),
                partition,
                message.offset(),
                message.key(),
                message.value(),
                message.headers() or (),
                message.timestamp()[1],
            )
            try:
                by_partition[partition].append(record)
            except KeyError:
                by_partition[partition] = [record]
        return by_partition, errors

    def _run_batch(self, records: dict[int, list[Record]], timers: list[int]) -> None:
        """Decide everything inside a transaction, then make it permanent."""
        began = time.perf_counter()
        commit, tasks = self._commit, self._tasks
        now = self._config.clock.now_ms()
        stores = tasks.stores
        shares: dict[int, Share] = {}
        offsets: dict[tuple[str, int], int] = {}
        commit.begin()
        for partition in dict.fromkeys([*records, *timers]):
            share = shares[partition] = Share(
                self._processor, stores[partition], self._letters, commit.emit, self._limits
            )
            mine = records.get(partition, [])
            if mine:
                share.run_records(mine, now)
                for record in mine:
                    offsets[record.topic, partition] = record.offset + 1
            if partition in timers:
                share.fire_timers(partition, now, self._batch_limit)
            if not mine:
                # Without offsets the group could not fence a worker that has lost its partitions unawares.
                topic = self._processor.inputs[0]
                offsets[topic, partition] = tasks.positions[topic, partition]
        decided = time.perf_counter()
        commit.finish(shares, stores, [TopicPartition(*place, offset) for place, offset in offsets.items()])
        tasks.positions.update(offsets)
        self.commits += 1
        done = time.perf_counter()
        self._observe(shares, decided - began, done - decided)
        fired = sum(share.fired for share in shares.values())
        self._fit_batch(sum(map(len, records.values())) + fired, decided - began)

    def _fit_batch(self, number: int, seconds: float) -> None:
        """A batch must be decided in a fraction of the time after which the broker aborts its transaction."""
        allowed = self._config.transaction_timeout_ms / 1000 / 4
        self._batch_limit = min(max(int(number / max(seconds, 1e-6) * allowed), 1), self._config.batch_size)

    def _observe(self, shares: dict[int, Share], processing: float, transaction: float) -> None:
        now = self._config.clock.now_ms()
        counts: dict[str, int] = {}
        for share in shares.values():
            for name, number in share.counts.items():
                counts[name] = counts.get(name, 0) + number
            self._metrics.answered(share.answers, now)
        self._metrics.committed(counts, sum(share.fired for share in shares.values()), processing, transaction)

    def _open_tasks(self) -> None:
        began = time.monotonic()
        self._tasks.open(self._assigned)
        self._metrics.recovered(time.monotonic() - began)

    def _on_assign(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assigned = partitions
        self._rebalanced = True

    def _on_revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """No batch is open while the consumer is polled, so there is nothing to finish."""
        log.info("%s: %d partitions revoked", self._stage, len(partitions))
        self._tasks.close()
        self._assigned = []
        self._rebalanced = True

    def _on_lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        log.warning("%s: %d partitions lost, the group went on without this slot", self._stage, len(partitions))
        self._tasks.close()
        self._assigned = []
        self._rebalanced = True

    def _judge(self, error: KafkaError) -> None:
        """Errors that arrive in place of a record."""
        code = error.code()
        if code in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION):
            raise Unavailable(f"an input topic has vanished: {error.str()}")
        raise KafkaException(error)

    def _on_error(self, error: KafkaError) -> None:
        """Errors of a client as a whole; librdkafka reconnects by itself, the probe decides when it is too long."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN and self._broker_away_since is None:
            self._broker_away_since = time.monotonic()
        elif error.fatal():
            log.error("%s: %s", self._stage, error.str())

    def _probe(self) -> None:
        """Ask whether the topics are still there: librdkafka says nothing when one is deleted.

        With the brokers away and no record coming, ask oftener, until one answers or it has been too long.
        """
        away_since = self._broker_away_since
        if time.monotonic() < (self._next_look if away_since is None else self._next_probe):
            return
        if away_since is None:
            self._check_topics()
        else:
            self._wait_for_broker(away_since)
        self._next_look = time.monotonic() + _LOOK_EVERY
        self._next_probe = time.monotonic() + _PROBE_EVERY

    def _check_topics(self) -> None:
        try:
            found = self._look_up(2.0)
        except topics.NoAnswer:
            self._broker_away_since = time.monotonic()
            return
        if found != self._topics:
            raise Unavailable("a topic was deleted and made again under the same name")

    def _look_up(self, timeout: float) -> topics.Topics:
        return topics.look_up(self._admin, self._together, [self._config.dead_letters_topic], timeout)

    def _wait_for_broker(self, away_since: float) -> None:
        try:
            self._admin.list_topics(timeout=1.0)
        except KafkaException as error:
            away = time.monotonic() - away_since
            log.warning("%s: no broker answers since %.0f s (%s)", self._stage, away, self._config.bootstrap)
            if away > self._config.give_up_after:
                raise Unavailable(f"no broker answered for {away:.0f} s") from error
        else:
            self._broker_away_since = None

    def _measure(self) -> None:
        if time.monotonic() >= self._next_measure:
            self._next_measure = time.monotonic() + _MEASURE_EVERY
            self._metrics.measured(self._tasks.sizes(), self._tasks.lags())
