"""The Kafka of a benchmark: an embedded one of its own, gone afterwards, or the one that is named."""

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from hub.cluster import EmbeddedKafka
from hub.cluster.probe import free_port
from hub.domain.errors import Unavailable
from hub.settings import Settings

# The broker's own default of a laptop would make it the bottleneck of every engine alike.
BROKER_HEAP = "1g"


@contextmanager
def own_kafka(settings: Settings, bootstrap: str | None, echo: Callable[[str], None]) -> Iterator[tuple[str, Path]]:
    """Bootstrap address and a scratch folder; both are cleaned up at the end, also when the run is told to stop."""
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        with _kafka_in_scratch(settings, bootstrap, echo) as found:
            yield found
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _kafka_in_scratch(
    settings: Settings, bootstrap: str | None, echo: Callable[[str], None]
) -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory(prefix="hub-bench-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        if bootstrap is not None:
            yield bootstrap, folder
            return
        kafka = EmbeddedKafka(
            folder / "broker",
            free_port(),
            settings.cache_dir,
            maven_url=settings.maven_url,
            heap=BROKER_HEAP,
            start_seconds=settings.kafka_start_seconds,
            echo=echo,
        )
        broker, _ = kafka.start()
        try:
            yield broker.bootstrap, folder
        finally:
            kafka.stop()


def _leave(number: int, _frame: object) -> None:
    """Leave through every `finally`, so that no broker and no program stays behind."""
    sys.exit(128 + number)


class Topics:
    """Makes a benchmark's topics and removes them again."""

    def __init__(self, bootstrap: str, partitions: int) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self.partitions = partitions

    def make(self, *names: str, compact: bool = False) -> None:
        """Create the topics.

        Raises:
            Unavailable: the broker refused one; says which and why.
        """
        config = {"cleanup.policy": "compact"} if compact else {}
        wanted = [
            NewTopic(name, num_partitions=self.partitions, replication_factor=1, config=config) for name in names
        ]
        for name, answer in self._admin.create_topics(wanted).items():
            try:
                answer.result()
            except KafkaException as error:
                raise Unavailable(f"topic {name} cannot be made: {error}") from error

    def remove_all(self, marker: str) -> None:
        """Delete every topic whose name contains `marker`: a program's changelogs too."""
        names = [name for name in self._admin.list_topics(timeout=10).topics if marker in name]
        if names:
            for answer in self._admin.delete_topics(names).values():
                answer.result()
