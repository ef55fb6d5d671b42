"""The shared Kafka of the tests carries a record from end to end."""

from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, Producer

pytestmark = pytest.mark.integration


def test_a_record_goes_through_the_shared_kafka(kafka: str, new_topic: Callable[..., str]) -> None:
    """What is produced to a fresh topic is read back by a consumer group."""
    topic = new_topic("round", partitions=2)
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(topic, b"value", b"key")
    assert producer.flush(10) == 0

    consumer = Consumer({"bootstrap.servers": kafka, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    record = consumer.poll(10)
    consumer.close()

    assert record is not None
    assert (record.key(), record.value()) == (b"key", b"value")
