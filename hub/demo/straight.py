"""The way past the edges: into the raw topics with a producer of one's own, as a system with Kafka at hand does."""

from pathlib import Path

from connectors.publish import Pending, RawPublisher
from connectors.sources import SOURCES
from hub.demo.traffic import Published
from hub.sending import send_file
from hub.simulation import Message

_CONFIRM_EVERY = 500


class Straight:
    """Publishes, and counts what Kafka has acknowledged. For one thread."""

    def __init__(self, publisher: RawPublisher, dead_letters: str, published: Published | None = None) -> None:
        self._published = Published() if published is None else published
        self._publisher = publisher
        self._dead_letters = dead_letters
        self._waiting: list[tuple[str, int, list[Pending]]] = []

    @property
    def published(self) -> Published:
        """What Kafka has acknowledged."""
        return self._published

    def send(self, message: Message) -> None:
        """Hand a message to the producer: split by the edge, or whole where its sender would not split it."""
        source = SOURCES[message.source]
        if message.goes_raw:
            handed = self._publisher.publish_as_is(source, message.payload, message.raw_key, message.headers)
        else:
            handed = self._publisher.publish(source, message.payload, message.headers)
        self._waiting.append((message.source, message.records, handed))
        if len(self._waiting) >= _CONFIRM_EVERY:
            self.settle()

    def send_sample(self, source: str, file: Path) -> None:
        """Hand a file's records to the producer."""
        handed = send_file(self._publisher, SOURCES[source], file)
        self._waiting.append((source, len(handed), handed))

    def settle(self) -> None:
        """Wait for the acknowledgement of everything handed over so far."""
        self._publisher.flush()
        for source, records, handed in self._waiting:
            places = [one.wait() for one in handed]
            letters = [place.reason or "" for place in places if place.topic == self._dead_letters]
            self.published.add(source, records - len(letters))
            for reason in letters:
                self.published.add(source, 1, letter=reason)
        self._waiting.clear()

    def finish(self) -> None:
        """The same: what is settled is answered."""
        self.settle()
