"""A feed that tells when everything written before a moment has been read, whatever partition it stands in."""

from collections.abc import Mapping

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from connectors.feed import Feed, Position
from hub.domain.errors import Unavailable

_SECONDS = 10.0


class OrderedFeed(Feed):
    """For messages ordered by something else than their partition: a case's dispatches to several endpoints.

    A record that was committed before another one is read once `is_past` the ends taken after the other was read.
    The ends are those of the log, not of what is committed: a transaction still open in one partition holds up what
    stands behind it there, and must be waited for.
    """

    def __init__(
        self, bootstrap: str, topics: tuple[str, ...], partitions: int, positions: Mapping[Position, int]
    ) -> None:
        super().__init__(bootstrap, topics, partitions, positions)
        self._topics = topics
        self._places = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
        self._ends = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, isolation_level="read_uncommitted")

    def ends(self) -> dict[Position, int]:
        """Where each partition's log ends now."""
        try:
            found = self._ends.end_offsets(self._places, timeout_ms=round(_SECONDS * 1000))
        except KafkaError as error:
            raise Unavailable(f"the ends of {', '.join(self._topics)} are not known ({error})") from error
        return {(place.topic, place.partition): offset for place, offset in found.items()}

    def is_past(self, ends: Mapping[Position, int]) -> bool:
        """Whether `poll` has given everything before these ends."""
        return all(at >= ends[place] for place, at in self.passed().items())

    def close(self) -> None:
        """Leave."""
        self._ends.close()
        super().close()
