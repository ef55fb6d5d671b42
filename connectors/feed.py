"""Reads hub topics for an edge that keeps its own positions: committed records only, no consumer group."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from hub.domain.errors import Unavailable

Position = tuple[str, int]


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
    """

    def __init__(
        self, bootstrap: str, topics: tuple[str, ...], partitions: int, positions: Mapping[Position, int]
    ) -> None:
        try:
            self._consumer = KafkaConsumer(
                bootstrap_servers=bootstrap,
                group_id=None,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=50,
                reconnect_backoff_max_ms=1000,
            )
            places = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
            self._consumer.assign(places)
            for place in places:
                if (offset := positions.get((place.topic, place.partition))) is not None:
                    self._consumer.seek(place, offset)
        except KafkaError as error:
            raise Unavailable(f"Kafka at {bootstrap} does not answer ({error}); is it up? try: hub up") from error

    def poll(self, most: int = 500, seconds: float = 0.5) -> tuple[list[Message], dict[Position, int]]:
        """What has come, each partition in its order, and the positions after it."""
        try:
            found = self._consumer.poll(timeout_ms=round(seconds * 1000), max_records=most)
        except KafkaError as error:
            raise Unavailable(f"reading {', '.join(sorted(self._topics()))} failed ({error})") from error
        messages: list[Message] = []
        after: dict[Position, int] = {}
        for place, records in found.items():
            messages += (
                Message(
                    place.topic,
                    place.partition,
                    one.offset,
                    one.key,
                    one.value,
                    {name: value for name, value in one.headers if value is not None},
                    one.timestamp,
                )
                for one in records
            )
            after[place.topic, place.partition] = records[-1].offset + 1
        return messages, after

    def behind(self, seconds: float = 10.0) -> int:
        """How many offsets lie between what was taken and the end of what is committed now."""
        places = self._consumer.assignment()
        try:
            ends = self._consumer.end_offsets(list(places), timeout_ms=round(seconds * 1000))
            return sum(end - self._consumer.position(place) for place, end in ends.items())
        except KafkaError as error:
            raise Unavailable(f"reading {', '.join(sorted(self._topics()))} failed ({error})") from error

    def read_to_end(self, seconds: float = 30.0) -> tuple[list[Message], dict[Position, int]]:
        """Everything committed by now, and the positions after it; `Unavailable` when that takes longer."""
        until = time.monotonic() + seconds
        messages: list[Message] = []
        after: dict[Position, int] = {}
        while self.behind(max(0.1, until - time.monotonic())) > 0:
            if time.monotonic() > until:
                raise Unavailable(f"{', '.join(sorted(self._topics()))} was not read to its end in {seconds:.0f} s")
            found, moved = self.poll(seconds=0.2)
            messages += found
            after |= moved
        return messages, after

    def close(self) -> None:
        """Leave; positions are the caller's."""
        self._consumer.close()

    def _topics(self) -> set[str]:
        return {place.topic for place in self._consumer.assignment()}
