"""A feed that tells when everything written before a moment has been read, whatever partition it stands in."""

import logging
import uuid
from collections.abc import Mapping

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition

from connectors.feed import Feed, Position
from hub.domain.errors import Unavailable

log = logging.getLogger(__name__)

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
        self._places = [TopicPartition(topic, number, OFFSET_END) for topic, number in self.passed()]
        self._asking = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"hub-ends-{uuid.uuid4().hex}",
                "isolation.level": "read_uncommitted",
                "enable.auto.commit": False,
            },
            logger=log,
        )

    def ends(self) -> dict[Position, int]:
        """Where each partition's log ends now."""
        try:
            # Of the instant "latest" the broker tells the end; all partitions in one request.
            found = self._asking.offsets_for_times(self._places, timeout=_SECONDS)
        except KafkaException as error:
            raise Unavailable(f"the ends of the log are not known ({error.args[0].name()})") from error
        if problem := next((end.error for end in found if end.error is not None), None):
            raise Unavailable(f"the ends of the log are not known ({problem.name()})")
        return {(end.topic, end.partition): end.offset for end in found}

    def is_past(self, ends: Mapping[Position, int]) -> bool:
        """Whether `poll` has given everything before these ends."""
        passed = self.passed()
        return all(passed[place] >= end for place, end in ends.items())

    def close(self) -> None:
        """Leave."""
        self._asking.close()
        super().close()
