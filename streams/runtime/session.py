"""One life of a slot's Kafka clients: from fencing the past self to the first doubtful error or the drain."""

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from hub.domain.errors import Unavailable
from streams.runtime import clients
from streams.runtime.api import Processor, Record
from streams.runtime.batch import Limits, Share
from streams.runtime.commit import Commit
from streams.runtime.config import RunConfig
from streams.runtime.forgotten import end_forgotten, past_selves
from streams.runtime.letters import DeadLetters
from streams.runtime.metrics import Metrics
from streams.runtime.task import Tasks
from streams.runtime.watch import Watch

log = logging.getLogger(__name__)

_IDLE = 0.2
"""Longest wait for a record, in seconds: a signal is seen at least so often."""

_FIRST_BATCH = 500
_MEASURE_EVERY = 2.0
_TIMER_SECONDS = 0.25
"""How long one batch fires timers: records that come while thousands fall due wait for no more than this."""
_OVERLAP_FROM = 500
"""Batches of so many records are committed in a second thread; smaller ones at once, for the latency."""


class Done(NamedTuple):
    """A decided batch: what the metrics will tell once it is committed."""

    shares: dict[int, Share]
    records: int
    processing: float

    @property
    def fired(self) -> int:
        """Timers fired in it."""
        return sum(share.fired for share in self.shares.values())


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
        self._next_measure = 0.0
        # The first batch is small: how long a record takes is not yet known.
        self._batch_limit = min(config.batch_size, _FIRST_BATCH)
        self.commits = 0

        self._finisher = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._finishing: tuple[Future[None], Done] | None = None

        admin = clients.admin(config)
        self._watch = Watch(admin, processor, self._state_topics, config)
        # First the past self is fenced and its transaction decided, then committed offsets are asked for.
        ids = clients.transactional_ids(config, self._stage)
        past = past_selves(config, ids)
        self._producers = [clients.producer(config, each, self._watch.on_error) for each in ids]
        for producer in self._producers:
            producer.init_transactions(30.0)
        self._swept = self._finisher.submit(end_forgotten, config, past, admin) if past else None
        self._consumer: Consumer = clients.consumer(config, self._stage, self._watch.on_error)
        self._tasks = Tasks(processor, config, self._state_topics, self._watch.topics, admin, self._consumer)
        self._commit = Commit(
            self._producers,
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
        """Wait for records or a due timer, then one batch, if there is anything to do.

        While a large batch is still being committed the next one is polled and decoded already.
        """
        self._metrics.looped()
        messages = self._poll()
        if self._rebalanced:
            # Records read before the new positions were set will be read again.
            self._settle()
            self._rebalanced = False
            self._open_tasks()
            return
        records, errors = self._sort(messages)
        shares = {partition: self._prepare(partition, mine) for partition, mine in records.items()}
        self._settle()
        for error in errors:
            self._judge(error)
        timers = self._tasks.with_due_timers(self._tasks.settled(self._config.clock.now_ms()))
        if shares or timers:
            self._watch.refuse_after_an_outage()
            self._run_batch(records, shares, timers)
        self._measure()
        self._watch.look()

    @property
    def transaction_age(self) -> float:
        """Seconds since the open transaction began, 0 without one."""
        return self._commit.age()

    @property
    def has_timed_out(self) -> bool:
        """The open transaction is so old that the broker has ended it: fenced by nobody but the clock."""
        return self._commit.age() > self._config.transaction_timeout_ms / 1000 * 0.8

    def drain(self) -> None:
        """Wait for the batch that is being committed; raises what it raised."""
        self._settle()

    def close(self) -> None:
        """Leave nothing hanging: abort what is open, let go of the stores, keep the static membership."""
        self._finisher.shutdown()
        try:
            self._commit.abort()
        except KafkaException as error:
            log.warning("abort failed, the broker will time the transaction out: %s", error.args[0].str())
        self._tasks.close()
        self._consumer.close()
        producers, self._producers = self._producers, []
        self._commit.release()
        for producer in producers:
            producer.purge()
            # Destroying a producer may wait for a broker that is away.
            threading.Thread(target=producer.flush, args=(1.0,), name="producer-end", daemon=True).start()
        del producer, producers

    def _poll(self) -> list[Any]:
        """One record with a time-out, then whatever else is there: `consume(n, t)` would wait for n."""
        consume = self._consumer.consume
        messages: list[Any]
        if self._finishing is not None:
            messages = consume(self._batch_limit, 0)
            return messages
        messages = consume(1, self._tasks.seconds_to_next_timer(_IDLE))
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
        for read in by_partition.values():
            tasks.read(read)
        return by_partition, errors

    def _prepare(self, partition: int, records: list[Record]) -> Share:
        share = Share(
            self._processor, self._tasks.stores[partition], self._letters, self._commit.emit, self._limits
        )
        share.prepare(records)
        return share

    def _run_batch(self, records: dict[int, list[Record]], shares: dict[int, Share], timers: list[int]) -> None:
        """Decide everything inside a transaction, then make it permanent."""
        began = time.perf_counter()
        commit, tasks = self._commit, self._tasks
        now = self._config.clock.now_ms()
        offsets: dict[tuple[str, int], int] = {}
        for partition in timers:
            if partition not in shares:
                shares[partition] = self._prepare(partition, [])
                # Without offsets the group could not fence a worker that has lost its partitions unawares.
                place = (self._processor.inputs[0], partition)
                offsets[place] = tasks.positions[place]
        commit.begin()
        for share in shares.values():
            share.decide(now)
        # After the records, whose number has its own limit; what one partition leaves is for the next.
        fire_until = time.perf_counter() + _TIMER_SECONDS
        for position, partition in enumerate(timers):
            left = fire_until - time.perf_counter()
            is_over = partial(_is_past, time.perf_counter() + left / (len(timers) - position))
            shares[partition].fire_timers(partition, tasks.settled(now), now, self._batch_limit, is_over)
        for partition, share in shares.items():
            commit.log_changes(partition, share)
            for record in records.get(partition, ()):
                offsets[record.topic, partition] = record.offset + 1
        tasks.positions.update(offsets)
        done = Done(shares, sum(map(len, records.values())), time.perf_counter() - began)
        finish = partial(
            commit.finish,
            shares,
            dict(tasks.stores),
            [TopicPartition(*place, offset) for place, offset in offsets.items()],
            self._consumer.consumer_group_metadata(),
        )
        if done.records < _OVERLAP_FROM:
            finish()
            self._account(done)
        else:
            self._finishing = self._finisher.submit(finish), done

    def _settle(self) -> None:
        """Wait for the batch that is being committed and account for it; raises what its commit raised."""
        if self._finishing is not None:
            finishing, done = self._finishing
            self._finishing = None
            finishing.result()
            self._account(done)

    def _account(self, done: Done) -> None:
        self.commits += 1
        now = self._config.clock.now_ms()
        counts: dict[str, int] = {}
        for share in done.shares.values():
            for name, number in share.counts.items():
                counts[name] = counts.get(name, 0) + number
            self._metrics.answered(share.answers, now)
        self._metrics.committed(counts, done.fired, done.processing, self._commit.seconds)
        self._fit_batch(done.records + done.fired, done.processing)

    def _fit_batch(self, number: int, seconds: float) -> None:
        """A batch must be decided in a fraction of the time after which the broker aborts its transaction."""
        allowed = self._config.transaction_timeout_ms / 1000 / 4
        self._batch_limit = min(max(int(number / max(seconds, 1e-6) * allowed), 1), self._config.batch_size)

    def _open_tasks(self) -> None:
        began = time.monotonic()
        if self._swept is not None:
            self._swept.result()
        self._tasks.open(self._assigned)
        self._metrics.recovered(time.monotonic() - began)

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Where to begin is found out when the stores are open; until then nothing is assigned.

        No place may stand in for it: a look-up of the log's end that a broker just back did not answer is tried
        again by librdkafka, and its answer was seen to replace the true position: what lay between was skipped.
        """
        consumer.assign([])
        self._assigned = partitions
        self._rebalanced = True

    def _on_revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        log.info("%s: %d partitions revoked", self._stage, len(partitions))
        self._let_go()

    def _on_lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        log.warning("%s: %d partitions lost, the group went on without this slot", self._stage, len(partitions))
        self._let_go()

    def _let_go(self) -> None:
        """The batch that is being committed comes to its end first; a failure of it is raised by the next turn."""
        if self._finishing is not None:
            wait([self._finishing[0]])
        self._tasks.close()
        self._assigned = []
        self._rebalanced = True

    def _judge(self, error: KafkaError) -> None:
        """Errors that arrive in place of a record."""
        code = error.code()
        if code in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION):
            raise Unavailable(f"an input topic has vanished: {error.str()}")
        raise KafkaException(error)

    def _measure(self) -> None:
        if time.monotonic() >= self._next_measure:
            self._next_measure = time.monotonic() + _MEASURE_EVERY
            self._metrics.measured(self._tasks.sizes(), self._tasks.lags())
            self._metrics.stood(
                self._tasks.standing(getattr(self._processor, "standing", ())), self._tasks.next_timer()
            )


def _is_past(instant: float) -> bool:
    return time.perf_counter() >= instant
