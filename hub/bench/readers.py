"""Readers of the hub's topics, read_committed as a department's would be: what came, and when it was there."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, cast

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition

from hub.domain.errors import Unavailable
from hub.domain.tiers import TIERS
from hub.topics import Catalogue

_LEADER_SECONDS = 30.0


class Seen(NamedTuple):
    """A dispatch as a read_committed reader saw it: the instant (monotonic seconds) and the case it is about."""

    at: float
    case_id: str


class TopicReader:
    """Hands each record of some topics, from their ends on, to `take`; on a thread of its own."""

    def __init__(self, bootstrap: str, topics: Iterable[str], partitions: int, take: Callable[[Any], None]) -> None:
        self._take = take
        self._ending = threading.Event()
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "bench-reader",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 10,
                "socket.nagle.disable": True,
                "log_level": 3,
            }
        )
        places = [
            TopicPartition(topic, partition, OFFSET_END) for topic in topics for partition in range(partitions)
        ]
        self._consumer.assign(places)
        # The ends are looked up lazily: what is published before that would be missed.
        for place in places:
            self._find_end(place)
        self._consumer.poll(1.0)
        self._thread = threading.Thread(target=self._read, name="topic-reader")
        self._thread.start()

    def _find_end(self, place: TopicPartition) -> None:
        """A fresh broker may not lead all its partitions yet."""
        deadline = time.monotonic() + _LEADER_SECONDS
        while True:
            try:
                self._consumer.get_watermark_offsets(place, timeout=10)
            except KafkaException as error:
                if time.monotonic() > deadline:
                    self._consumer.close()
                    raise Unavailable(f"{place.topic} cannot be read: {error}") from error
                time.sleep(0.1)
            else:
                return

    def close(self) -> None:
        """Stop reading."""
        self._ending.set()
        self._thread.join()
        self._consumer.close()

    def _read(self) -> None:
        while not self._ending.is_set():
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                self._take(message)


class DispatchReader(TopicReader):
    """Reads all dispatch topics, and notes when each record came."""

    def __init__(self, bootstrap: str, topics: Catalogue) -> None:
        self.seen: list[Seen] = []
        super().__init__(bootstrap, dispatch_topics(topics), topics.partitions, self._note)

    def _note(self, message: Any) -> None:
        self.seen.append(dispatch_seen(message))


def dispatch_topics(topics: Catalogue) -> list[str]:
    """The dispatch topics of all tiers."""
    return [topics.dispatch(tier) for tier in TIERS]


def dispatch_seen(message: Any) -> Seen:
    """A record of a dispatch topic that has just come."""
    at = time.monotonic()
    return Seen(at, text_headers(message).get("ce_subject", ""))


def text_headers(message: Any) -> dict[str, str]:
    """The headers of a record as text."""
    return {name: value.decode() for name, value in cast("list[tuple[str, bytes]]", message.headers() or [])}
