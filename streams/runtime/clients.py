"""Settings of the worker's Kafka clients, each with its reason."""

import logging
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import AdminClient

from streams.runtime.config import RunConfig

log = logging.getLogger(__name__)

LARGEST_MESSAGE = 20 * 1024 * 1024


def transactional_ids(config: RunConfig, stage: str) -> tuple[str, ...]:
    """Stable per slot: a restarted worker fences its past self at once.

    There are two, taken in turns: while the broker still writes the markers of one transaction, its producer may
    not begin the next and librdkafka waits 20 ms; the other one may.
    """
    return tuple(f"{config.id_prefix}{stage}-{config.slot}-{turn}" for turn in ("a", "b"))


def producer(config: RunConfig, transactional_id: str, on_error: Callable[[KafkaError], None]) -> Producer:
    """One of a slot's transactional producers."""
    return Producer(
        {
            **_common(config, on_error),
            "transactional.id": transactional_id,
            "transaction.timeout.ms": config.transaction_timeout_ms,
            "partitioner": "murmur2_random",  # as Kafka's Java client, so that keys meet in one partition
            "linger.ms": 5,  # the commit flushes, so this groups a batch without delaying a single record
            "compression.type": "lz4",
            "queue.buffering.max.messages": 1_000_000,
            "queue.buffering.max.kbytes": 1_048_576,
            "message.max.bytes": LARGEST_MESSAGE,
        },
        logger=log,
    )


def consumer(config: RunConfig, stage: str, on_error: Callable[[KafkaError], None]) -> Consumer:
    """The consumer of a slot, a static member of the stage's group."""
    return Consumer(
        {
            **_common(config, on_error),
            "group.id": stage,
            "group.instance.id": f"{stage}-{config.slot}",
            # Partition p of all inputs must land on one slot: eager range assignment does that.
            "partition.assignment.strategy": "range",
            "session.timeout.ms": config.session_timeout_ms,
            "heartbeat.interval.ms": max(config.session_timeout_ms // 4, 250),
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,  # tells when the backlog is done, for the timers
            "fetch.wait.max.ms": 10,
            "fetch.message.max.bytes": 4 * 1024 * 1024,
            "queued.max.messages.kbytes": 65_536,
            "topic.metadata.refresh.interval.ms": 30_000,
        },
        logger=log,
    )


def changelog_reader(config: RunConfig, stage: str) -> Consumer:
    """Reads a changelog to its end; belongs to no group and commits nothing."""
    return Consumer(
        {
            **_common(config, None),
            "group.id": f"{stage}-recovery",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,
            "fetch.message.max.bytes": 4 * 1024 * 1024,
        },
        logger=log,
    )


def admin(config: RunConfig) -> AdminClient:
    """Asks about topics and offsets."""
    return AdminClient(_common(config, None), logger=log)


def _common(config: RunConfig, on_error: Callable[[KafkaError], None] | None) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "bootstrap.servers": config.bootstrap,
        # With librdkafka's defaults a transaction takes 90 ms, with these 7 ms (docs/decisions).
        "retry.backoff.ms": 2,
        "retry.backoff.max.ms": 10,
        "socket.nagle.disable": True,
        "reconnect.backoff.max.ms": 1000,
        # Failed connections are told once, by the worker; librdkafka would write a line for each attempt.
        "log_level": 2,
        **config.client,
    }
    if on_error is not None:
        settings["error_cb"] = on_error
    return settings
