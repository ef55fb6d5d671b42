"""Reads hub topics for an edge that keeps its own positions: committed records only, no consumer group."""

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from hub.domain.errors import Unavailable

log = logging.getLogger(__name__)

Position = tuple[str, int]
_FIRST_ANSWER_SECONDS = 10.0
_PAUSE_SECONDS = 0.05


@dataclass(slots=True, frozen=True)
class Message:
    """A committed record. `timestamp` is epoch milliseconds."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]
    timestamp: int


class Feed:
    """All partitions of some topics from given positions on.

    Where no position is given, or it is past the topic's retention, reading starts at the oldest record. The caller
    stores `positions` together with what it made of the records, in one local transaction: so nothing is missed or
    taken twice, whatever is killed.

    Made with librdkafka as the workers are: kafka-python cannot read their lz4 without one more library.
    """

    def __init__(
        self, bootstrap: str, topics: tuple[str, ...], partitions: int, positions: Mapping[Position, int]
    ) -> None:
        self._names = topics
        self._problem: KafkaError | None = None
        self._passed: dict[Position, int] = {
            (topic, number): positions.get((topic, number), 0) for topic in topics for number in range(partitions)
        }
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                # The client asks for one; nothing is ever committed to it.
                "group.id": f"hub-feed-{uuid.uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                # Tells when the end is reached, past the markers of transactions, which are no records.
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 50,
                "reconnect.backoff.max.ms": 1000,
                "queued.max.messages.kbytes": 16_384,
            },
            logger=log,
        )
        try:
            self._consumer.list_topics(timeout=_FIRST_ANSWER_SECONDS)
            self._consumer.assign(
                [
                    TopicPartition(topic, number, positions.get((topic, number), OFFSET_BEGINNING))
                    for topic, number in self._passed
                ]
            )
        except KafkaException as error:
            self._consumer.close()
            raise Unavailable(
                f"Kafka at {bootstrap} does not answer ({error.args[0].name()}); is it up? try: hub up"
            ) from error

    def poll(self, most: int = 500, seconds: float = 0.5) -> tuple[list[Message], dict[Position, int]]:
        """What has come, each partition in its order, and the positions after it.

        An error that stands among records is raised by the next call: the client has gone past these records and
        would not give them again.
        """
        if self._problem is not None:
            problem, self._problem = self._problem, None
            raise self._unreadable(problem)
        messages: list[Message] = []
        after: dict[Position, int] = {}
        for one in self._consume(most, seconds):
            error: KafkaError | None = one.error()
            if error is None:
                message = _message(one)
                messages.append(message)
                place = (message.topic, message.partition)
                self._passed[place] = after[place] = message.offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                self._at_end(one)
            else:
                self._problem = error
        return messages, after

    def passed(self) -> dict[Position, int]:
        """Up to where `poll` has given everything, markers of transactions included."""
        return dict(self._passed)

    def behind(self, seconds: float = 10.0) -> int:
        """How many offsets lie between what was taken and the end of what is committed now."""
        until = time.monotonic() + seconds
        while True:
            ends, problem = self._committed_ends(seconds)
            if problem is None:
                return sum(max(end - self._passed[place], 0) for place, end in ends.items())
            # Of a topic just made, or while a broker changes, a partition may have no leader for a moment.
            if time.monotonic() > until:
                raise self._unreadable(problem)
            time.sleep(_PAUSE_SECONDS)

    def read_to_end(self, seconds: float = 30.0) -> tuple[list[Message], dict[Position, int]]:
        """Everything committed by now, and the positions after it; `Unavailable` when that takes longer."""
        until = time.monotonic() + seconds
        messages: list[Message] = []
        after: dict[Position, int] = {}
        while self.behind(max(0.1, until - time.monotonic())) > 0:
            if time.monotonic() > until:
                raise Unavailable(f"{', '.join(self._names)} was not read to its end in {seconds:.0f} s")
            found, moved = self.poll(seconds=0.2)
            messages += found
            after |= moved
        return messages, after

    def close(self) -> None:
        """Leave; positions are the caller's."""
        self._consumer.close()

    def _consume(self, most: int, seconds: float) -> list[Any]:
        try:
            # consume(n, t) would wait for n: one with a time-out, then what is there.
            found: list[Any] = self._consumer.consume(1, seconds)
        except KafkaException as error:
            raise self._unreadable(error.args[0]) from error
        if found and most > 1:
            try:
                found += self._consumer.consume(most - 1, 0)
            except KafkaException as error:
                self._problem = error.args[0]
        return found

    def _committed_ends(self, seconds: float) -> tuple[dict[Position, int], KafkaError | None]:
        places = [TopicPartition(topic, number, OFFSET_END) for topic, number in self._passed]
        try:
            # Of the instant "latest" the broker tells the end; all partitions in one request.
            found = self._consumer.offsets_for_times(places, timeout=seconds)
        except KafkaException as error:
            return {}, error.args[0]
        ends = {(end.topic, end.partition): end.offset for end in found}
        return ends, next((end.error for end in found if end.error is not None), None)

    def _at_end(self, told: Any) -> None:
        self._passed[told.topic(), told.partition()] = told.offset()

    def _unreadable(self, error: KafkaError) -> Unavailable:
        return Unavailable(f"reading {', '.join(self._names)} failed ({error.name()})")


def _message(one: Any) -> Message:
    return Message(
        one.topic(),
        one.partition(),
        one.offset(),
        one.key(),
        one.value(),
        {name: value for name, value in one.headers() or () if value is not None},
        one.timestamp()[1],
    )
