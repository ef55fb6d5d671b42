"""Looks which records stand in Kafka already, after a crash or an outage between sending and noting it."""

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from connectors.feed import Position
from hub.domain.errors import Unavailable

log = logging.getLogger(__name__)

_SECONDS = 20.0
_BATCH = 2000
_PAUSE_SECONDS = 0.05


class Arrivals:
    """Reads topics from positions to their end, uncommitted records too: unify's open transactions in a raw topic
    must not hide what stands behind them.
    """

    def __init__(self, bootstrap: str, partitions: int) -> None:
        self._partitions = partitions
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                # The client asks for one; nothing is ever committed to it.
                "group.id": f"hub-arrivals-{uuid.uuid4().hex}",
                "isolation.level": "read_uncommitted",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 20,
                "reconnect.backoff.max.ms": 1000,
                "queued.max.messages.kbytes": 16_384,
            },
            logger=log,
        )

    def ends(self, topics: Iterable[str]) -> dict[Position, int]:
        """Where the topics end now."""
        places = [(topic, number) for topic in topics for number in range(self._partitions)]
        until = time.monotonic() + _SECONDS
        while True:
            try:
                asked = [TopicPartition(topic, number, OFFSET_END) for topic, number in places]
                found = self._consumer.offsets_for_times(asked, timeout=_SECONDS)
                problem = next((end.error for end in found if end.error is not None), None)
            except KafkaException as error:
                found, problem = [], error.args[0]
            if problem is None:
                return {(end.topic, end.partition): end.offset for end in found}
            # Of a topic just made, or while a broker changes, a partition may have no leader for a moment.
            if time.monotonic() > until:
                raise Unavailable(f"the ends of topics cannot be read ({problem.name()})")
            time.sleep(_PAUSE_SECONDS)

    def since(self, positions: Mapping[Position, int], name: Callable[[dict[str, bytes]], str | None]) -> set[str]:
        """The names of all records from these positions on, by their headers; None is no name."""
        found: set[str] = set()
        self._consumer.assign([TopicPartition(*position, offset) for position, offset in positions.items()])
        try:
            still_open = set(positions)
            last = time.monotonic()
            while still_open:
                # consume(n, t) would wait for n: one with a time-out, then what is there.
                messages = self._consumer.consume(1, 0.5)
                messages += self._consumer.consume(_BATCH, 0) if messages else []
                last = time.monotonic() if messages else last
                if time.monotonic() - last > _SECONDS:
                    raise Unavailable(f"what Kafka has already was not read to its end in {_SECONDS:.0f} s")
                for message in messages:
                    problem: KafkaError | None = message.error()
                    if problem is None:
                        pairs: Any = message.headers() or ()
                        headers = {key: value for key, value in pairs if value is not None}
                        found |= {each for each in (name(headers),) if each is not None}
                    elif problem.code() == KafkaError._PARTITION_EOF:
                        still_open.discard((message.topic(), message.partition()))
                    else:
                        raise Unavailable(f"what Kafka has already cannot be read ({problem.name()})")
        except KafkaException as error:
            raise Unavailable(f"what Kafka has already cannot be read ({error.args[0].name()})") from error
        finally:
            self._consumer.unassign()
        return found

    def close(self) -> None:
        """Leave."""
        self._consumer.close()
