"""Tells whether a stage has worked off its input."""

from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from hub.domain.errors import Unavailable
from hub.reading import Reader

_SECONDS = 10.0


def is_drained(bootstrap: str, stage: str, topics: Sequence[str]) -> bool:
    """True when no committed record stands behind the offsets that the stage's group has committed.

    Offsets alone do not tell: the marks of transactions take offsets too, and nobody consumes them.
    """
    with Reader(bootstrap) as reader:
        places = [TopicPartition(topic, number) for topic in topics for number in reader.partitions(topic)]
        for place in _committed(bootstrap, stage, places):
            start = max(place.offset, 0)
            if next(reader.scan(place.topic, partition=place.partition, start=start), None) is not None:
                return False
    return True


def _committed(bootstrap: str, stage: str, places: list[TopicPartition]) -> list[TopicPartition]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": stage, "log_level": 2})
    try:
        committed: list[TopicPartition] = consumer.committed(places, timeout=_SECONDS)
        return committed
    except KafkaException as error:
        raise Unavailable(f"Kafka at {bootstrap} does not tell the offsets of {stage} ({error})") from error
    finally:
        consumer.close()
